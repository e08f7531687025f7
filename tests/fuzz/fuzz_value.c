/*
 * Feeds JSON text to jobctl's reader and checks what it promises: values nest without gaps, text
 * lies inside the buffers, and what is written out again is taken again.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(const struct value *value, const char *buf, size_t size)
{
	if (value->text < buf || value->text + value->len > buf + size)
		abort();
}

/* Returns the value behind this one and all that is in it. */
static const struct value *
check(const struct value *value, const char *raw, const char *copy, size_t size)
{
	const struct value *end = value + value->span, *next = value + 1;

	if (value->kind == VALUE_STRING)
		check_inside(value, copy, size);
	else
		check_inside(value, raw, size);
	if (value->kind != VALUE_ARRAY && value->kind != VALUE_OBJECT && value->span != 1)
		abort();
	while (next < end) {
		if (value->kind == VALUE_OBJECT) {
			if (next->kind != VALUE_STRING)
				abort();
			next = check(next, raw, copy, size);
		}
		next = check(next, raw, copy, size);
	}
	if (next != end)
		abort();
	return end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room = value_room((const char *)data, size);
	/* Buffers of exactly this size: the sanitizer sees one byte too far. */
	char *raw = malloc(size), *copy = malloc(size);
	struct value *values = malloc(room * sizeof(*values));

	if (raw != NULL && copy != NULL && values != NULL) {
		memcpy(raw, data, size);
		memcpy(copy, data, size);
		if (value_read(raw, size, copy, values, room) == 0)
			check(values, raw, copy, size);
	}
	free(raw);
	free(copy);
	free(values);
	return 0;
}
