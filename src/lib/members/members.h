/*
 * Who belongs to something that was started: the leader that its parent forked, and every process
 * that came from it, also those that left its group or session or outlived it.  Reads /proc; never
 * allocates, never waits, never forgets that a pid may be used again.
 *
 * It works for a process that is PID 1 or a child subreaper and forks every leader itself.  Then
 * every living descendant of a leader is below that leader or below an orphan that came to us, so
 * only our own children are walked, not all processes of the machine.  "Gone" is: the leader is
 * reaped and members_find() finds nobody.  Where members_orphans() finds nobody, nothing that is
 * dead has left anybody behind: one read of one file, the common case.
 */
#ifndef MEMBERS_MEMBERS_H
#define MEMBERS_MEMBERS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* True if the pid is the leader of something else (or a helper of ours): it and what is below it do
 * not count. */
typedef bool (*members_is_other)(pid_t, void *arg);

/* What makes a process a member: any one of these, or being below one that is. */
struct members_query {
	pid_t leader;     /* alive or not; 0 = none */
	pid_t session;    /* 0 = none */
	pid_t group;      /* 0 = none */
	const char *tag;  /* exactly this "NAME=value" is in the environment it was executed with;
			     NULL = none */
	const char *file; /* it has this file open, named as /proc/PID/fd shows it; NULL = none.
			     Costly: every descriptor of everybody who may be one is looked at */
	bool everywhere;  /* among all processes, not only our descendants: for what an earlier
			    process of ours has started */
	members_is_other is_other; /* NULL = nobody is */
	void *arg;
};

/*
 * Writes up to `max` pids of living members to `out`, the leader first if it lives; returns how
 * many.  With `max` of them there may be more: end these and ask again.  Zombies do not count: who
 * is our child is ours to reap, and of others nothing runs any more.
 */
size_t members_find(const struct members_query *, pid_t *out, size_t max);

/*
 * Sends a signal to one pid that members_find() gave, unless it has ended and another process has
 * its number by now.  0, or -1 with errno (ESRCH: it is gone).
 */
int members_signal(const struct members_query *, pid_t, int signum);

/*
 * Our children that `is_known` does not know, dead ones that are not reaped yet included: orphans
 * that came to us.  Returns how many, up to `max`.
 */
size_t members_orphans(members_is_other is_known, void *arg, pid_t *out, size_t max);

/* "4711 (sleep)", for messages about who is still there; returns buf. */
const char *members_describe(pid_t, char *buf, size_t size);

#endif
