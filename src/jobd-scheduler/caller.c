#include <stdlib.h>
#include <string.h>

#include "caller.h"
#include "fields.h"

/* Letters that mean nothing in JSON or in a pattern; bytes of UTF-8 pass. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= 0x20 || *text == 0x7f || *text == '"' || *text == '\\')
			return false;
	return true;
}

/* False if it is there and can't be taken. */
static bool
take(const struct fields *fields, const char *key, char *field, size_t size)
{
	const char *text = fields_text(fields, key);

	if (text == NULL)
		return !fields_has(fields, key) || fields_is_null(fields, key);
	return is_plain(text) && strlcpy(field, text, size) < size;
}

static bool
take_role(const struct fields *fields, struct caller *caller)
{
	const char *role = fields_text(fields, "role");

	if (role == NULL)
		return !fields_has(fields, "role");
	caller->is_operator = strcmp(role, "operate") == 0;
	return caller->is_operator || strcmp(role, "admin") == 0;
}

bool
caller_is_from(const struct caller *caller, const char *text)
{
	return caller != NULL && text != NULL && strcmp(caller->text, text) == 0;
}

struct caller *
caller_read(const struct fields *fields, const char *text, const char **errstr)
{
	size_t size = text != NULL ? strlen(text) + 1 : 1;
	struct caller *caller = calloc(1, sizeof(*caller) + size);

	*errstr = "out of memory";
	if (caller == NULL)
		return NULL;
	if (text != NULL)
		memcpy(caller->text, text, size);
	*errstr = "who, from and tag are short texts without blanks, quotes and backslashes";
	if (take(fields, "who", caller->who, sizeof(caller->who)) &&
	    take(fields, "from", caller->from, sizeof(caller->from)) &&
	    take(fields, "tag", caller->tag, sizeof(caller->tag))) {
		*errstr = "role is operate or admin";
		if (take_role(fields, caller))
			return caller;
	}
	free(caller);
	return NULL;
}
