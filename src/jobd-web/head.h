/*
 * Whether the head of a request can be understood in one way only: what libmicrohttpd lets pass
 * beyond RFC 9110 and RFC 9112.  Never looks at what is asked.
 */
#ifndef WEB_HEAD_H
#define WEB_HEAD_H

#include "request.h"

/* False: it has been answered. */
bool head_is_well_formed(struct request *, int64_t body_max_bytes);

#endif
