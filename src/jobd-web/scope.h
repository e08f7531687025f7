/*
 * For whom jobd is asked: every request to the queue begins with words that say it, and who is
 * confined to a tag gets to the queue only.  What carries the tag is the scheduler's to know.
 */
#ifndef WEB_SCOPE_H
#define WEB_SCOPE_H

#include "request.h"

bool scope_is_confined(const struct request *);
/* The route is for those who are confined too; all others are answered 404. */
bool scope_is_open(const struct request *);
/* "AS {...}", or nothing where nobody needs to know. */
void scope_words(const struct request *, struct buf *);
/* A name that means the same to one of them only. */
void scope_own_name(const struct request *, const char *name, struct buf *);

#endif
