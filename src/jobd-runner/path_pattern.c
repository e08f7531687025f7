#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "path_pattern.h"

#define WILDCARDS "*?["

static const char *skip_slashes(const char *);
static bool is_ignored(const char *name, size_t len);
static bool are_visible(const char *path);
static bool name_matches(const char *pattern, size_t pattern_len, const char *name, size_t len);
static bool match(const char *pattern, const char *path, bool enters);

static const char *
skip_slashes(const char *text)
{
	return text + strspn(text, "/");
}

static bool
is_ignored(const char *name, size_t len)
{
	static const char *const names[] = { "node_modules", "__pycache__" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && strncmp(name, names[i], len) == 0)
			return true;
	return name[0] == '.';
}

static bool
are_visible(const char *path)
{
	for (path = skip_slashes(path); *path != '\0';) {
		size_t len = strcspn(path, "/");

		if (is_ignored(path, len))
			return false;
		path = skip_slashes(path + len);
	}
	return true;
}

static bool
name_matches(const char *pattern, size_t pattern_len, const char *name, size_t len)
{
	char one[NAME_MAX + 1], other[NAME_MAX + 1];

	if (pattern_len > NAME_MAX || len > NAME_MAX)
		return false;
	snprintf(one, sizeof(one), "%.*s", (int)pattern_len, pattern);
	snprintf(other, sizeof(other), "%.*s", (int)len, name);
	return fnmatch(one, other, FNM_PERIOD) == 0;
}

/* With `enters` the path may end before the pattern does. */
static bool
match(const char *pattern, const char *path, bool enters)
{
	size_t pattern_len, len;

	pattern = skip_slashes(pattern);
	path = skip_slashes(path);
	if (*path == '\0')
		return enters ? *pattern != '\0' : *pattern == '\0';
	pattern_len = strcspn(pattern, "/");
	len = strcspn(path, "/");
	if (pattern_len != 2 || strncmp(pattern, "**", 2) != 0)
		return pattern_len > 0 && name_matches(pattern, pattern_len, path, len) &&
		       match(pattern + pattern_len, path + len, enters);
	if (*skip_slashes(pattern + 2) == '\0')
		return are_visible(path);
	return match(pattern + 2, path, enters) ||
	       (!is_ignored(path, len) && match(pattern, path + len, enters));
}

bool
path_pattern_matches(const char *pattern, const char *path)
{
	return match(pattern, path, false);
}

bool
path_pattern_enters(const char *pattern, const char *directory)
{
	return match(pattern, directory, true);
}

size_t
path_pattern_base(const char *pattern)
{
	size_t len = strcspn(pattern, WILDCARDS);

	while (len > 0 && pattern[len - 1] != '/')
		len--;
	return len > 1 ? len - 1 : len;
}

bool
path_pattern_is_pattern(const char *pattern)
{
	return pattern[strcspn(pattern, WILDCARDS)] != '\0';
}
