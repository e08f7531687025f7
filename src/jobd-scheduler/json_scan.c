#include <string.h>

#include "json_scan.h"

static void
skip_blanks(struct json_scan *scan)
{
	while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) != NULL && *scan->at != '\0')
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
		if (*at == '\\')
			at++;
		else if (*at == '"')
			return at + 1;
	}
	return NULL;
}

/* Behind the value that begins here; NULL if it does not end. */
static const char *
value_end(const char *at, const char *end)
{
	size_t depth = 0;

	do {
		if (at >= end)
			return NULL;
		if (*at == '"') {
			if ((at = string_end(at, end)) == NULL)
				return NULL;
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		at++;
		if (depth == 0)
			while (at < end && strchr(",]} \t\r\n", *at) == NULL)
				at++;
	} while (depth > 0);
	return at;
}

/* The separator in front of the next piece: 1, 0 at the end, -1. */
static int
piece_begin(struct json_scan *scan)
{
	skip_blanks(scan);
	if (scan->at < scan->end && *scan->at == scan->close) {
		scan->at++;
		skip_blanks(scan);
		return scan->at == scan->end ? 0 : -1;
	}
	if (!scan->first) {
		if (scan->at == scan->end || *scan->at++ != ',')
			return -1;
		skip_blanks(scan);
	}
	scan->first = false;
	return scan->at < scan->end && strchr(",:]}", *scan->at) == NULL ? 1 : -1;
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
json_piece_is(const struct json_piece *piece, const char *key)
{
	return piece->key_len == strlen(key) && memcmp(piece->key, key, piece->key_len) == 0;
}
