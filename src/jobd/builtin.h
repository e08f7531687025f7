/*
 * What the built-in programs get besides what every program gets: their command, the sockets that
 * jobd holds for them, and the logger's channel.
 */
#ifndef JOBD_BUILTIN_H
#define JOBD_BUILTIN_H

#include "exec/exec.h"

#include "program.h"

/* Are the built-ins that the configuration needs installed?  0, or -1 (logged). */
int builtin_check(const struct conf *);
/* Makes the listening sockets in run_dir and serves control.sock.  0, or -1 (logged). */
int builtin_open_sockets(const struct conf *);
void builtin_close_sockets(void);

/* Before the fork: the logger gets a new channel.  0, or -1 with errno. */
int builtin_prepare(struct program *);
/* In the child: the command of a built-in; returns buf. */
const char *builtin_command(const struct program *, char *buf, size_t size);
/* In the child: its descriptors; returns how many. */
size_t builtin_listen(const struct program *, struct exec_listen *, size_t max);
/* What the program finds one of its own `listen` by: its name, or what it is for to a built-in. */
const char *builtin_listen_name(const struct program *, const char *address);

#endif
