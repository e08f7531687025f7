/*
 * What a socket of jobd answered, as values.  Never asks itself.
 */
#ifndef WEB_REPLY_JSON_H
#define WEB_REPLY_JSON_H

#include <jansson.h>

#include "reply.h"

/* An item of a reply; a number that is too large for jansson is a string of its digits.  NULL if it
 * is not JSON. */
json_t *reply_json(const char *item);
/* The objects of a list; NULL if it is none. */
json_t *reply_json_list(const struct reply *);

#endif
