#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobctl/row.h"

/* One allocation: the values, the text as it came, and its copy with unescaped strings. */
int
row_read(struct row *row, const char *text, size_t len)
{
	size_t room = value_room(text, len);
	struct value *values = malloc(room * sizeof(*values) + 2 * (len + 1));
	char *copy;

	*row = (struct row){ 0 };
	if (values == NULL)
		return -1;
	row->value = values;
	row->raw = (char *)(values + room);
	copy = row->raw + len + 1;
	memcpy(row->raw, text, len);
	memcpy(copy, text, len);
	row->raw[len] = copy[len] = '\0';
	if (value_read(row->raw, len, copy, values, room) == -1 || values->kind != VALUE_OBJECT) {
		row_free(row);
		return -1;
	}
	/* JSON has line breaks between its words only. */
	for (char *c = row->raw; (c = strpbrk(c, "\r\n")) != NULL;)
		*c = ' ';
	return 0;
}

void
row_free(struct row *row)
{
	free((void *)(uintptr_t)row->value);
	*row = (struct row){ 0 };
}

const struct value *
row_member(const struct value *value, const char *path)
{
	while (value != NULL) {
		size_t len = strcspn(path, ".");

		value = value_member(value, path, len);
		path += len;
		if (*path == '\0')
			break;
		path++;
	}
	return value == NULL || value->kind == VALUE_NULL ? NULL : value;
}

const char *
row_text(const struct value *value, const char *path)
{
	const struct value *member = row_member(value, path);

	return member != NULL && member->kind == VALUE_STRING ? member->text : "";
}

int64_t
row_number(const struct value *value, const char *path, int64_t initial)
{
	const struct value *member = row_member(value, path);
	const char *errstr;
	char text[24];
	int64_t number;

	if (member == NULL || member->kind != VALUE_NUMBER || member->len >= sizeof(text))
		return initial;
	memcpy(text, member->text, member->len);
	text[member->len] = '\0';
	return text_to_int(text, INT64_MIN, INT64_MAX, &number, &errstr) == 0 ? number : initial;
}

bool
row_is(const struct value *value, const char *path, enum value_kind kind)
{
	const struct value *member = row_member(value, path);

	return member != NULL && member->kind == kind;
}

const char *
row_cell(const struct value *value, const char *path, enum cell_kind kind, char *buf, size_t size)
{
	const struct value *member = row_member(value, path);

	if (member == NULL)
		return "";
	if (member->kind == VALUE_STRING)
		return kind == CELL_TIME ? row_local_time(member->text, buf, size) : member->text;
	if (kind == CELL_DURATION && member->kind == VALUE_NUMBER)
		return text_from_duration_ms(row_number(value, path, 0), buf, size);
	if (member->kind == VALUE_TRUE || member->kind == VALUE_FALSE)
		return member->kind == VALUE_TRUE ? "yes" : "no";
	snprintf(buf, size, "%.*s", (int)member->len, member->text);
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
