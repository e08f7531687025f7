#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobctl/row.h"

int
row_read(struct row *row, const char *text, size_t len)
{
	*row = (struct row){ .value = json_loadb(text, len, 0, NULL) };
	if (json_is_object(row->value))
		row->raw = strndup(text, len);
	if (row->raw == NULL) {
		row_free(row);
		return -1;
	}
	/* JSON has line breaks between its words only. */
	for (char *c = row->raw; *c != '\0'; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	return 0;
}

void
row_free(struct row *row)
{
	free(row->raw);
	json_decref(row->value);
	*row = (struct row){ 0 };
}

const json_t *
row_member(const json_t *value, const char *path)
{
	char name[64];
	size_t len;

	for (; value != NULL; path += len + 1) {
		len = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		value = json_object_get(value, name);
		if (path[len] == '\0')
			break;
	}
	return json_is_null(value) ? NULL : value;
}

const char *
row_text(const json_t *value, const char *path)
{
	const char *text = json_string_value(row_member(value, path));

	return text == NULL ? "" : text;
}

int64_t
row_number(const json_t *value, const char *path, int64_t initial)
{
	const json_t *member = row_member(value, path);

	return json_is_integer(member) ? json_integer_value(member) : initial;
}

bool
row_is_true(const json_t *value, const char *path)
{
	return json_is_true(row_member(value, path));
}

const char *
row_cell(const json_t *value, const char *path, enum cell_kind kind, char *buf, size_t size)
{
	const json_t *member = row_member(value, path);
	size_t len;

	if (member == NULL)
		return "";
	if (json_is_string(member))
		return kind == CELL_TIME ? row_local_time(json_string_value(member), buf, size)
					 : json_string_value(member);
	if (kind == CELL_DURATION && json_is_integer(member))
		return text_from_duration_ms(json_integer_value(member), buf, size);
	if (json_is_boolean(member))
		return json_is_true(member) ? "yes" : "no";
	len = json_dumpb(member, buf, size - 1, JSON_ENCODE_ANY | JSON_COMPACT);
	buf[len < size ? len : 0] = '\0';
	return buf;
}

const char *
row_local_time(const char *text, char *buf, size_t size)
{
	struct walltime when;
	const char *errstr;
	char zone[8];
	struct tm tm;
	time_t sec;
	size_t len;

	if (walltime_parse(text, &when, &errstr) == -1)
		return text;
	sec = when.us / CLOCK_US_PER_SEC;
	if (localtime_r(&sec, &tm) == NULL)
		return text;
	len = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	/* "+0200" becomes "+02:00". */
	if (len == 0 || strftime(zone, sizeof(zone), "%z", &tm) != 5)
		return text;
	snprintf(buf + len, size - len, "%.3s:%s", zone, zone + 3);
	return buf;
}

char *
row_compact_array(const char *text, char *err, size_t errlen)
{
	json_error_t error;
	json_t *array = json_loads(text, 0, &error);
	char *compact = NULL;

	if (array == NULL)
		snprintf(err, errlen, "is not JSON: %s", error.text);
	else if (!json_is_array(array))
		snprintf(err, errlen, "is not a JSON array");
	else if ((compact = json_dumps(array, JSON_COMPACT)) == NULL)
		snprintf(err, errlen, "can't be written as JSON");
	json_decref(array);
	return compact;
}
