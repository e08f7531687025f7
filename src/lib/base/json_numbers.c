#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "json_numbers.h"

/* Of a number: what it begins with, and what it is made of. */
#define NUMBER_BEGINS "-0123456789"
#define NUMBER_PARTS  "+-.0123456789eE"

/* Bytes of the string from its quote on to behind the other one. */
static size_t
string_len(const char *text)
{
	size_t len = 1;

	while (text[len] != '\0' && text[len] != '"')
		len += text[len] == '\\' && text[len + 1] != '\0' ? 2 : 1;
	return len + (text[len] == '"');
}

static bool
is_large(const char *number, size_t len)
{
	bool is_whole = memchr(number, '.', len) == NULL && memchr(number, 'e', len) == NULL &&
			memchr(number, 'E', len) == NULL;

	errno = 0;
	if (!is_whole)
		return isinf(strtod(number, NULL));
	(void)strtoll(number, NULL, 10);
	return errno == ERANGE;
}

char *
json_quote_large(const char *text, size_t len)
{
	/* The source ends with a NUL; a large number, of 19 digits at least or 3 with an exponent,
	 * and what parts it from the next one, become two bytes longer. */
	char *source = malloc(len + 1), *copy = malloc(2 * len + 3), *to = copy;
	size_t piece;

	if (source == NULL || copy == NULL) {
		free(source);
		free(copy);
		return NULL;
	}
	memcpy(source, text, len);
	source[len] = '\0';
	for (const char *from = source; *from != '\0'; from += piece) {
		bool is_number = strchr(NUMBER_BEGINS, *from) != NULL;
		bool quote = false;

		piece = *from == '"' ? string_len(from)
			: is_number  ? strspn(from, NUMBER_PARTS)
				     : 1;
		if (is_number)
			quote = is_large(from, piece);
		if (quote)
			*to++ = '"';
		to = mempcpy(to, from, piece);
		if (quote)
			*to++ = '"';
	}
	*to = '\0';
	free(source);
	return copy;
}
