#include <string.h>

#include "url.h"

static int hex(char digit);

static int
hex(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (char)(digit | 0x20);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

int
url_decode(char *text, bool plus)
{
	char *out = text;

	for (; *text != '\0'; text++, out++) {
		*out = *text == '+' && plus ? ' ' : *text;
		if (*text != '%')
			continue;
		if (hex(text[1]) == -1 || hex(text[2]) == -1)
			return -1;
		*out = (char)(hex(text[1]) << 4 | hex(text[2]));
		if (*out == '\0')
			return -1;
		text += 2;
	}
	*out = '\0';
	return 0;
}

int
pairs_parse(char *text, struct pairs *pairs)
{
	char *next, *value;

	pairs->count = 0;
	for (; text != NULL && *text != '\0'; text = next) {
		if ((next = strchr(text, '&')) != NULL)
			*next++ = '\0';
		if (*text == '\0')
			continue;
		if ((value = strchr(text, '=')) != NULL)
			*value++ = '\0';
		if (pairs->count == URL_PAIRS_MAX || url_decode(text, true) == -1 ||
		    (value != NULL && url_decode(value, true) == -1))
			return -1;
		pairs->list[pairs->count++] =
		    (struct pair){ .name = text, .value = value != NULL ? value : "" };
	}
	return 0;
}

const char *
pairs_find(const struct pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->list[i].name, name) == 0)
			return pairs->list[i].value;
	return NULL;
}

bool
url_path_is_plain(const char *path)
{
	if (path[0] != '/')
		return false;
	for (const char *at = path; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '\\')
			return false;
		if (*at != '/')
			continue;
		if (at[1] == '/' || (at[1] == '.' && (at[2] == '/' || at[2] == '\0')) ||
		    (at[1] == '.' && at[2] == '.' && (at[3] == '/' || at[3] == '\0')))
			return false;
	}
	return true;
}

bool
url_match(const char *pattern, const char *path, char (*found)[URL_SEGMENT_MAX], size_t max)
{
	size_t count = 0, len;

	while (*pattern != '\0' && *path != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		len = strcspn(path, "/");
		if (len == 0 || len >= URL_SEGMENT_MAX || count == max)
			return false;
		memcpy(found[count], path, len);
		found[count++][len] = '\0';
		path += len;
		pattern += 2;
	}
	return *pattern == '\0' && *path == '\0';
}
