#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_check.h"
#include "base/json_scan.h"

#include "row.h"

/* A job of the queue has no more. */
#define VALUE_MAX ((size_t)8 * 1024 * 1024)

/* Where a member stands in the job. */
enum place { PLACE_OURS, PLACE_TOP, PLACE_CUSTOM };
/* How a column's text becomes JSON. */
enum kind { KIND_TEXT, KIND_NUMBER, KIND_JSON, KIND_TIME };

enum { MEMBER_ID, MEMBER_JID, MEMBER_TYPE, MEMBER_OPTIONS, MEMBER_CUSTOM, MEMBER_ARGS };

/* clang-format off */
static const struct {
	const char *name;
	enum place place;
	enum kind kind;
	char begin; /* of its JSON; NUL: any */
} members[] = {
	[MEMBER_ID] =		{ "id",			PLACE_OURS,	KIND_TEXT,	0 },
	[MEMBER_JID] =		{ "jid",		PLACE_OURS,	KIND_TEXT,	0 },
	[MEMBER_TYPE] =		{ "type",		PLACE_OURS,	KIND_TEXT,	0 },
	[MEMBER_OPTIONS] =	{ "options",		PLACE_OURS,	KIND_JSON,	'{' },
	[MEMBER_CUSTOM] =	{ "custom",		PLACE_OURS,	KIND_JSON,	'{' },
	[MEMBER_ARGS] =		{ "args",		PLACE_OURS,	KIND_JSON,	'[' },
	{ "queue",		PLACE_TOP,	KIND_TEXT,	0 },
	{ "at",			PLACE_TOP,	KIND_TIME,	0 },
	{ "priority",		PLACE_TOP,	KIND_NUMBER,	0 },
	{ "retry",		PLACE_TOP,	KIND_NUMBER,	0 },
	{ "reserve_for",	PLACE_TOP,	KIND_NUMBER,	0 },
	{ "tags",		PLACE_CUSTOM,	KIND_JSON,	'[' },
	{ "after",		PLACE_CUSTOM,	KIND_JSON,	'[' },
	{ "parent",		PLACE_CUSTOM,	KIND_TEXT,	0 },
	{ "bid",		PLACE_CUSTOM,	KIND_TEXT,	0 },
	{ "track",		PLACE_CUSTOM,	KIND_NUMBER,	0 },
	{ "expires_at",		PLACE_CUSTOM,	KIND_TIME,	0 },
	{ "concurrency_key",	PLACE_CUSTOM,	KIND_TEXT,	0 },
	{ "unique_key",		PLACE_CUSTOM,	KIND_TEXT,	0 },
	{ "unique_for",		PLACE_CUSTOM,	KIND_NUMBER,	0 },
	{ "unique_until",	PLACE_CUSTOM,	KIND_TEXT,	0 },
	{ "on_conflict",	PLACE_CUSTOM,	KIND_TEXT,	0 },
};
/* clang-format on */

#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

/* One row on its way. */
struct row {
	const struct row_rules *rules;
	char *why;
	FILE *out;
	const char *columns[MEMBER_COUNT];       /* text; NULL: not given */
	struct json_piece options[MEMBER_COUNT]; /* the same from its options, as JSON */
	const char *type;
	char jid[ROW_JID_MAX];
};

typedef int value_writer(struct row *, size_t member, const char *text);

static value_writer write_text, write_number, write_json, write_time;

static value_writer *const writers[] = {
	[KIND_TEXT] = write_text,
	[KIND_NUMBER] = write_number,
	[KIND_JSON] = write_json,
	[KIND_TIME] = write_time,
};

