/*
 * What a socket of jobd answered, as values.  Never asks itself.
 */
#ifndef WEB_REPLY_JSON_H
#define WEB_REPLY_JSON_H

#include <jansson.h>

/* An item of a reply; a number that is too large for jansson is a string of its digits.  NULL if it
 * is not JSON. */
json_t *reply_json(const char *item);

#endif
