/*
 * The table of commands: names, arguments, options, which socket they need, and who carries them
 * out.  Help, completion, the manual and the tests are checked against it.
 */
#ifndef JOBCTL_COMMAND_H
#define JOBCTL_COMMAND_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "jobctl/option.h"
#include "jobctl/session.h"

#define ARGS_ANY INT_MAX

/* What a command's arguments name: for completion, and for the words of an error. */
enum argument {
	ARGUMENT_NONE,
	ARGUMENT_PROGRAM,
	ARGUMENT_SIGNAL, /* a signal first, then programs */
	ARGUMENT_STREAM, /* a program, then stdout or stderr */
	ARGUMENT_SCALE,  /* a program, then a number */
	ARGUMENT_JOB,
	ARGUMENT_TYPE, /* of a job, then its arguments */
	ARGUMENT_JID,
	ARGUMENT_JIDS,
	ARGUMENT_QUEUE,
	ARGUMENT_WORKER,
	ARGUMENT_FILE,
	ARGUMENT_LEVEL,
	ARGUMENT_COMMAND,
	ARGUMENT_ANY,
};

struct command;

/* One command line, taken apart. */
struct call {
	const struct command *command;
	const char *const *args; /* NULL-ended */
	size_t arg_count;
	struct option_values options;
};

/* Returns an exit code. `client` is NULL for a command that needs no socket. */
typedef int command_fn(struct session *, struct client *, const struct call *);

struct command {
	const char *name;
	const char *usage; /* the arguments */
	int min_args, max_args;
	const char *needs; /* what is missing with too few arguments: "a process name" */
	uint64_t options;
	enum session_socket socket;
	enum argument argument;
	command_fn *run;
	const char *summary;
	const char *help; /* more sentences; NULL if the summary says all */
};

extern const struct command commands[]; /* ends with a NULL name */

/*
 * The command that the first of these words (NULL-ended) name, "queue pause" before "queue", and
 * how many words that are; NULL if there is none.
 */
const struct command *command_find(const char *const *words, size_t *count);
/* True if there are commands of two words that begin with this one. */
bool command_is_group(const char *word);
/* The nearest name to mistyped words (NULL-ended), or NULL. */
const char *command_nearest(const char *const *words);
/* Runs the command line `words` (NULL-ended, changed); the first one names the command. */
int command_run(struct session *, const char **words);

/* Sends "VERB words name name ..."; refuses names that would be taken for something else. 0, or
 * the exit code after a complaint. */
int send_names(
    struct client *, const char *verb, const char *words, const struct call *, size_t first_arg);
/* Sends one line of a checked shape; 0, or the exit code after a complaint. */
int send_line(struct client *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* True if it can be one word of a request; otherwise complains. */
bool check_word(const char *word);

command_fn cmd_status, cmd_pid, cmd_start, cmd_stop, cmd_restart, cmd_signal, cmd_scale,
    cmd_shutdown, cmd_loglevel, cmd_version;
command_fn cmd_plan, cmd_reload, cmd_instead;
command_fn cmd_health, cmd_doctor, cmd_events, cmd_history;
command_fn cmd_tail, cmd_maintail, cmd_logs, cmd_clear, cmd_rotate;
command_fn cmd_run, cmd_push, cmd_jobs, cmd_job, cmd_why, cmd_batch;
command_fn cmd_cancel, cmd_kill, cmd_retry, cmd_delete, cmd_change;
command_fn cmd_queue, cmd_queue_size, cmd_queue_count, cmd_queue_pause, cmd_queue_resume,
    cmd_queue_clear, cmd_queue_limit;
command_fn cmd_workers, cmd_worker_quiet, cmd_worker_stop, cmd_breakers, cmd_alerts, cmd_stats,
    cmd_top;
command_fn cmd_outbox, cmd_outbox_sql;
command_fn cmd_db_check, cmd_db_backup, cmd_db_vacuum, cmd_db_migrate, cmd_mail_test;
command_fn cmd_pause, cmd_resume, cmd_ticks, cmd_audit;
command_fn cmd_schedules, cmd_schedule_set, cmd_schedule_delete;
command_fn cmd_next, cmd_check, cmd_help;
command_fn cmd_export_crontab, cmd_import_crontab, cmd_import_procfile, cmd_import_supervisord;

#endif
