/*
 * Which processes belong to a program: its session and group, the descendants that left them, and
 * whoever carries its start id in the environment.  A thin layer over lib/members for programs of
 * jobd.
 */
#ifndef JOBD_MEMBERS_H
#define JOBD_MEMBERS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

#define MEMBERS_MAX 1024

/*
 * Between these two nobody is reaped, so that one look at our children serves all questions of
 * members_left(): a hundred programs that end together cost one list instead of a hundred.
 */
void members_look_begin(void);
void members_look_end(void);
/* One cheap look: false if surely none but the leader and known processes are left. */
bool members_left(const struct program *);
/*
 * All living members, leader included if it lives; returns how many.  Where none is known and the
 * program's lock is held all the same, whoever has that open is one.
 */
int members_list(const struct program *, pid_t *pids, int max);
/* Signals one that members_list() gave, unless its number is another process's by now.  0, or -1
 * with errno. */
int members_kill(const struct program *, pid_t, int signum);
/* Members of a copy that an earlier jobd started; its leader counts only if it is still the same
 * process. */
int members_of_old(pid_t leader, const char *start_id, bool leader_alive, pid_t *pids, int max);
/* Everybody on the machine who has this file open, as /proc names it, and who is below them. */
int members_of_file(const char *path, pid_t *pids, int max);
/* True if `pid` descends from the program's leader or is in its session. */
bool members_has(const struct program *, pid_t pid);
/* When the process was started, in clock ticks since boot; 0 if there is none. */
uint64_t members_start_ticks(pid_t);
/* What it is for a process that is started now. */
uint64_t members_ticks_now(void);

#endif
