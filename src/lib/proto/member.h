/*
 * Members of the objects that a reply brings, for who shows them: a missing one is "", 0 or false.
 * Never says that one is missing.
 */
#ifndef PROTO_MEMBER_H
#define PROTO_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

const char *member_text(const json_t *object, const char *name);
/* Of a number with a fraction, what is before it. */
int64_t member_int(const json_t *object, const char *name);
bool member_is(const json_t *object, const char *name);

#endif
