/*
 * Puts on record what was asked of jobd and its logger: the scheduler keeps the record, if there is
 * one, and knows who we are.  Never fails: jobd's own log has it too.
 */
#ifndef JOBCTL_AUDIT_H
#define JOBCTL_AUDIT_H

#include "jobctl/command.h"

/* After a command that may change something; does nothing for the others. */
void audit_after(struct session *, const struct call *, int code);
/* Before one after which there is no scheduler. */
void audit_before(struct session *, const struct call *);

#endif
