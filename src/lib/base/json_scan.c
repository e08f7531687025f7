#include <string.h>

#include "base/json_check.h"
#include "base/json_pass.h"
#include "base/json_plain.h"
#include "base/json_scan.h"

int
json_scan_begin(struct json_scan *scan, const char *text, size_t len)
{
	const char *end = text + len, *at = json_blanks(text, end);

	*scan = (struct json_scan){ .at = at, .end = end, .depth = 1, .first = true };
	if (at == end || (*at != '{' && *at != '['))
		return -1;
	scan->close = *at == '{' ? '}' : ']';
	scan->at++;
	return 0;
}

static int
fail(struct json_scan *scan, const char *error)
{
	scan->error = error;
	return -1;
}

/* Its bracket has closed. */
static int
scan_end(struct json_scan *scan)
{
	scan->at++;
	if (scan->inner)
		return 0;
	scan->at = json_blanks(scan->at, scan->end);
	return scan->at == scan->end ? 0 : fail(scan, "something follows behind it");
}

/* What parts the next piece from the one before: 1, 0 at the end, -1. */
static inline int
piece_begin(struct json_scan *scan)
{
	const char *at = json_blanks(scan->at, scan->end);

	scan->at = at;
	if (at < scan->end && *at == scan->close)
		return scan_end(scan);
	if (!scan->first) {
		if (at == scan->end)
			return fail(scan, "it does not end");
		if (*at != ',')
			return fail(scan, "a ',' or a bracket is missing");
		scan->at = json_blanks(at + 1, scan->end);
	}
	scan->first = false;
	return 1;
}

/* Behind the value; NULL with the scan's error. */
static inline const char *
pass_value(struct json_scan *scan, struct json_piece *piece)
{
	const char *at = piece->value, *end = scan->end;

	if (at < end && *at == '"') {
		at = json_plain_end(at + 1, end);
		piece->is_plain = at < end && *at == '"';
		if (piece->is_plain)
			return at + 1;
	}
	return json_pass_value(piece->value, end, scan->depth, &scan->error);
}

int
json_scan_next(struct json_scan *scan, struct json_piece *piece)
{
	int more = piece_begin(scan);
	const char *name_end, *behind;

	if (more != 1)
		return more;
	*piece = (struct json_piece){ .value = scan->at };
	if (scan->close == '}') {
		piece->key = scan->at + 1;
		piece->value = json_pass_name(scan->at, scan->end, &name_end, &scan->error);
		if (piece->value == NULL)
			return -1;
		piece->key_len = (size_t)(name_end - piece->key);
		piece->value = json_blanks(piece->value, scan->end);
	}
	if ((behind = pass_value(scan, piece)) == NULL)
		return -1;
	piece->value_len = (size_t)(behind - piece->value);
	scan->at = behind;
	return 1;
}

bool
json_scan_enter(struct json_scan *array, struct json_scan *inner)
{
	struct json_scan ahead = *array;

	if (piece_begin(&ahead) != 1 || ahead.at == ahead.end || *ahead.at != '{')
		return false;
	*array = ahead;
	*inner = (struct json_scan){ .at = ahead.at + 1,
		.end = ahead.end,
		.depth = ahead.depth + 1,
		.close = '}',
		.first = true,
		.inner = true };
	return true;
}

void
json_scan_leave(struct json_scan *array, const struct json_scan *inner)
{
	array->at = inner->at;
	array->error = inner->error;
}

bool
json_piece_is(const struct json_piece *piece, const char *key)
{
	return piece->key_len == strlen(key) && memcmp(piece->key, key, piece->key_len) == 0;
}
