#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/format.h"

#define SHOWN_MAX 40

static int add_literal(struct format *, char **at);
static int add_name(struct format *, char **at, char *err, size_t errlen);
static struct format_piece *add(struct format *, const char *text, size_t len);
static int check_name(const struct format_piece *, char *err, size_t errlen);

int
format_read(struct format *format, const char *text, char *err, size_t errlen)
{
	char *at;
	int result = 0;

	*format = (struct format){ .copy = strdup(text) };
	snprintf(err, errlen, "there is not enough memory");
	if (format->copy == NULL)
		return -1;
	for (at = format->copy; result == 0 && *at != '\0';) {
		snprintf(err, errlen, "it has more than %d pieces", FORMAT_PIECES_MAX);
		result = strncmp(at, "{{", 2) == 0 ? add_name(format, &at, err, errlen)
						   : add_literal(format, &at);
	}
	if (result == -1)
		format_free(format);
	return result;
}

void
format_free(struct format *format)
{
	free(format->copy);
	*format = (struct format){ 0 };
}

static struct format_piece *
add(struct format *format, const char *text, size_t len)
{
	struct format_piece *piece = &format->pieces[format->count];

	if (format->count == FORMAT_PIECES_MAX)
		return NULL;
	format->count++;
	*piece = (struct format_piece){ .text = text, .len = len };
	return piece;
}

/* Up to the next name; what a backslash stands for is put in its place. */
static int
add_literal(struct format *format, char **at)
{
	char *begin = *at, *to = begin, *from = begin;

	for (; *from != '\0' && strncmp(from, "{{", 2) != 0; from++) {
		static const char letters[] = "nt\\", meant[] = "\n\t\\";
		const char *letter =
		    *from != '\\' || from[1] == '\0' ? NULL : strchr(letters, from[1]);

		if (letter != NULL)
			from++;
		*to++ = letter != NULL ? meant[letter - letters] : *from;
	}
	*at = from;
	return add(format, begin, (size_t)(to - begin)) == NULL ? -1 : 0;
}

/* {{name}} or {{{name}}}, with blanks inside if one likes. */
static int
add_name(struct format *format, char **at, char *err, size_t errlen)
{
	bool is_raw = strncmp(*at, "{{{", 3) == 0;
	const char *open = *at + (is_raw ? 3 : 2), *close = strstr(open, is_raw ? "}}}" : "}}");
	struct format_piece *piece;
	size_t len;

	if (close == NULL) {
		snprintf(err, errlen, "'%.*s' has no end", SHOWN_MAX, *at);
		return -1;
	}
	open += strspn(open, " ");
	len = (size_t)(close - open);
	while (len > 0 && open[len - 1] == ' ')
		len--;
	*at += (size_t)(close - *at) + (is_raw ? 3 : 2);
	if ((piece = add(format, open, len)) == NULL)
		return -1;
	piece->is_name = true;
	piece->is_raw = is_raw;
	return check_name(piece, err, errlen);
}

static int
check_name(const struct format_piece *piece, char *err, size_t errlen)
{
	bool is_good = piece->len > 0;

	for (size_t i = 0; i < piece->len; i++)
		is_good &=
		    isalnum((unsigned char)piece->text[i]) || strchr("_-.", piece->text[i]) != NULL;
	if (is_good)
		return 0;
	snprintf(err, errlen,
	    "'{{%.*s}}' is not a name of a member, such as {{name}} or {{exit.code}}",
	    piece->len < SHOWN_MAX ? (int)piece->len : SHOWN_MAX, piece->text);
	return -1;
}
