#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "jobd-logger/channel.h"
#include "proto/request.h"

#define NITEMS(array) (sizeof(array) / sizeof((array)[0]))

enum field_type {
	FIELD_ID,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_MODE,
	FIELD_TEXT,
	FIELD_KIND,
	FIELD_PATH,
	FIELD_FORMAT
};

/* An option of a message and where its value goes in struct channel_message. */
struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	size_t size; /* FIELD_TEXT: of the array */
	bool is_needed;
};

#define AT(member)  offsetof(struct channel_message, member)
#define LEN(member) sizeof(((struct channel_message *)0)->member)

/* clang-format off */
static const struct field stream_fields[] = {
	{ "id",		FIELD_ID,	AT(id),				0,	true },
	{ "name",	FIELD_TEXT,	AT(settings.format.program),	LEN(settings.format.program), true },
	{ "stream",	FIELD_KIND,	AT(settings.format.stream),	LEN(settings.format.stream), true },
	{ "path",	FIELD_PATH,	AT(settings.path),		0,	true },
	{ "maxbytes",	FIELD_INT,	AT(settings.max_bytes),		0,	false },
	{ "backups",	FIELD_INT,	AT(settings.backups),		0,	false },
	{ "gzip",	FIELD_BOOL,	AT(settings.gzip),		0,	false },
	{ "format",	FIELD_FORMAT,	AT(settings.format.kind),	0,	false },
	{ "timestamps",	FIELD_BOOL,	AT(settings.format.timestamps),	0,	false },
	{ "prefix",	FIELD_BOOL,	AT(settings.format.prefix),	0,	false },
	{ "to_stdout",	FIELD_BOOL,	AT(settings.to_stdout),		0,	false },
	{ "to_syslog",	FIELD_BOOL,	AT(settings.to_syslog),		0,	false },
	{ "mode",	FIELD_MODE,	AT(settings.mode),		0,	false },
};
static const struct field limits_fields[] = {
	{ "memory",	FIELD_INT,	AT(limits.memory_bytes),	0,	false },
	{ "disk",	FIELD_INT,	AT(limits.disk_bytes),		0,	false },
	{ "block_ms",	FIELD_INT,	AT(limits.block_ms),		0,	false },
	{ "look_gid",	FIELD_INT,	AT(limits.look_gid),		0,	false },
	{ "act_gid",	FIELD_INT,	AT(limits.act_gid),		0,	false },
};
static const struct field id_fields[] = {
	{ "id",		FIELD_ID,	AT(id),				0,	true },
};

static const struct {
	const char *verb;
	enum channel_kind kind;
	const struct field *fields;
	size_t field_count;
} messages[] = {
	{ "STREAM",	CHANNEL_STREAM,	stream_fields,	NITEMS(stream_fields) },
	{ "LIMITS",	CHANNEL_LIMITS,	limits_fields,	NITEMS(limits_fields) },
	{ "FLUSH",	CHANNEL_FLUSH,	id_fields,	NITEMS(id_fields) },
	{ "END",	CHANNEL_END,	id_fields,	NITEMS(id_fields) },
	{ "REOPEN",	CHANNEL_REOPEN,	NULL,		0 },
};
/* clang-format on */

const struct logger_limits channel_default_limits = {
	.memory_bytes = 2 << 20,
	.disk_bytes = 0,
	.block_ms = 5000,
	.look_gid = -1,
	.act_gid = -1,
};

static const struct stream_settings default_settings = {
	.max_bytes = 50 << 20,
	.backups = 10,
	.mode = 0640,
};

static int field_read(
    const struct field *, char *value, struct channel_message *, const char **errstr);

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c == '\0' ? NULL : strchr(digits, c | 0x20);

	return found == NULL ? -1 : (int)(found - digits);
}

/* Undoes percent-encoding in place. */
static int
percent_decode(char *text, const char **errstr)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		int high, low;

		if (*text != '%') {
			*out++ = *text;
			continue;
		}
		if ((high = hex_digit(text[1])) == -1 || (low = hex_digit(text[2])) == -1 ||
		    (high == 0 && low == 0)) {
			*errstr = "has a broken percent code";
			return -1;
		}
		*out++ = (char)(high << 4 | low);
		text += 2;
	}
	*out = '\0';
	return 0;
}

