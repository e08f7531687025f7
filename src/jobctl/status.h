/*
 * The rows of STATUS: asked for, received, and words for names that nobody has.
 */
#ifndef JOBCTL_STATUS_H
#define JOBCTL_STATUS_H

#include "jobctl/command.h"
#include "jobctl/listing.h"

/* supervisorctl's columns. */
extern const struct view status_view;

/* Told of a name that nobody has, with the server's words about it. */
typedef void say_unknown_fn(const struct session *, const char *name, const char *message);

/*
 * Asks for the programs that the call names and receives them into the listing, shown by nobody
 * yet.  Names that nobody has are counted and given to `say_unknown` (NULL: to nobody).  0, or -1
 * after a complaint.  Whatever it returns, listing_end() frees the rows.
 */
int status_receive(struct session *, struct client *, const struct call *, struct listing *,
    say_unknown_fn *, size_t *unknown);

#endif