static int refuse(char why[ROW_WHY_MAX], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
refuse(char why[ROW_WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, ROW_WHY_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

static size_t
member_find(const char *name, size_t len)
{
	size_t i = 0;

	while (i < MEMBER_COUNT &&
	       (strlen(members[i].name) != len || memcmp(members[i].name, name, len) != 0))
		i++;
	return i;
}

int
row_columns_read(struct row_columns *columns, const struct row_rules *rules,
    const char *const *names, size_t count, char why[ROW_WHY_MAX])
{
	bool given[MEMBER_COUNT] = { false };

	if (count > ROW_COLUMNS_MAX)
		return refuse(why, "the select has more than %d columns", ROW_COLUMNS_MAX);
	for (columns->count = 0; columns->count < count; columns->count++) {
		const char *name = names[columns->count];
		size_t member = member_find(name, strlen(name));

		if (member == MEMBER_COUNT)
			return refuse(why, "the column '%.100s' of the select means nothing", name);
		if (given[member])
			return refuse(why, "the select has two columns '%s'", name);
		given[member] = true;
		columns->member[columns->count] = member;
	}
	if (!given[MEMBER_ID])
		return refuse(why, "the select has no column 'id'");
	if (!given[MEMBER_TYPE] && rules->type[0] == '\0')
		return refuse(why, "the select has no column 'type', and the outbox no 'job'");
	return 0;
}

const char *
row_id(const struct row_columns *columns, const char *const *values)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->member[i] == MEMBER_ID)
			return values[i];
	return NULL;
}

/* Writers of one value. */

static void
put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", (unsigned char)*text);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

/* Good JSON has line breaks only where blanks may stand, too. */
static void
put_json(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fputc((unsigned char)text[i] < ' ' ? ' ' : text[i], out);
}

static int
write_text(struct row *row, size_t member, const char *text)
{
	(void)member;
	put_string(row->out, text);
	return 0;
}

static int
write_number(struct row *row, size_t member, const char *text)
{
	double number;

	if (json_check(text, strlen(text)) != NULL || !json_number(text, strlen(text), &number))
		return refuse(row->why, "%s: '%.60s' is not a number", members[member].name, text);
	fputs(text, row->out);
	return 0;
}

static int
write_json(struct row *row, size_t member, const char *text)
{
	const char *wrong = json_check(text, strlen(text));

	if (wrong != NULL)
		return refuse(row->why, "%s is no JSON: %s", members[member].name, wrong);
	if (members[member].begin != '\0' && text[strspn(text, " \t\r\n")] != members[member].begin)
		return refuse(row->why, "%s is not a JSON %s", members[member].name,
		    members[member].begin == '[' ? "array" : "object");
	put_json(row->out, text, strlen(text));
	return 0;
}

/* "2026-11-22 05:30:00.123+00", as PostgreSQL writes it, and RFC 3339; without a zone it is UTC. */
static int
write_time(struct row *row, size_t member, const char *text)
{
	static const char *const ends[] = { "", ":00", "Z" };
	char whole[64], stamp[WALLTIME_TEXT_MAX];
	struct walltime when;
	const char *errstr;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(whole, sizeof(whole), "%.50s%s", text, ends[i]);
		if (walltime_parse(whole, &when, &errstr) == 0) {
			put_string(row->out, walltime_format(when, stamp, sizeof(stamp)));
			return 0;
		}
	}
	return refuse(row->why, "%s: '%.60s' is not a time", members[member].name, text);
}

/* The whole. */

/* The members of the options; a column that says the same wins. */
static int
read_options(struct row *row)
{
	const char *text = row->columns[MEMBER_OPTIONS];
	struct json_piece piece;
	struct json_scan scan;
	size_t member;

	if (text == NULL)
		return 0;
	if (json_check(text, strlen(text)) != NULL || text[strspn(text, " \t\r\n")] != '{')
		return refuse(row->why, "options is not a JSON object");
	json_scan_begin(&scan, text, strlen(text));
	while (json_scan_next(&scan, &piece) == 1) {
		member = member_find(piece.key, piece.key_len);
		if (member == MEMBER_COUNT ||
		    (members[member].place == PLACE_OURS && member != MEMBER_CUSTOM))
			return refuse(row->why, "options: there is no member '%.*s' here",
			    piece.key_len < 100 ? (int)piece.key_len : 100, piece.key);
		if (piece.value_len != 4 || memcmp(piece.value, "null", 4) != 0)
			row->options[member] = piece;
	}
	return 0;
}

/* The application's own; what we know has its place beside it. */
static int
put_own(struct row *row, const char *text, size_t len)
{
	struct json_piece piece;
	struct json_scan scan;

	if (json_check(text, len) != NULL || json_scan_begin(&scan, text, len) == -1 ||
	    scan.close != '}')
		return refuse(row->why, "custom is not a JSON object");
	while (json_scan_next(&scan, &piece) == 1) {
		if (memchr(piece.key, '\\', piece.key_len) != NULL ||
		    member_find(piece.key, piece.key_len) < MEMBER_COUNT)
			return refuse(row->why, "custom: '%.*s' does not belong in there",
			    piece.key_len < 100 ? (int)piece.key_len : 100, piece.key);
		fprintf(row->out, ",\"%.*s\":", (int)piece.key_len, piece.key);
		put_json(row->out, piece.value, piece.value_len);
	}
	return 0;
}

