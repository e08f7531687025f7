/*
 * One accepted configuration and its snapshot, shared by everything that still runs with it.
 */
#ifndef JOBD_GENERATION_H
#define JOBD_GENERATION_H

#include "supervisor.h"

/* Takes the conf (also when it fails); NULL with errno.  Made with one reference. */
struct generation *generation_new(struct conf *);

#endif
