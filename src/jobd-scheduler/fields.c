#include <math.h>
#include <stdio.h>
#include <string.h>
#include <jansson.h>

#include "fields.h"

/* A struct fields is jansson's object under a name of ours. */
static const json_t *
member(const struct fields *fields, const char *key)
{
	return json_object_get((const json_t *)fields, key);
}

struct fields *
fields_read(const char *text, size_t len, char *error, size_t size)
{
	json_error_t where;
	json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, &where);

	if (json == NULL)
		snprintf(error, size, "%s", where.text);
	else if (!json_is_object(json)) {
		snprintf(error, size, "it is no object");
		json_decref(json);
		json = NULL;
	}
	return (struct fields *)json;
}

void
fields_free(struct fields *fields)
{
	json_decref((json_t *)fields);
}

bool
fields_has(const struct fields *fields, const char *key)
{
	return member(fields, key) != NULL;
}

bool
fields_is_null(const struct fields *fields, const char *key)
{
	return json_is_null(member(fields, key));
}

bool
fields_is_number(const struct fields *fields, const char *key)
{
	return json_is_number(member(fields, key));
}

bool
fields_is_list(const struct fields *fields, const char *key)
{
	return json_is_array(member(fields, key));
}

const char *
fields_text(const struct fields *fields, const char *key)
{
	size_t len;
	const char *text = fields_bytes(fields, key, &len);

	return text != NULL && strlen(text) == len ? text : NULL;
}

const char *
fields_bytes(const struct fields *fields, const char *key, size_t *len)
{
	const json_t *value = member(fields, key);

	*len = json_string_length(value);
	return json_string_value(value);
}

int64_t
fields_int(const struct fields *fields, const char *key, int64_t initial)
{
	const json_t *value = member(fields, key);
	double real;

	if (json_is_integer(value))
		return json_integer_value(value);
	if (!json_is_real(value))
		return initial;
	real = json_real_value(value);
	if (fabs(real) >= 9e18)
		return real < 0 ? INT64_MIN : INT64_MAX;
	return (int64_t)real;
}

bool
fields_bool(const struct fields *fields, const char *key, bool initial)
{
	const json_t *value = member(fields, key);

	return json_is_boolean(value) ? json_is_true(value) : initial;
}

const struct fields *
fields_object(const struct fields *fields, const char *key)
{
	const json_t *value = member(fields, key);

	return json_is_object(value) ? (const struct fields *)value : NULL;
}

size_t
fields_count(const struct fields *fields, const char *key)
{
	return json_array_size(member(fields, key));
}

const char *
fields_element(const struct fields *fields, const char *key, size_t index)
{
	return json_string_value(json_array_get(member(fields, key), index));
}

const char *
fields_unknown(const struct fields *fields, const char *const *known)
{
	/* jansson's iterator takes a pointer to what it does not change. */
	json_t *json = (json_t *)(uintptr_t)fields;

	for (void *at = json_object_iter(json); at != NULL; at = json_object_iter_next(json, at)) {
		const char *key = json_object_iter_key(at);
		const char *const *word = known;

		while (*word != NULL && strcmp(*word, key) != 0)
			word++;
		if (*word == NULL)
			return key;
	}
	return NULL;
}
