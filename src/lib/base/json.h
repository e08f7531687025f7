/*
 * Writes JSON text into a caller's buffer of fixed size.  Never allocates, never reads JSON; what
 * does not fit is reported by json_end().
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * jansson has functions of these names.  In a program with both, its library would call ours: they
 * need other names for the linker.  A file includes one of the two headers.
 */
#define json_object json_write_object
#define json_array  json_write_array
#define json_string json_write_string
#define json_null   json_write_null

struct json {
	char *buf;
	size_t size;
	size_t len;
	bool comma; /* the next member or element needs a comma before it */
	bool overflow;
};

void json_begin(struct json *, char *buf, size_t size);
/* Goes on behind `len` bytes that the caller has put into buf; no comma comes before the next
 * value. */
void json_continue(struct json *, char *buf, size_t size, size_t len);
/* Ends the text with a NUL.  Returns its length, or -1 if the buffer was too small. */
int64_t json_end(struct json *);

/* Every writer takes the member's name, or NULL for an element of an array or the outermost value.
 */
void json_object(struct json *, const char *name);
void json_object_end(struct json *);
void json_array(struct json *, const char *name);
void json_array_end(struct json *);
/* NULL is written as null; bytes that are not UTF-8 become U+FFFD. */
void json_string(struct json *, const char *name, const char *value);
void json_string_len(struct json *, const char *name, const char *value, size_t len);
void json_int(struct json *, const char *name, int64_t value);
void json_bool(struct json *, const char *name, bool value);
void json_null(struct json *, const char *name);
/* JSON text made elsewhere, as it is. */
void json_raw(struct json *, const char *name, const char *text);

#endif
