#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hello.h"

static const char *skip_blanks(const char *);
static const char *skip_string(const char *);
static const char *skip_value(const char *);

static const char *
skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* Behind the string that begins here, or NULL. */
static const char *
skip_string(const char *text)
{
	if (*text++ != '"')
		return NULL;
	for (; *text != '"'; text++) {
		if (*text == '\\')
			text++;
		if (*text == '\0')
			return NULL;
	}
	return text + 1;
}

/* Behind the value that begins here, or NULL; what is nested is only counted. */
static const char *
skip_value(const char *text)
{
	int depth = 0;

	do {
		text = skip_blanks(text);
		if (*text == '"') {
			if ((text = skip_string(text)) == NULL)
				return NULL;
			continue;
		}
		if (*text == '\0' || (depth == 0 && strchr(",]}", *text) != NULL))
			return NULL;
		depth += *text == '{' || *text == '[';
		depth -= *text == '}' || *text == ']';
		text++;
	} while (depth > 0 || (*text != '\0' && strchr(",} \t", *text) == NULL));
	return text;
}

int
hello_version(const char *json, int64_t *version, const char **errstr)
{
	const char *text = skip_blanks(json), *name, *value;
	bool is_version;
	char *end;

	*errstr = "HELLO takes a JSON object such as {\"v\":1}";
	if (*text != '{')
		return -1;
	text = skip_blanks(text + 1);
	if (*text == '}')
		return *skip_blanks(text + 1) == '\0' ? 0 : -1;
	for (;;) {
		name = skip_blanks(text);
		if ((text = skip_string(name)) == NULL)
			return -1;
		is_version = text - name == 3 && name[1] == 'v';
		text = skip_blanks(text);
		if (*text != ':')
			return -1;
		value = skip_blanks(text + 1);
		if ((text = skip_value(value)) == NULL)
			return -1;
		if (is_version) {
			errno = 0;
			*version = strtoll(value, &end, 10);
			if (end != text || errno != 0 || isspace((unsigned char)*value))
				return -1;
		}
		text = skip_blanks(text);
		if (*text == '}')
			return *skip_blanks(text + 1) == '\0' ? 0 : -1;
		if (*text++ != ',')
			return -1;
	}
}
