#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/args.h"
#include "jobctl/session.h"
#include "jobctl/value.h"

static int read_kind(const char *what, const char *text, enum value_kind *kind);
static void complain_place(const char *what, const char *text, size_t at);
static char *one_line(const char *before, const char *text, const char *behind);

char *
args_array(const char *what, const char *text)
{
	enum value_kind kind;

	if (read_kind(what, text, &kind) == -1)
		return NULL;
	return kind == VALUE_ARRAY ? one_line("", text, "") : one_line("[", text, "]");
}

static int
read_kind(const char *what, const char *text, enum value_kind *kind)
{
	size_t len = strlen(text), room = value_room(text, len), at = 0;
	struct value *values = malloc(room * sizeof(*values) + len + 1);
	char *copy;
	int result;

	if (values == NULL) {
		complain("out of memory");
		return -1;
	}
	copy = (char *)(values + room);
	memcpy(copy, text, len);
	result = value_read_upto(text, len, copy, values, room, &at);
	if (result == -1)
		complain_place(what, text, at);
	else
		*kind = values->kind;
	free(values);
	return result;
}

/* "--args: '[1' is not JSON: it ends too early at character 3", "...: at character 2, 'x' is not
 * expected". */
static void
complain_place(const char *what, const char *text, size_t at)
{
	size_t characters = 1;

	for (size_t i = 0; i < at; i++)
		characters += ((unsigned char)text[i] & 0xc0) != 0x80;
	if (text[at] == '\0')
		complain("%s: '%s' is not JSON: it ends too early, behind character %zu", what,
		    text, characters - 1);
	else
		complain("%s: '%s' is not JSON: '%.16s' is wrong at character %zu", what, text,
		    text + at, characters);
}

/* JSON has line breaks between its words only. */
static char *
one_line(const char *before, const char *text, const char *behind)
{
	char *line;

	if (asprintf(&line, "%s%s%s", before, text, behind) == -1) {
		complain("out of memory");
		return NULL;
	}
	for (char *c = line; (c = strpbrk(c, "\r\n")) != NULL;)
		*c = ' ';
	return line;
}
