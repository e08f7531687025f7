/*
 * A strict reader of JSON text (RFC 8259), made for many small objects of which a few members are
 * looked at: values lie one behind the other in one array, nothing is copied or hashed.  Pure.
 */
#ifndef JOBCTL_VALUE_H
#define JOBCTL_VALUE_H

#include <stddef.h>
#include <stdint.h>

enum value_kind {
	VALUE_NULL,
	VALUE_FALSE,
	VALUE_TRUE,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT,
};

/* An array's elements, or an object's names and members in turn, stand behind it. */
struct value {
	enum value_kind kind;
	uint32_t span; /* itself and all that is in it: value + span is the one behind it */
	/* STRING: unescaped and NUL-ended; all others: as they are written, not NUL-ended. */
	const char *text;
	size_t len;
};

/* Values that any text of this kind and length can have at most. */
size_t value_room(const char *raw, size_t len);
/*
 * Reads one value.  `copy` holds the same bytes as `raw`, is changed, and must live as long as the
 * values, like raw.  Returns 0, or -1 if it is not JSON, is not UTF-8, or is nested too deep.
 */
int value_read(const char *raw, size_t len, char *copy, struct value *values, size_t room);
/* The same; *stopped says how many bytes could be understood. */
int value_read_upto(
    const char *raw, size_t len, char *copy, struct value *values, size_t room, size_t *stopped);

/* The object's member, or NULL. */
const struct value *value_member(const struct value *, const char *name, size_t name_len);
/* The array's elements, or the object's names and members in turn: the first and the next, NULL
 * behind the last. */
const struct value *value_first(const struct value *container);
const struct value *value_next(const struct value *container, const struct value *element);

#endif
