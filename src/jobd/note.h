/*
 * What the reasons of the last ends and events do not say by themselves, such as "check failed:
 * HTTP 503".  Kept apart from them, in a small ring, because few have one.  Never allocates.
 */
#ifndef JOBD_NOTE_H
#define JOBD_NOTE_H

#include "base/clock.h"

/* A longer one is cut off. */
#define NOTE_MAX 80

/* The time is that of the end, or of the event; an empty text is none. */
void note_add(struct walltime, const char *text);
/* NULL if there is none, or not any more. */
const char *note_find(struct walltime);

#endif
