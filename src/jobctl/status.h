/*
 * The rows of STATUS: asked for, received, and words for names that nobody has.
 */
#ifndef JOBCTL_STATUS_H
#define JOBCTL_STATUS_H

#include "jobctl/command.h"
#include "jobctl/listing.h"

/* supervisorctl's columns. */
extern const struct view status_view;

/*
 * Asks for the programs that the call names and receives them into the listing, shown by nobody
 * yet.  Names that nobody has are counted, and given to `say_unknown` (NULL: to nobody).  0, or -1
 * after a complaint.  Whatever it returns, listing_end() frees the rows.
 */
int status_receive(struct session *, struct client *, const struct call *, struct listing *,
    void (*say_unknown)(const struct session *, const char *name), size_t *unknown_count);

#endif
