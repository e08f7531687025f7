/*
 * The control socket: clients, limits, permissions, and the table of verbs.  Never blocks and never
 * allocates: clients live in a fixed table, replies are made piece by piece as the client takes
 * them.
 */
#ifndef JOBD_CONTROL_H
#define JOBD_CONTROL_H

#include "program.h"

#define CONTROL_CLIENTS_MAX 64 /* bits of program.waiters */

/* Serves the listening socket from now on.  0, or -1 with errno. */
int control_init(int listen_fd);
/* No new clients; those that are there keep their connection. */
void control_stop_listening(void);
/* Ends all connections: what waits for the end of jobd takes it for that. */
void control_close(void);

/* A program came to rest, became ready, or could not be ended in time: tell the clients in
 * program->waiters. */
void control_result(struct program *, bool timed_out);
/* journal_add() was called. */
void control_wake_followers(void);

#endif
