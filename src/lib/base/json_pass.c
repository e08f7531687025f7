#include <stdbool.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_pass.h"
#include "base/json_plain.h"
#include "base/text.h"

static const char *
fail(const char **errstr, const char *error)
{
	*errstr = error;
	return NULL;
}

/* Strings. */

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static const char *
pass_escape(const char *at, const char *end, const char **errstr)
{
	size_t left = (size_t)(end - at);

	if (left >= 2 && at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) != NULL)
		return at + 2;
	if (left < 6 || at[1] != 'u')
		return fail(errstr, "a string has an unknown escape");
	for (size_t i = 2; i < 6; i++)
		if (!is_hex((unsigned char)at[i]))
			return fail(errstr, "a string has an unknown escape");
	return at + 6;
}

/* What is not plain in a string, and not its end. */
static const char *
pass_odd(const char *at, const char *end, const char **errstr)
{
	size_t len;

	if (*at == '\\')
		return pass_escape(at, end, errstr);
	if ((unsigned char)*at < 0x20)
		return fail(errstr, "a string has a control character");
	len = text_utf8_length((const unsigned char *)at, (size_t)(end - at));
	return len > 0 ? at + len : fail(errstr, "a string is not UTF-8");
}

/* To the quote at its end, from something odd on. */
static const char *
find_quote(const char *at, const char *end, const char **errstr)
{
	while (at < end && *at != '"') {
		if ((at = pass_odd(at, end, errstr)) == NULL)
			return NULL;
		at = json_plain_end(at, end);
	}
	return at < end ? at : fail(errstr, "a string does not end");
}

/* From one quote to the other one; nearly all strings are plain. */
static inline const char *
string_end(const char *at, const char *end, const char **errstr)
{
	at = json_plain_end(at + 1, end);
	return at < end && *at == '"' ? at : find_quote(at, end, errstr);
}

/* Numbers and words. */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
pass_digits(const char *at, const char *end)
{
	while (at < end && is_digit(*at))
		at++;
	return at;
}

/* Some digits, of which the first ends the number if it is a zero in front. */
static const char *
pass_whole(const char *at, const char *end)
{
	return at < end && *at == '0' ? at + 1 : pass_digits(at, end);
}

/* A mark, a sign where one is allowed, and digits; NULL without digits. */
static const char *
pass_part(const char *at, const char *end, bool is_exponent)
{
	const char *digits = at + 1;

	if (is_exponent && digits < end && (*digits == '+' || *digits == '-'))
		digits++;
	at = pass_digits(digits, end);
	return at > digits ? at : NULL;
}

static const char *
pass_number(const char *at, const char *end, const char **errstr)
{
	const char *digits = *at == '-' ? at + 1 : at;

	at = pass_whole(digits, end);
	if (at == digits)
		at = NULL;
	if (at != NULL && at < end && *at == '.')
		at = pass_part(at, end, false);
	if (at != NULL && at < end && (*at | 0x20) == 'e')
		at = pass_part(at, end, true);
	return at != NULL ? at : fail(errstr, "a number is not complete");
}

static const char *
pass_word(const char *at, const char *end, const char **errstr)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(end - at) >= len && memcmp(at, words[i], len) == 0)
			return at + len;
	}
	return fail(errstr, "a value is missing or unknown");
}

/* Values. */

static inline const char *
pass_scalar(const char *at, const char *end, const char **errstr)
{
	if (*at == '"')
		return (at = string_end(at, end, errstr)) != NULL ? at + 1 : NULL;
	return *at == '-' || is_digit(*at) ? pass_number(at, end, errstr)
					   : pass_word(at, end, errstr);
}

static inline const char *
pass_name(const char *at, const char *end, const char **name_end, const char **errstr)
{
	at = json_blanks(at, end);
	if (at == end || *at != '"')
		return fail(errstr, "the name of a member is missing");
	if ((*name_end = string_end(at, end, errstr)) == NULL)
		return NULL;
	at = json_blanks(*name_end + 1, end);
	if (at == end || *at != ':')
		return fail(errstr, "there is no ':' behind the name of a member");
	return at + 1;
}

const char *
json_pass_name(const char *at, const char *end, const char **name_end, const char **errstr)
{
	return pass_name(at, end, name_end, errstr);
}

/* Brackets that are open: how each closes, innermost last. */
struct nest {
	char closes[JSON_DEPTH_MAX];
	size_t depth, outside; /* outside: those around all of it */
};

/* The brackets that close here, and the comma behind; or behind all of it, with no depth left. */
static inline const char *
pass_closing(struct nest *nest, const char *at, const char *end, const char **errstr)
{
	while (nest->depth > nest->outside) {
		at = json_blanks(at, end);
		if (at == end)
			return fail(errstr, "it does not end");
		if (*at == ',')
			return at + 1;
		if (*at != nest->closes[nest->depth - 1])
			return fail(errstr, "a ',' or a bracket is missing");
		at++;
		nest->depth--;
	}
	return at;
}

/* A value, with the brackets that close behind it; or the one that it begins with. */
static inline const char *
pass_piece(struct nest *nest, const char *at, const char *end, const char **errstr)
{
	if (*at != '{' && *at != '[') {
		at = pass_scalar(at, end, errstr);
		return at != NULL ? pass_closing(nest, at, end, errstr) : NULL;
	}
	if (nest->depth == JSON_DEPTH_MAX)
		return fail(errstr, "it is nested too deeply");
	nest->closes[nest->depth++] = *at == '{' ? '}' : ']';
	at = json_blanks(at + 1, end);
	return at < end && *at == nest->closes[nest->depth - 1]
		   ? pass_closing(nest, at, end, errstr)
		   : at;
}

/* The object or the array that begins here. */
static const char *
pass_brackets(const char *at, const char *end, size_t depth, const char **errstr)
{
	const char *name_end;
	struct nest nest;

	nest.depth = nest.outside = depth;
	while ((at = pass_piece(&nest, at, end, errstr)) != NULL && nest.depth > depth) {
		if (nest.closes[nest.depth - 1] == '}' &&
		    (at = pass_name(at, end, &name_end, errstr)) == NULL)
			return NULL;
		if ((at = json_blanks(at, end)) == end)
			return fail(errstr, "a value is missing or unknown");
	}
	return at;
}

const char *
json_pass_value(const char *at, const char *end, size_t depth, const char **errstr)
{
	if (at == end)
		return fail(errstr, "a value is missing or unknown");
	return *at == '{' || *at == '[' ? pass_brackets(at, end, depth, errstr)
					: pass_scalar(at, end, errstr);
}
