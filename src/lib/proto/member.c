#include "proto/member.h"

const char *
member_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

int64_t
member_int(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_real(value) ? (int64_t)json_real_value(value) : json_integer_value(value);
}

bool
member_is(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}