static int
put_members(struct row *row, enum place place)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		const struct json_piece *option = &row->options[i];

		if (members[i].place != place || (row->columns[i] == NULL && option->value == NULL))
			continue;
		fprintf(row->out, ",\"%s\":", members[i].name);
		if (row->columns[i] == NULL)
			put_json(row->out, option->value, option->value_len);
		else if (writers[members[i].kind](row, i, row->columns[i]) == -1)
			return -1;
	}
	return 0;
}

static bool
is_unique(const struct row *row)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if ((row->columns[i] != NULL || row->options[i].value != NULL) &&
		    (strncmp(members[i].name, "unique_", 7) == 0 ||
			strcmp(members[i].name, "on_conflict") == 0))
			return true;
	return row->rules->is_unique_type(row->rules->arg, row->type);
}

/* The queue knows a job's id as long as it keeps the job; the key is known so long in any case. */
static int
put_custom(struct row *row)
{
	const struct json_piece *option = &row->options[MEMBER_CUSTOM];
	const char *custom = row->columns[MEMBER_CUSTOM];

	fputs(",\"custom\":{\"outbox\":", row->out);
	put_string(row->out, row->rules->outbox);
	if (put_members(row, PLACE_CUSTOM) == -1 ||
	    (custom != NULL && put_own(row, custom, strlen(custom)) == -1) ||
	    (custom == NULL && option->value != NULL &&
		put_own(row, option->value, option->value_len) == -1))
		return -1;
	if (row->rules->remember_sec > 0 && !is_unique(row)) {
		fputs(",\"unique_key\":", row->out);
		put_string(row->out, row->jid);
		fprintf(row->out, ",\"unique_until\":\"time\",\"unique_for\":%" PRId64,
		    row->rules->remember_sec);
	}
	fputs("}}", row->out);
	return 0;
}

static int
read_words(struct row *row)
{
	const char *id = row->columns[MEMBER_ID], *jid = row->columns[MEMBER_JID];
	int len;

	if (id == NULL)
		return refuse(row->why, "its id is null");
	if (jid != NULL)
		len = snprintf(row->jid, sizeof(row->jid), "%s", jid);
	else
		len = snprintf(row->jid, sizeof(row->jid), "outbox-%s-%s", row->rules->outbox, id);
	if (len < ROW_JID_MIN || len >= ROW_JID_MAX)
		return refuse(row->why, "the job's id '%.60s' has not from %d to %d bytes",
		    row->jid, ROW_JID_MIN, ROW_JID_MAX - 1);
	/* It is a word of requests, too. */
	for (const char *at = row->jid; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f || row->jid[0] == '{' ||
		    row->jid[0] == '[')
			return refuse(
			    row->why, "the job's id has blanks, or begins with a bracket");
	row->type =
	    row->columns[MEMBER_TYPE] != NULL ? row->columns[MEMBER_TYPE] : row->rules->type;
	return row->type[0] != '\0' ? 0 : refuse(row->why, "its type is null");
}

static int
put_job(struct row *row)
{
	const char *args = row->columns[MEMBER_ARGS];

	if (read_words(row) == -1 || read_options(row) == -1)
		return -1;
	fputs("{\"jid\":", row->out);
	put_string(row->out, row->jid);
	fputs(",\"jobtype\":", row->out);
	put_string(row->out, row->type);
	fputs(",\"args\":", row->out);
	if (write_json(row, MEMBER_ARGS, args != NULL ? args : "[]") == -1 ||
	    put_members(row, PLACE_TOP) == -1)
		return -1;
	return put_custom(row);
}

char *
row_job(const struct row_columns *columns, const struct row_rules *rules, const char *const *values,
    size_t *len, char jid[ROW_JID_MAX], char why[ROW_WHY_MAX])
{
	struct row row = { .rules = rules, .why = why };
	const char *wrong = NULL;
	char *text = NULL;
	int result;

	for (size_t i = 0; i < columns->count; i++)
		row.columns[columns->member[i]] = values[i];
	if ((row.out = open_memstream(&text, len)) == NULL) {
		refuse(why, "out of memory");
		return NULL;
	}
	result = put_job(&row);
	if (fclose(row.out) != 0)
		result = refuse(why, "out of memory");
	memcpy(jid, row.jid, ROW_JID_MAX);
	/* Also that all of it is UTF-8. */
	if (result == 0 && *len > VALUE_MAX)
		result = refuse(why, "the job is larger than %zu bytes", VALUE_MAX);
	if (result == 0 && (wrong = json_check(text, *len)) != NULL)
		result = refuse(why, "the job is no JSON: %s", wrong);
	if (result == 0)
		return text;
	free(text);
	return NULL;
}
