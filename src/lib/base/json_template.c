#include <string.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "base/json_template.h"

/* Behind the string that begins here. */
static const char *
string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

/* What is in front of a colon is a name. */
static bool
is_key(const char *behind, const char *end)
{
	while (behind < end && strchr(" \t\r\n", *behind) != NULL)
		behind++;
	return behind < end && *behind == ':';
}

bool
json_template_walk(const char *text, size_t len,
    void (*plain)(void *arg, const char *text, size_t len),
    bool (*value)(void *arg, const char *source), void *arg)
{
	const char *begin = text, *end = text + len, *at = text, *behind;
	char source[JSON_TEMPLATE_SOURCE_MAX + 2];

	while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
		behind = string_end(at, end);
		if (at[1] != '$' || is_key(behind, end)) {
			at = behind;
			continue;
		}
		plain(arg, begin, (size_t)(at - begin));
		begin = behind;
		if (at[2] == '$') {
			plain(arg, "\"", 1);
			plain(arg, at + 2, (size_t)(behind - at) - 2);
		} else if ((size_t)(behind - at) > sizeof(source) ||
			   json_text(at, (size_t)(behind - at), source) == -1 ||
			   !value(arg, source))
			return false;
		at = behind;
	}
	plain(arg, begin, (size_t)(end - begin));
	return true;
}