static int
format_read(const char *word, enum line_format_kind *kind, const char **errstr)
{
	static const char *const words[] = {
		[LINE_FORMAT_RAW] = "raw",
		[LINE_FORMAT_TEXT] = "text",
		[LINE_FORMAT_JSON] = "json",
	};

	for (size_t i = 0; i < NITEMS(words); i++) {
		if (strcmp(word, words[i]) == 0) {
			*kind = (enum line_format_kind)i;
			return 0;
		}
	}
	*errstr = "is none of raw, text, json";
	return -1;
}

static int
path_read(char *value, const char **path, const char **errstr)
{
	if (percent_decode(value, errstr) == -1)
		return -1;
	if (strcmp(value, "none") == 0) {
		*path = NULL;
		return 0;
	}
	if (value[0] != '/') {
		*errstr = "is not an absolute path";
		return -1;
	}
	*path = value;
	return 0;
}

static int
field_read(
    const struct field *field, char *value, struct channel_message *message, const char **errstr)
{
	void *place = (char *)message + field->offset;
	int64_t number;

	switch (field->type) {
	case FIELD_ID:
		if (text_to_int(value, 1, INT64_MAX, &number, errstr) == -1)
			return -1;
		*(uint64_t *)place = (uint64_t)number;
		return 0;
	case FIELD_INT:
		return text_to_int(value, -1, INT64_MAX, (int64_t *)place, errstr);
	case FIELD_BOOL:
		return text_to_bool(value, (bool *)place, errstr);
	case FIELD_MODE:
		return text_to_mode(value, (int *)place, errstr);
	case FIELD_FORMAT:
		return format_read(value, (enum line_format_kind *)place, errstr);
	case FIELD_PATH:
		return path_read(value, (const char **)place, errstr);
	case FIELD_KIND:
		if (strcmp(value, "stdout") != 0 && strcmp(value, "stderr") != 0) {
			*errstr = "is neither stdout nor stderr";
			return -1;
		}
		(void)strlcpy(place, value, field->size);
		return 0;
	case FIELD_TEXT:
		if (percent_decode(value, errstr) == -1)
			return -1;
		if (strlcpy(place, value, field->size) < field->size)
			return 0;
		*errstr = "is too long";
		return -1;
	}
	return -1;
}

static int
fields_read(const struct field *fields, size_t count, const struct request *request,
    struct channel_message *message, const char **where, const char **errstr)
{
	for (size_t i = 0; i < count; i++) {
		const char *given = request_option(request, fields[i].key);

		*where = fields[i].key;
		if (given == NULL && fields[i].is_needed) {
			*errstr = "is missing";
			return -1;
		}
		/* The request points into the caller's text, which is ours to change. */
		for (size_t k = 0; given != NULL && k < request->option_count; k++)
			if (request->options[k].value == given &&
			    field_read(&fields[i], request->options[k].value, message, errstr) ==
				-1)
				return -1;
	}
	return 0;
}

int
channel_parse(char *text, struct channel_message *message, const char **where, const char **errstr)
{
	struct request request;

	*where = "message";
	memset(message, 0, sizeof(*message));
	message->settings = default_settings;
	message->limits = channel_default_limits;
	if (request_parse(text, &request, errstr) == -1)
		return -1;
	for (size_t i = 0; i < NITEMS(messages); i++) {
		if (strcmp(messages[i].verb, request.verb) != 0)
			continue;
		message->kind = messages[i].kind;
		return fields_read(
		    messages[i].fields, messages[i].field_count, &request, message, where, errstr);
	}
	*where = request.verb;
	*errstr = "is no message";
	return -1;
}

size_t
channel_format_dropped(char *buf, size_t size, uint64_t id, int64_t lines, int64_t bytes)
{
	int len = snprintf(
	    buf, size, "DROPPED id=%" PRIu64 " lines=%" PRId64 " bytes=%" PRId64, id, lines, bytes);

	return len < 0 || (size_t)len >= size ? 0 : (size_t)len;
}

size_t
channel_format_ended(char *buf, size_t size, uint64_t id)
{
	int len = snprintf(buf, size, "ENDED id=%" PRIu64, id);

	return len < 0 || (size_t)len >= size ? 0 : (size_t)len;
}
