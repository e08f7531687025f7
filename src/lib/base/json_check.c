#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_plain.h"
#include "base/text.h"

/* What stands behind a value, by the innermost bracket. */
struct check {
	const unsigned char *at, *end;
	const char *error;
	size_t depth;
	uint64_t objects[JSON_DEPTH_MAX / 64]; /* a bit for each level: it is an object */
};

static bool
is_object(const struct check *check)
{
	size_t level = check->depth - 1;

	return (check->objects[level / 64] >> level % 64 & 1) != 0;
}

static bool
fail(struct check *check, const char *error)
{
	if (check->error == NULL)
		check->error = error;
	return false;
}

static void
skip_blanks(struct check *check)
{
	while (check->at < check->end && (*check->at == ' ' || *check->at == '\t' ||
					     *check->at == '\n' || *check->at == '\r'))
		check->at++;
}

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool
take_escape(struct check *check)
{
	size_t left = (size_t)(check->end - check->at);

	if (left >= 2 && check->at[1] != '\0' && strchr("\"\\/bfnrt", check->at[1]) != NULL) {
		check->at += 2;
		return true;
	}
	if (left < 6 || check->at[1] != 'u')
		return fail(check, "a string has an unknown escape");
	for (size_t i = 2; i < 6; i++)
		if (!is_hex(check->at[i]))
			return fail(check, "a string has an unknown escape");
	check->at += 6;
	return true;
}

static bool
take_utf8(struct check *check)
{
	size_t len = text_utf8_length(check->at, (size_t)(check->end - check->at));

	check->at += len;
	return len > 0 || fail(check, "a string is not UTF-8");
}

/* What is not plain in a string, and not its end. */
static bool
take_odd(struct check *check)
{
	if (*check->at == '\\')
		return take_escape(check);
	return *check->at < 0x20 ? fail(check, "a string has a control character")
				 : take_utf8(check);
}

static bool
take_string(struct check *check)
{
	const unsigned char *at = check->at + 1, *end = check->end;

	while ((at += json_plain((const char *)at, (size_t)(end - at))) < end) {
		check->at = at;
		if (*at == '"') {
			check->at++;
			return true;
		}
		if (!take_odd(check))
			return false;
		at = check->at;
	}
	return fail(check, "a string does not end");
}

static size_t
take_digits(struct check *check)
{
	const unsigned char *begin = check->at;

	while (check->at < check->end && *check->at >= '0' && *check->at <= '9')
		check->at++;
	return (size_t)(check->at - begin);
}

static bool
take_number(struct check *check)
{
	bool good;

	if (*check->at == '-')
		check->at++;
	if (check->at < check->end && *check->at == '0') {
		check->at++;
		good = true;
	} else
		good = take_digits(check) > 0;
	if (good && check->at < check->end && *check->at == '.') {
		check->at++;
		good = take_digits(check) > 0;
	}
	if (good && check->at < check->end && (*check->at | 0x20) == 'e') {
		check->at++;
		if (check->at < check->end && (*check->at == '+' || *check->at == '-'))
			check->at++;
		good = take_digits(check) > 0;
	}
	return good || fail(check, "a number is not complete");
}

static bool
take_word(struct check *check)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(check->end - check->at) >= len &&
		    memcmp(check->at, words[i], len) == 0) {
			check->at += len;
			return true;
		}
	}
	return fail(check, "a value is missing or unknown");
}

static bool
open_bracket(struct check *check)
{
	uint64_t bit = UINT64_C(1) << check->depth % 64;

	if (check->depth == JSON_DEPTH_MAX)
		return fail(check, "it is nested too deeply");
	if (*check->at++ == '{')
		check->objects[check->depth / 64] |= bit;
	else
		check->objects[check->depth / 64] &= ~bit;
	check->depth++;
	return true;
}

static bool
take_key(struct check *check)
{
	skip_blanks(check);
	if (check->at == check->end || *check->at != '"')
		return fail(check, "the name of a member is missing");
	if (!take_string(check))
		return false;
	skip_blanks(check);
	if (check->at == check->end || *check->at != ':')
		return fail(check, "there is no ':' behind the name of a member");
	check->at++;
	return true;
}

/* The brackets that close here, and the comma behind; true with *more if a value follows. */
static bool
take_closing(struct check *check, bool *more)
{
	for (;;) {
		skip_blanks(check);
		*more = false;
		if (check->depth == 0)
			return check->at == check->end ||
			       fail(check, "something follows behind it");
		if (check->at == check->end)
			return fail(check, "it does not end");
		if (*check->at == ',') {
			check->at++;
			*more = true;
			return !is_object(check) || take_key(check);
		}
		if (*check->at != (is_object(check) ? '}' : ']'))
			return fail(check, "a ',' or a bracket is missing");
		check->at++;
		check->depth--;
	}
}

/* A bracket, and what follows at once: true with *more if it is a value. */
static bool
take_opening(struct check *check, bool *more)
{
	if (!open_bracket(check))
		return false;
	skip_blanks(check);
	*more = true;
	if (check->at < check->end && *check->at == (is_object(check) ? '}' : ']'))
		return take_closing(check, more);
	return !is_object(check) || take_key(check);
}

static bool
take_scalar(struct check *check)
{
	unsigned char c = *check->at;

	if (c == '"')
		return take_string(check);
	return c == '-' || (c >= '0' && c <= '9') ? take_number(check) : take_word(check);
}

const char *
json_check(const char *text, size_t len)
{
	struct check check = { .at = (const unsigned char *)text,
		.end = (const unsigned char *)text + len };
	bool more = true;

	while (more) {
		skip_blanks(&check);
		if (check.at == check.end)
			return "a value is missing or unknown";
		if (*check.at == '{' || *check.at == '['
			? !take_opening(&check, &more)
			: !take_scalar(&check) || !take_closing(&check, &more))
			return check.error;
	}
	return NULL;
}

/* Reading. */

static unsigned
hex4(const char *text)
{
	char digits[5] = { text[0], text[1], text[2], text[3], '\0' };

	return (unsigned)strtoul(digits, NULL, 16);
}

static char *
put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xf0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* The \uXXXX at *at, with its second half if it has one; half a pair is U+FFFD. */
static unsigned
read_code(const char **at, const char *end)
{
	unsigned code = hex4(*at + 2);

	*at += 6;
	if (code < 0xd800 || code > 0xdfff)
		return code;
	if (code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
		unsigned low = hex4(*at + 2);

		if (low >= 0xdc00 && low <= 0xdfff) {
			*at += 6;
			return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return 0xfffd;
}

long
json_text(const char *text, size_t len, char *out)
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *at = text + 1, *end = text + len - 1, *letter;
	char *begin = out;

	if (len < 2 || text[0] != '"')
		return -1;
	while (at < end) {
		if (*at != '\\') {
			*out++ = *at++;
		} else if (at[1] != 'u') {
			letter = strchr(letters, at[1]);
			*out++ = letter != NULL ? meanings[letter - letters] : at[1];
			at += 2;
		} else {
			unsigned code = read_code(&at, end);

			if (code == 0)
				return -1;
			out = put_utf8(out, code);
		}
	}
	*out = '\0';
	return out - begin;
}

bool
json_number(const char *text, size_t len, double *number)
{
	char copy[64];

	if (len == 0 || (text[0] != '-' && (text[0] < '0' || text[0] > '9')))
		return false;
	/* Digits that do not fit here change nothing that matters. */
	if (len >= sizeof(copy))
		len = sizeof(copy) - 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*number = strtod(copy, NULL);
	return true;
}
