#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/words.h"
#include "cron/parse.h"

/* As much of a word as an error shows. */
#define SHOWN_MAX 40

const struct parse_name parse_weekdays[] = {
  /* clang-format off */
	{ "sun", 0 }, { "mon", 1 }, { "tue", 2 }, { "wed", 3 }, { "thu", 4 }, { "fri", 5 }, { "sat", 6 },
	{ "sunday", 0 }, { "monday", 1 }, { "tuesday", 2 }, { "wednesday", 3 }, { "thursday", 4 },
	{ "friday", 5 }, { "saturday", 6 }, { "tues", 2 }, { "thur", 4 }, { "thurs", 4 }, { NULL, 0 },
  /* clang-format on */
};

const struct parse_name parse_months[] = {
  /* clang-format off */
	{ "jan", 1 }, { "feb", 2 }, { "mar", 3 }, { "apr", 4 }, { "may", 5 }, { "jun", 6 },
	{ "jul", 7 }, { "aug", 8 }, { "sep", 9 }, { "oct", 10 }, { "nov", 11 }, { "dec", 12 },
	{ "january", 1 }, { "february", 2 }, { "march", 3 }, { "april", 4 }, { "june", 6 }, { "july", 7 },
	{ "august", 8 }, { "september", 9 }, { "october", 10 }, { "november", 11 }, { "december", 12 },
	{ "sept", 9 }, { NULL, 0 },
  /* clang-format on */
};

int
parse_split(struct parse *parse, struct word *words, size_t *count)
{
	const char *at = parse->text;

	for (*count = 0;; (*count)++) {
		struct word word;

		at += strspn(at, " \t");
		word = (struct word){ .at = at, .len = strcspn(at, " \t") };
		if (word.len == 0)
			return 0;
		if (*count == PARSE_WORDS_MAX)
			return parse_error(
			    parse, word, "is one word too many: %d are allowed", PARSE_WORDS_MAX);
		words[*count] = word;
		at += word.len;
	}
}

static void error_end(struct parse *, int used, const char *fmt, va_list)
    __attribute__((format(printf, 3, 0)));

/* Adds the message behind what `used` characters hold already; an error is one line without tabs.
 */
static void
error_end(struct parse *parse, int used, const char *fmt, va_list args)
{
	if (used >= 0 && (size_t)used < parse->errlen)
		vsnprintf(parse->err + used, parse->errlen - (size_t)used, fmt, args);
	for (char *c = parse->err; parse->errlen > 0 && *c != '\0'; c++)
		if (*c == '\t')
			*c = ' ';
}

int
parse_error(struct parse *parse, struct word word, const char *fmt, ...)
{
	bool cut = word.len > SHOWN_MAX;
	va_list args;
	int used;

	used = snprintf(parse->err, parse->errlen, "column %zu: '%.*s%s' ",
	    (size_t)(word.at - parse->text) + 1, cut ? SHOWN_MAX : (int)word.len, word.at,
	    cut ? "..." : "");
	va_start(args, fmt);
	error_end(parse, used, fmt, args);
	va_end(args);
	return -1;
}

int
parse_error_nearest(
    struct parse *parse, struct word word, const char *const *candidates, const char *problem)
{
	char copy[SHOWN_MAX];
	const char *nearest;

	word_copy(word, copy, sizeof(copy));
	for (size_t i = 0; copy[i] != '\0'; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	nearest = words_nearest(copy, candidates);
	if (nearest == NULL)
		return parse_error(parse, word, "%s", problem);
	return parse_error(parse, word, "%s; did you mean '%s'?", problem, nearest);
}

int
parse_error_all(struct parse *parse, const char *fmt, ...)
{
	bool cut = strlen(parse->text) > SHOWN_MAX * 2;
	va_list args;
	int used;

	used = snprintf(
	    parse->err, parse->errlen, "'%.*s%s' ", SHOWN_MAX * 2, parse->text, cut ? "..." : "");
	va_start(args, fmt);
	error_end(parse, used, fmt, args);
	va_end(args);
	return -1;
}

bool
word_is(struct word word, const char *text)
{
	return strlen(text) == word.len && strncasecmp(text, word.at, word.len) == 0;
}

const char *
word_copy(struct word word, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)word.len, word.at);
	return buf;
}

int
word_number(struct word word)
{
	int number = 0;

	for (size_t i = 0; i < word.len; i++) {
		if (!isdigit((unsigned char)word.at[i]))
			return -1;
		if (number < 1000000)
			number = number * 10 + (word.at[i] - '0');
	}
	return word.len == 0 ? -1 : number < 1000000 ? number : 1000000;
}

int
word_name(struct word word, const struct parse_name *names)
{
	for (; names->name != NULL; names++)
		if (word_is(word, names->name))
			return names->value;
	return -1;
}

bool
word_cut(struct word *rest, char separator, struct word *part)
{
	const char *found;

	if (rest->at == NULL)
		return false;
	*part = *rest;
	found = memchr(rest->at, separator, rest->len);
	if (found == NULL) {
		rest->at = NULL;
		rest->len = 0;
		return true;
	}
	part->len = (size_t)(found - rest->at);
	rest->at = found + 1;
	rest->len -= part->len + 1;
	return true;
}
