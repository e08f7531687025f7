/*
 * Ids for jobs that are pushed here.
 */
#ifndef WEB_JID_H
#define WEB_JID_H

#include <stddef.h>

/* Room for any of them. */
#define JID_MAX 64

void jid_random(char jid[JID_MAX]);
/*
 * The same key is the same id, whenever it comes: the queue has no two jobs with one id.  It begins
 * with the prefix, a short word.
 */
void jid_of_key(const char *prefix, const void *key, size_t len, char jid[JID_MAX]);

#endif
