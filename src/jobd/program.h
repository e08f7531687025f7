/*
 * One instance of a program: its settings, its state and everything that belongs to its current
 * start.  Carries out what state.h decides.  Never waits for anything: what takes time ends in an
 * event of the loop.
 */
#ifndef JOBD_PROGRAM_H
#define JOBD_PROGRAM_H

#include <sys/types.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "conf/conf.h"

#include "exit_info.h"
#include "health.h"
#include "state.h"

#define PROGRAM_NAME_MAX      80 /* "name:12" */
#define PROGRAM_HISTORY_MAX   16
#define PROGRAM_STATUS_MAX    160
#define PROGRAM_REASON_MAX    200
#define PROGRAM_SURVIVORS_MAX 8

enum output_stream { OUTPUT_STDOUT, OUTPUT_STDERR, OUTPUT_STREAMS };

/* Both ends of the pipe that carries a program's output; kept by jobd so that no death of a logger
 * loses a byte. */
struct output_pipe {
	int read_fd, write_fd;
	int64_t id;     /* the stream's number in the logger's channel; 0 = none */
	bool announced; /* the logger knows its settings */
	bool passed;    /* the logger has its descriptor */
	int64_t dropped_lines, dropped_bytes;
};

/* Where the ending of a program's members has got to. */
enum sweep_stage {
	SWEEP_NONE,
	SWEEP_COMMAND, /* stop_command runs */
	SWEEP_LEADER,  /* the leader got the stop signal */
	SWEEP_MEMBERS, /* the leader is gone, the other members got the stop signal */
	SWEEP_KILL,    /* everybody got SIGKILL */
	SWEEP_HOOK,    /* after_stop runs */
};

/* Who of a copy that an earlier jobd left behind got the stop signal. */
enum old_told { OLD_NOBODY, OLD_LEADER, OLD_ALL };

struct program {
	TAILQ_ENTRY(program) entry;

	char name[PROGRAM_NAME_MAX]; /* as users write it: "web", or "web:2" */
	int instance;                /* from 1 */
	bool numbered;               /* there are several: the name says which */
	const struct conf_program *conf;
	struct generation *generation; /* owner of conf */
	const struct conf_program
	    *next_conf; /* what it will be when it is at rest; NULL: stays as it is */
	struct generation *next_generation;
	bool remove; /* forgotten as soon as it is at rest */

	enum state state;
	bool start_when_stopped; /* restart: a stop with this wish */
	const char
	    *why; /* of the present state, a constant text: "operator", "boot", "crash", ... */
	char reason[PROGRAM_REASON_MAX]; /* what people need to know: of BACKOFF and FATAL, or
					    "waiting for db" */
	struct walltime changed_at;      /* last change of state */

	pid_t pid;     /* leader, 0 if there is none */
	pid_t session; /* of the current start, kept until its last member is gone; 0 */
	int pid_fd;    /* of an adopted leader, which is not our child; else -1 */
	bool adopted;  /* the current start is an earlier jobd's */
	char start_id[64];
	struct monotime started;
	struct walltime started_at;
	bool was_ready;
	bool exit_told;          /* the journal has this end */
	enum exit_reason forced; /* why we ended it ourselves; EXIT_REASON_NONE if we did not */
	struct exit_info exit;   /* last end; reason EXIT_REASON_NONE before the first */
	struct exit_info history[PROGRAM_HISTORY_MAX]; /* ring; newest at (history_count - 1) %
							  PROGRAM_HISTORY_MAX */
	int64_t history_count;
	int64_t restarts, failures;
	uint32_t restarts_by[EXIT_REASON_COUNT]; /* the restarts, by why it had ended */
	bool held;                       /* its restart has to be asked of the budget again */
	char status[PROGRAM_STATUS_MAX]; /* STATUS= of sd_notify */
	struct health health;

	enum sweep_stage sweep;
	struct monotime sweep_deadline;
	enum old_told old_told; /* who of an old copy got the stop signal */
	int kills;              /* rounds of SIGKILL so far */
	bool hook_done;         /* after_stop ran */
	pid_t survivors[PROGRAM_SURVIVORS_MAX];
	int survivor_count;

	pid_t hook_pid;     /* of the hook that runs, 0 if none does */
	int hook;           /* enum hook: which one */
	struct event timer; /* back-off; while preparing: waiting for an old copy to end */
	struct event sweep_timer;
	struct event ready_timer;
	struct event overdue_timer; /* start_timeout, then the watchdog */
	struct event spawn_event;   /* what the child says before exec */
	struct event ready_event;   /* ready fd, or the TCP probe */
	struct event pid_event;     /* pid_fd */
	struct event hook_timer;
	int spawn_fd, ready_fd, hook_fd;

	bool swept;  /* of its last copy nobody is left: we saw it end */
	int lock_fd; /* the lock that members inherit */
	int *listen_fds;
	size_t listen_count;
	struct output_pipe output[OUTPUT_STREAMS];

	uint64_t asked; /* bit n: control client n named it in its request, which did not get to it
			   yet */
	uint64_t waiters; /* bit n: control client n waits for the result of its START, STOP or
			     RESTART */
	uint64_t joined;  /* bit n: client n waits for a START that somebody else began */
};

TAILQ_HEAD(program_list, program);

/* NULL with errno; takes a reference to the generation. */
struct program *program_new(const struct conf_program *, struct generation *, int instance);
/* The program must be at rest and off every list. */
void program_free(struct program *);
/* It was removed and rests: who asked for that was told, and it is freed in a moment. */
bool program_is_gone(const struct program *);
/* Whether its name shows the instance's number. */
void program_set_numbered(struct program *, bool);
/* Notes a configuration to be taken over when the program is at rest, or at once if it is. */
void program_set_next(struct program *, const struct conf_program *, struct generation *);

/* The only way a state changes; logs it, tells the event ring, and carries out the action. */
void program_event(struct program *, enum state_event, const char *why);

/* What people asked for.  `why` is a constant text; reason says how the history will call the end.
 */
void program_start(struct program *, const char *why);
void program_stop(struct program *, enum exit_reason, const char *why);
void program_restart(struct program *, enum exit_reason, const char *why);
/* 0, or -1 with errno; ESRCH if it does not run. */
int program_signal(struct program *, int signum);

/* Takes over a configuration at once, without a restart. */
void program_set_conf(struct program *, const struct conf_program *, struct generation *);
/* Called when no old copy is left and the lock is held. */
void program_locked(struct program *);
/* Called when an old copy was adopted as its leader. */
void program_adopted(struct program *);
/* Called when it is not ready in time, or silent for too long. */
void program_overdue(struct program *, enum exit_reason);
/* Called when its leader was reaped. */
void program_reaped(struct program *, int wait_status);
/* Called when an adopted leader, which is not our child, is gone. */
void program_lost(struct program *);
/* Called when its leader, or what comes before it, could not be started; `reason` is filled in
 * already. */
void program_failed(struct program *, enum exit_reason, int error);
/* Called when its last member is gone and after_stop is done. */
void program_gone(struct program *);
/* Called when it has become ready. */
void program_ready(struct program *);

/* "pid 12, uptime 0:01:23", "Exited too quickly ...", "Nov 22 02:46 AM": the third column of
 * status; returns buf. */
const char *program_description(const struct program *, char *buf, size_t size);

#endif
