#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "exec/env_file.h"

static char *entry_parse(char *line, const char **errstr);
static bool value_parse(char *value, const char **errstr);
static bool value_unquoted(char *value, const char **errstr);
static char *value_quoted(char *value, const char **errstr);
static char escape_value(char letter);

void
env_file_begin(struct env_file *file, char *text, size_t len)
{
	/* The mark that some editors put in front of UTF-8. */
	size_t skip = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	*file = (struct env_file){ .next = text + skip, .end = text + len };
}

/* What a letter behind a backslash stands for in double quotes; NUL: the backslash is literal. */
static char
escape_value(char letter)
{
	static const char letters[] = "nrt\"\\$`", values[] = "\n\r\t\"\\$`";
	const char *found = letter == '\0' ? NULL : strchr(letters, letter);

	return found == NULL ? '\0' : values[found - letters];
}

/* Takes the quotes off in place; returns what follows the closing one, or NULL. */
static char *
value_quoted(char *value, const char **errstr)
{
	char quote = *value, *out = value, *in = value + 1, escaped;

	for (; *in != quote; in++) {
		if (*in == '\0') {
			*errstr = "has a quote that is not closed";
			return NULL;
		}
		if (quote == '"' && *in == '\\' && (escaped = escape_value(in[1])) != '\0') {
			*out++ = escaped;
			in++;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
	return in + 1;
}

static bool
value_unquoted(char *value, const char **errstr)
{
	size_t len = strlen(value);

	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '#' && (c == value || isblank((unsigned char)c[-1]))) {
			*errstr = "has a '#' that may or may not begin a comment: put the value "
				  "in quotes";
			return false;
		}
	}
	while (len > 0 && isspace((unsigned char)value[len - 1]))
		value[--len] = '\0';
	return true;
}

static bool
value_parse(char *value, const char **errstr)
{
	char *rest;

	if (*value != '"' && *value != '\'')
		return value_unquoted(value, errstr);
	if ((rest = value_quoted(value, errstr)) == NULL)
		return false;
	while (isspace((unsigned char)*rest))
		rest++;
	if (*rest != '\0' && *rest != '#') {
		*errstr = "has text behind the closing quote";
		return false;
	}
	return true;
}

static char *
entry_parse(char *line, const char **errstr)
{
	char *value;
	size_t len, blanks;

	if (strncmp(line, "export", 6) == 0 && isblank((unsigned char)line[6]))
		line += 6 + strspn(line + 6, " \t");
	len = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	if (len == 0 || isdigit((unsigned char)line[0]) || line[len] != '=') {
		*errstr = "is not NAME=value (a name has letters, digits and '_', and no blanks "
			  "stand before '=')";
		return NULL;
	}
	value = line + len + 1;
	if ((blanks = strspn(value, " \t")) > 0)
		memmove(value, value + blanks, strlen(value + blanks) + 1);
	return value_parse(value, errstr) ? line : NULL;
}

char *
env_file_next(struct env_file *file, const char **errstr)
{
	*errstr = NULL;
	while (file->next < file->end) {
		char *line = file->next;
		char *stop = memchr(line, '\n', (size_t)(file->end - line));

		if (stop == NULL)
			stop = file->end;
		file->line++;
		file->next = stop + 1;
		*stop = '\0';
		if (strlen(line) != (size_t)(stop - line)) {
			*errstr = "has a NUL byte";
			return NULL;
		}
		if (stop > line && stop[-1] == '\r')
			stop[-1] = '\0';
		while (isblank((unsigned char)*line))
			line++;
		if (*line != '\0' && *line != '#')
			return entry_parse(line, errstr);
	}
	return NULL;
}
