/*
 * Has the scheduler put on record what was asked of jobd or its logger over HTTP: they keep no
 * records.  What is asked of the queue it puts on record itself.  Changes of both kinds are logged.
 */
#ifndef WEB_AUDIT_H
#define WEB_AUDIT_H

#include "request.h"

/* A request to another socket than the queue's is about to be sent. */
void audit_note(struct request *, const char *line);
/* A line in the log: who changed what, from where, and what became of it; 0: he was gone before. */
void audit_log(const struct request *);
/* The request was answered. */
void audit_tell(struct request *);

#endif
