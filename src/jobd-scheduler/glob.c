#include <string.h>

#include "glob.h"

/* Behind the class "[...]" at `at`; the end of the pattern if it is not closed. */
static const char *
class_end(const char *at)
{
	for (at++; *at != '\0' && *at != ']'; at++)
		if (*at == '\\' && at[1] != '\0')
			at++;
	return *at == ']' ? at + 1 : at;
}

static bool
class_has(const char *at, const char *end, unsigned char c)
{
	bool negated = *++at == '^', found = false;

	at += negated;
	if (end[-1] == ']')
		end--;
	while (at < end) {
		unsigned char low, high;

		at += *at == '\\' && at + 1 < end;
		low = high = (unsigned char)*at++;
		if (at + 1 < end && *at == '-') {
			high = (unsigned char)at[1];
			at += 2;
		}
		if (low > high) {
			unsigned char swap = low;

			low = high;
			high = swap;
		}
		found = found || (c >= low && c <= high);
	}
	return found != negated;
}

/* One character against what stands at *at, no '*'; moves *at behind it. */
static bool
one_matches(const char **at, char c)
{
	const char *here = *at;

	if (*here == '[') {
		*at = class_end(here);
		return class_has(here, *at, (unsigned char)c);
	}
	if (*here == '\\' && here[1] != '\0') {
		*at = here + 2;
		return here[1] == c;
	}
	*at = here + 1;
	return *here == '?' || *here == c;
}

bool
glob_match(const char *pattern, const char *text, size_t len)
{
	const char *end = text + len, *star = NULL, *retry = NULL;

	/* Only the last '*' is ever tried again: whatever an earlier one took is no worse. */
	while (text < end || *pattern == '*') {
		const char *next = pattern;

		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
			if (*pattern == '\0')
				return true;
		} else if (*pattern != '\0' && one_matches(&next, *text)) {
			pattern = next;
			text++;
		} else if (star != NULL && retry < end) {
			pattern = star;
			text = ++retry;
		} else
			return false;
	}
	return *pattern == '\0';
}
