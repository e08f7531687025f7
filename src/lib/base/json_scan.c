#include <string.h>

#include "base/json_plain.h"
#include "base/json_scan.h"

/* What a byte may be, outside of strings. */
enum {
	BLANK = 1,
	OPENS = 2,
	CLOSES = 4,
	PARTS = 8, /* a comma */
};
static const unsigned char classes[256] = {
	[' '] = BLANK,
	['\t'] = BLANK,
	['\r'] = BLANK,
	['\n'] = BLANK,
	['{'] = OPENS,
	['['] = OPENS,
	['}'] = CLOSES,
	[']'] = CLOSES,
	[','] = PARTS,
};

static unsigned
class_of(const char *at)
{
	return classes[(unsigned char)*at];
}

static void
skip_blanks(struct json_scan *scan)
{
	while (scan->at < scan->end && class_of(scan->at) == BLANK)
		scan->at++;
}

int
json_scan_begin(struct json_scan *scan, const char *text, size_t len)
{
	*scan = (struct json_scan){ .at = text, .end = text + len, .first = true };
	skip_blanks(scan);
	if (scan->at == scan->end || (*scan->at != '{' && *scan->at != '['))
		return -1;
	scan->close = *scan->at++ == '{' ? '}' : ']';
	return 0;
}

/* Behind the closing quote of the string that begins here; NULL if there is none. */
static const char *
string_end(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		at += json_plain(at, (size_t)(end - at));
		if (at == end || *at == '"')
			break;
		if (*at == '\\')
			at++;
	}
	return at < end ? at + 1 : NULL;
}

/* Behind the number or the word that begins here. */
static const char *
word_end(const char *at, const char *end)
{
	while (at < end && class_of(at) == 0)
		at++;
	return at;
}

/* Behind the object or the array that begins here; NULL if it does not end. */
static const char *
bracket_end(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		if (*at == '"') {
			if ((at = string_end(at, end)) == NULL)
				return NULL;
			continue;
		}
		if (class_of(at) == OPENS)
			depth++;
		else if (class_of(at) == CLOSES && --depth == 0)
			return at + 1;
		at++;
	}
	return NULL;
}

/* Behind the value that begins here; NULL if it does not end. */
static const char *
value_end(const char *at, const char *end)
{
	if (at == end)
		return NULL;
	if (*at == '"')
		return string_end(at, end);
	return class_of(at) == OPENS ? bracket_end(at, end) : word_end(at, end);
}

/* The separator in front of the next piece: 1, 0 at the end, -1. */
static int
piece_begin(struct json_scan *scan)
{
	skip_blanks(scan);
	if (scan->at < scan->end && *scan->at == scan->close) {
		scan->at++;
		if (scan->inner)
			return 0;
		skip_blanks(scan);
		return scan->at == scan->end ? 0 : -1;
	}
	if (!scan->first) {
		if (scan->at == scan->end || *scan->at++ != ',')
			return -1;
		skip_blanks(scan);
	}
	scan->first = false;
	return scan->at < scan->end && *scan->at != ':' &&
		       (class_of(scan->at) & (CLOSES | PARTS)) == 0
		   ? 1
		   : -1;
}

int
json_scan_next(struct json_scan *scan, struct json_piece *piece)
{
	const char *behind;
	int more = piece_begin(scan);

	if (more != 1)
		return more;
	*piece = (struct json_piece){ 0 };
	if (scan->close == '}') {
		if (*scan->at != '"' || (behind = string_end(scan->at, scan->end)) == NULL)
			return -1;
		piece->key = scan->at + 1;
		piece->key_len = (size_t)(behind - scan->at) - 2;
		scan->at = behind;
		skip_blanks(scan);
		if (scan->at == scan->end || *scan->at++ != ':')
			return -1;
		skip_blanks(scan);
	}
	piece->value = scan->at;
	if ((behind = value_end(scan->at, scan->end)) == NULL || behind == scan->at)
		return -1;
	piece->value_len = (size_t)(behind - scan->at);
	scan->at = behind;
	return 1;
}

bool
json_scan_enter(struct json_scan *array, struct json_scan *inner)
{
	struct json_scan ahead = *array;

	if (piece_begin(&ahead) != 1 || *ahead.at != '{')
		return false;
	*array = ahead;
	*inner = (struct json_scan){
		.at = ahead.at + 1, .end = ahead.end, .close = '}', .first = true, .inner = true
	};
	return true;
}

void
json_scan_leave(struct json_scan *array, const struct json_scan *inner)
{
	array->at = inner->at;
}

bool
json_piece_is(const struct json_piece *piece, const char *key)
{
	return piece->key_len == strlen(key) && memcmp(piece->key, key, piece->key_len) == 0;
}
