/*
 * Values of JSON members whose names say that they are secret become "***".  Pure but for the names
 * that the configuration adds; never changes what is stored.
 */
#ifndef WEB_MASK_H
#define WEB_MASK_H

#include "buf.h"

/* Names besides the usual ones; NULL-ended, and they must stay until the next call. */
void mask_configure(char *const *names);
/* True if the text, JSON, has such a member: then `out` has the masked text. */
bool mask_json(const char *text, size_t len, struct buf *out);
/* True if such a member has the value that masked ones are shown with: it came back as it was
 * shown. */
bool mask_is_in(const char *text, size_t len);

#endif
