/*
 * Sockets that jobd opens for a program and keeps over its restarts, so that clients who come
 * meanwhile wait.
 */
#ifndef JOBD_LISTEN_H
#define JOBD_LISTEN_H

#include "program.h"

/* Opens what the program's `listen` names and is not open yet.  0, or -1 with errno and the
 * program's reason set. */
int listen_open(struct program *);
void listen_close(struct program *);
/* Whether what is open for one is what the other names. */
bool listen_is_same(const struct conf_program *, const struct conf_program *);

#endif
