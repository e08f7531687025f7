/*
 * The set of all programs: order of start and stop, reload, shutdown.  One per process.
 */
#ifndef JOBD_SUPERVISOR_H
#define JOBD_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

#include "plan.h"
#include "program.h"

/* A configuration with its snapshot, alive as long as something refers to it. */
struct generation {
	struct conf *conf;
	char *snapshot;
	size_t snapshot_len;
	/* Without what the web side has no use for: programs, jobs, passwords. */
	char *web_snapshot;
	size_t web_snapshot_len;
	int references;
};

struct generation *generation_ref(struct generation *);
void generation_unref(struct generation *); /* NULL is legal */

/* Starts everything and runs the loop until all has ended; returns jobd's exit code.  Takes the
 * conf. */
int supervisor_run(struct conf *);

struct event_base *supervisor_base(void);
struct generation *supervisor_generation(void); /* the accepted one */
struct program_list *supervisor_programs(void); /* in starting order */
struct program *supervisor_find_pid(pid_t);     /* by leader or hook */
struct program *supervisor_find_member(pid_t);  /* by session or ancestry; NULL */
pid_t supervisor_worker_pid(void); /* of the child that reads the configuration, or 0 */
bool supervisor_is_shutting_down(void);

/* True if the kernel has killed a process of our cgroup for want of memory since the last call. */
bool supervisor_saw_oom_kill(void);
/* Takes one restart out of the budget of all programs: 0, or the milliseconds to wait. */
int64_t supervisor_take_restart(void);

/* Some program's state changed: start what waited for it, stop what comes next, end when all is
 * over. */
void supervisor_poke(void);
/* Stops everything in order, then ends the loop with this exit code; the first call decides the
 * code. */
void supervisor_shutdown(int exit_code, const char *why);
/* An essential program ended for good: after its drain time jobd ends as exit_info_jobd_code says.
 */
void supervisor_essential_ended(struct program *);

/*
 * Reads the file again in a child, so that nothing here waits for a disk, and works out the plan.
 * `done` is called from the loop, once, with the plan (then owned by the callee: plan_free) or NULL
 * and an error text "FILE:LINE: ...". With `apply` a good plan was applied before the call.  -1
 * with errno if it could not be begun; EBUSY: one is under way.
 */
typedef void supervisor_plan_done(void *arg, struct plan *, const char *error);
int supervisor_reload(bool apply, supervisor_plan_done *, void *arg);

/* Changes how many instances `name` (a program's plain name) has.  0, or -1 with *errstr. */
int supervisor_scale(const char *name, int64_t count, const char **errstr);

/* Adds all instances of a program, or one; they are not started yet.  -1 or NULL with errno. */
int supervisor_add(const struct conf_program *, struct generation *);
struct program *supervisor_add_instance(
    const struct conf_program *, struct generation *, int instance);
/* NULL if there is none, or if it is being removed. */
struct program *supervisor_find_instance(const char *name, int instance);
/* From now on this configuration is the accepted one. */
void supervisor_accept(struct generation *);

/*
 * Programs that a request's word means: NAME, NAME:2, NAME:*, all, or a shell pattern.  Walk: start
 * with previous = NULL; returns NULL at the end.  Built-in helpers answer to their exact names
 * only, and to `all` never.
 */
struct program *supervisor_match(const char *word, struct program *previous);

#endif
