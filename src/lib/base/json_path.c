#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_path.h"
#include "base/json_scan.h"

/* One step: a member by its name, or an element by its number. */
struct step {
	const char *name; /* NULL for an element */
	size_t name_len;
	uint64_t index;
};

static bool
is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

static bool
take_index(const char **path, struct step *step)
{
	size_t len = strspn(*path, "0123456789");

	if (len == 0 || len > 9 || (len > 1 && (*path)[0] == '0'))
		return false;
	*step = (struct step){ .name = NULL };
	for (size_t i = 0; i < len; i++)
		step->index = step->index * 10 + (uint64_t)((*path)[i] - '0');
	*path += len;
	return true;
}

/* 'name'; a quote cannot be inside. */
static bool
take_quoted(const char **path, struct step *step)
{
	size_t len = strcspn(*path + 1, "'");

	if ((*path)[1 + len] != '\'')
		return false;
	*step = (struct step){ .name = *path + 1, .name_len = len };
	*path += len + 2;
	return true;
}

/* The step that begins here; false if it is none. */
static bool
take_step(const char **path, struct step *step)
{
	bool good;

	if (**path == '.') {
		*step = (struct step){ .name = ++*path };
		while (is_name(**path))
			++*path;
		step->name_len = (size_t)(*path - step->name);
		return step->name_len > 0;
	}
	if (**path != '[')
		return false;
	++*path;
	good = **path == '\'' ? take_quoted(path, step) : take_index(path, step);
	if (!good || **path != ']')
		return false;
	++*path;
	return true;
}

const char *
json_path_check(const char *path)
{
	struct step step;

	if (strlen(path) > JSON_PATH_MAX)
		return "is too long for a path";
	if (*path++ != '$')
		return "does not begin with $";
	while (*path != '\0')
		if (!take_step(&path, &step))
			return "is no path such as $.data.id, $.items[0] or $['a name']";
	return NULL;
}

/* Keys may be written with escapes. */
static bool
is_member(const struct json_piece *piece, const struct step *step)
{
	char key[JSON_PATH_MAX * 6 + 3];
	long len;

	if (memchr(piece->key, '\\', piece->key_len) == NULL)
		return piece->key_len == step->name_len &&
		       memcmp(piece->key, step->name, step->name_len) == 0;
	if (piece->key_len + 2 > sizeof(key))
		return false;
	/* With its quotes, which stand around it. */
	len = json_text(piece->key - 1, piece->key_len + 2, key);
	return len >= 0 && (size_t)len == step->name_len &&
	       memcmp(key, step->name, (size_t)len) == 0;
}

static bool
go_down(const struct step *step, const char **value, size_t *len)
{
	const char *found = NULL;
	struct json_piece piece;
	struct json_scan scan;
	size_t found_len = 0;
	uint64_t count = 0;

	if (json_scan_begin(&scan, *value, *len) == -1 ||
	    (scan.close == '}') != (step->name != NULL))
		return false;
	while (json_scan_next(&scan, &piece) == 1) {
		if (step->name != NULL ? !is_member(&piece, step) : count++ != step->index)
			continue;
		found = piece.value;
		found_len = piece.value_len;
	}
	*value = found;
	*len = found_len;
	return found != NULL;
}

bool
json_path_find(
    const char *path, const char *text, size_t len, const char **value, size_t *value_len)
{
	struct step step;

	while (len > 0 && strchr(" \t\r\n", text[0]) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	*value = text;
	*value_len = len;
	for (path++; *path != '\0';)
		if (!take_step(&path, &step) || !go_down(&step, value, value_len))
			return false;
	return *value_len > 0;
}
