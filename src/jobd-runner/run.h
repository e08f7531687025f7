/*
 * One attempt of a job, from fork to the last member's end: run_command.c starts it and reads what
 * it writes, run_limit.c looks what it uses, run_end.c ends it, runs.c reaps.  Never speaks to the
 * scheduler.
 *
 * The job is its command (the leader, in a session of its own) and everything that came from it. It
 * is finished when the last of them is gone: what the command leaves behind is ended, first with
 * SIGTERM, after stop_timeout with SIGKILL.
 */
#ifndef RUNNER_RUN_H
#define RUNNER_RUN_H

#include <sys/queue.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/clock.h"
#include "capture.h"
#include "codes.h"
#include "conf/conf.h"
#include "job.h"
#include "relay.h"
#include "result.h"

enum run_phase {
	RUN_RUNNING,
	RUN_TERMINATED, /* its members were sent SIGTERM */
	RUN_KILLED,     /* and SIGKILL */
};

struct run {
	TAILQ_ENTRY(run) entry;
	struct runs *runs;
	char *jid, *name;
	char *tag; /* JOBD_RUN_ID=... in the environment of its processes */
	int64_t timeout_ms, stop_timeout_ms;
	int64_t memory_bytes, cpu_ms; /* of all its processes together; 0 = no limit */
	struct codes exit_codes, no_retry;

	char *job; /* as it came, if it was started quickly: it may have to be started again */
	size_t job_len;
	bool misfired; /* the quick start came to nothing */
	pid_t leader;
	bool leader_ended; /* and is reaped */
	int wait_status;
	struct monotime started;
	int64_t duration_ms;
	int64_t oom_before;

	enum run_phase phase;
	bool forced; /* we began to end it before the leader ended, for `why` */
	enum result_reason why;
	char note[120]; /* more of it, for people */
	size_t leftovers;

	int output_fd, failure_fd;
	struct event *output, *timer;
	struct capture capture;
	struct relay_line line;
};

TAILQ_HEAD(run_list, run);

/* All that run, and what they have in common. */
struct runs {
	struct run_list list;
	size_t count;
	struct event_base *base;
	struct relay *relay;
	size_t limited;     /* runs with a limit ... */
	struct event *look; /* ... that are looked at now and then */
	int oom_fd;
	const char *wid;  /* makes tags unique */
	uint64_t started; /* so many until now */
	/* The run is gone; it is freed afterwards. */
	void (*finished)(void *arg, const struct result *);
	/* The run is gone and came to nothing: its job is to be started again, and not quickly. */
	void (*misfired)(void *arg, const char *job, size_t len);
	/* Our children that are no runs: is this one, and one has ended. */
	bool (*is_foreign)(void *arg, pid_t);
	void (*foreign_ended)(void *arg, pid_t, int wait_status);
	void *arg;
};

/*
 * 0, or -1 with the reason in text.  Quickly is without a copy of our memory, if the job is plain
 * enough for that; such a start can't say why it failed.
 */
int run_start(struct runs *, const struct job *, const struct conf_job *,
    char *const *global_environment, bool quickly, char *text, size_t text_size);
/* What is in the pipe now, and no waiting for more. */
void run_read_output(struct run *);
/* What the child reported in place of executing the command; false if there is no such report. */
bool run_read_failure(struct run *, char *text, size_t text_size);
/* It never ran: frees it and asks for another start. */
void run_misfire(struct run *);
void run_free(struct run *);

/* Ends it for this reason, unless it is being ended already. */
void run_end(struct run *, enum result_reason);
void run_kill(struct run *);
/* The timer: time-out, or the end of the time that SIGTERM gave. */
void run_overdue(struct run *);
/* The leader is reaped: finished, unless somebody is left. */
void run_settle(struct run *);

/* Its processes at this moment. */
size_t run_members(struct run *, pid_t *out, size_t max);
/* From here on it is looked at what it uses, if it has a limit. */
void run_limit_begin(struct run *);
void run_limit_end(struct run *);

struct run *runs_find(struct runs *, const char *jid);
/* Is it the leader of a run?  Has the type of members_is_other. */
bool runs_is_leader(pid_t, void *runs);
void runs_end_all(struct runs *, enum result_reason);
void runs_kill_all(struct runs *);
/* After SIGCHLD. */
void runs_reap(struct runs *);

#endif
