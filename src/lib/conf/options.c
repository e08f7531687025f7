#include <string.h>

#include "conf/options_table.h"

static const char *const restart_words[] = { "always", "on_failure", "never", NULL };
static const char *const leftover_words[] = { "end", "adopt", NULL };
static const char *const stop_mode_words[] = { "leader", "group", NULL };
static const char *const log_format_words[] = { "raw", "text", "json", NULL };
static const char *const on_failure_words[] = { "restart", "report", NULL };
static const char *const log_level_words[] = { "error", "warning", "info", "debug", NULL };
const char *const conf_unlimited_words[] = { "unlimited", NULL };

/* clang-format off */

/* What becomes of the output; LOG(field) is the place.  In `logger` they are everybody's defaults. */
#define LOG_OPTIONS(LOG, BUILTIN) \
	OPTION("redirect_stderr", BOOL, LOG(redirect_stderr), "false", NEXT, .builtin = BUILTIN, \
	    .summary = "Standard error goes where standard output goes.") \
	, OPTION("logfile_maxbytes", SIZE, LOG(maxbytes), "50M", LIVE, .builtin = BUILTIN, .max = SIZE_MAX_T, \
	    .summary = "A log file is rotated before it grows beyond this size; 0 turns rotation off.") \
	, OPTION("logfile_backups", INT, LOG(backups), "10", LIVE, .builtin = BUILTIN, .max = 1000, \
	    .summary = "Rotated files that are kept.") \
	, OPTION("log_gzip", BOOL, LOG(gzip), "false", LIVE, .builtin = BUILTIN, \
	    .summary = "Rotated files are compressed.") \
	, OPTION("log_format", WORD, LOG(format), "raw", LIVE, .builtin = BUILTIN, .words = log_format_words, \
	    .summary = "What is written: the bytes as they came, lines of text, or one JSON object a line.") \
	, OPTION("log_timestamps", BOOL, LOG(timestamps), "false", LIVE, .builtin = BUILTIN, \
	    .summary = "With log_format text: the time in front of each line.") \
	, OPTION("log_prefix", BOOL, LOG(prefix), "false", LIVE, .builtin = BUILTIN, \
	    .summary = "With log_format text: the program's name in front of each line.") \
	, OPTION("log_to_stdout", BOOL, LOG(to_stdout), "true", LIVE, .builtin = BUILTIN, \
	    .summary = "Lines are also copied to jobd's own standard output and standard error.") \
	, OPTION("log_to_syslog", BOOL, LOG(to_syslog), "false", LIVE, .builtin = BUILTIN, \
	    .summary = "Lines are also sent to syslog(3).") \
	, OPTION("log_mode", MODE, LOG(mode), "0640", LIVE, .builtin = BUILTIN, .max = 0777, \
	    .summary = "Mode of new log files, octal.")

/* What jobd-runner looks after. */
#define GUARD_OPTIONS \
	OPTION("memory", SIZE, PROGRAM(memory_bytes), "0", LIVE, .max = SIZE_MAX_T, \
	    .summary = "Most memory of all its processes together; above it, it is restarted; 0 means without limit.", \
	    .example = "512M") \
	, OPTION("max_age", DURATION, PROGRAM(max_age_ms), "0s", LIVE, .max = YEAR_MS, \
	    .summary = "It is restarted when it has run so long; 0 means never.", \
	    .example = "1d") \
	, OPTION("max_age_jitter", DURATION, PROGRAM(max_age_jitter_ms), "0s", LIVE, .max = YEAR_MS, \
	    .summary = "Up to so much later, at random.", \
	    .example = "1h") \
	, OPTION("watch", LIST, PROGRAM(watch), NULL, LIVE, .is_path = true, .check = value_check_line, \
	    .summary = "Files, directories and patterns; it is restarted when one of these files changes.", \
	    .example = "app/**/*.py") \
	, OPTION("check.http", STRING, PROGRAM(check.http), "", LIVE, .check = value_check_url, \
	    .summary = "The URL that is asked.", \
	    .example = "http://127.0.0.1:8000/health") \
	, OPTION("check.status", INT, PROGRAM(check.status), "0", LIVE, .max = 599, \
	    .summary = "With http: the only status that is good; 0 means all from 200 to 399.", \
	    .example = "204") \
	, OPTION("check.body", STRING, PROGRAM(check.body), "", LIVE, \
	    .summary = "With http: text that the answer must have in its first 64K.", \
	    .example = "healthy") \
	, OPTION("check.tcp", STRING, PROGRAM(check.tcp), "", LIVE, .check = value_check_tcp, \
	    .summary = "The address that must accept a connection.", \
	    .example = "127.0.0.1:8000") \
	, OPTION("check.command", STRING, PROGRAM(check.command), "", LIVE, \
	    .summary = "The command that must end with exit code 0.", \
	    .example = "pg_isready -q") \
	, OPTION("check.interval", DURATION, PROGRAM(check.interval_ms), "10s", LIVE, .min = 100, .max = YEAR_MS, \
	    .summary = "Time from the end of one try to the next one.") \
	, OPTION("check.timeout", DURATION, PROGRAM(check.timeout_ms), "2s", LIVE, .min = 1, .max = YEAR_MS, \
	    .summary = "The longest time for one try; then it has failed.") \
	, OPTION("check.failures", INT, PROGRAM(check.failures), "3", LIVE, .min = 1, .max = 1000000, \
	    .summary = "Failures in a row that make it failing.") \
	, OPTION("check.successes", INT, PROGRAM(check.successes), "1", LIVE, .min = 1, .max = 1000000, \
	    .summary = "Successes in a row that make it passing.") \
	, OPTION("check.grace", DURATION, PROGRAM(check.grace_ms), "30s", LIVE, .max = YEAR_MS, \
	    .summary = "So long after the start failures do not count; the first success ends this.") \
	, OPTION("check.on_failure", WORD, PROGRAM(check.on_failure), "restart", LIVE, .words = on_failure_words, \
	    .summary = "Whether a program that fails its check is restarted, or only shown as failing.")

#define PROGRAM_LOG(field)  offsetof(struct conf_program, log.field)
#define DEFAULT_LOG(field)  offsetof(struct conf, log_defaults.field)
#define OWN_LOG(field)      offsetof(struct conf, log.field)

static const struct conf_option top_options[] = {
	OPTION("run_dir", STRING, TOP(run_dir), "", REFUSE,
	    .summary = "Directory of the sockets; by default /run/jobd, for a plain user $XDG_RUNTIME_DIR/jobd or /tmp/jobd-UID.",
	    .example = "/run/jobd"),
	OPTION("state_dir", STRING, TOP(state_dir), "", REFUSE,
	    .summary = "Directory of the scheduler's database; by default /var/lib/jobd, for a plain user $XDG_STATE_HOME/jobd or ~/.local/state/jobd.",
	    .example = "/var/lib/jobd"),
	OPTION("log_dir", STRING, TOP(log_dir), "", LIVE,
	    .summary = "Directory of the log files; by default /var/log/jobd, for a plain user the directory log in the default state_dir.",
	    .example = "/var/log/jobd"),
	OPTION("log_level", STRING, TOP(log_level), "info", LIVE, .words = log_level_words,
	    .summary = "How much jobd and its built-ins write about themselves."),
	OPTION("log_syslog", BOOL, TOP(log_syslog), "false", LIVE,
	    .summary = "jobd's own log goes to syslog(3) too."),
	OPTION("restart_budget", INT, TOP(restart_budget), "60", LIVE, .min = 1, .max = 1000000,
	    .summary = "Restarts of all programs together within restart_budget_time; those above it wait."),
	OPTION("restart_budget_time", DURATION, TOP(restart_budget_ms), "1min", LIVE, .min = 1000, .max = YEAR_MS,
	    .summary = "The time over which restart_budget counts."),
	OPTION("environment", LIST, TOP(environment), NULL, RESTART, .check = value_check_environment,
	    .summary = "Variables as NAME=value for every program and job.",
	    .example = "LANG=C.UTF-8"),
	OPTION("forward_signals", LIST, TOP(forward_signals), NULL, LIVE, .check = value_check_forward,
	    .summary = "Signals that jobd passes on: USR1=web sends SIGUSR1 to web, USR1=web/HUP sends it SIGHUP.",
	    .example = "USR1=web/HUP"),
	END
};

static const struct conf_option program_options[] = {
	OPTION("command", STRING, PROGRAM(command), "", REPLACE,
	    .summary = "What is run: a program and its arguments, without a shell.",
	    .example = "uvicorn app.main:app --port ${PORT:-8000}"),
	OPTION("shell", BOOL, PROGRAM(shell), "false", REPLACE,
	    .summary = "The command is run by /bin/sh -c."),
	OPTION("enabled", BOOL, PROGRAM(enabled), "true", LIVE, .builtin = true,
	    .summary = "If false, it is as if the section were not there, but the name stays known."),
	OPTION("autostart", BOOL, PROGRAM(autostart), "true", LIVE,
	    .summary = "Started together with jobd; otherwise by jobctl start."),
	OPTION("priority", INT, PROGRAM(priority), "999", LIVE, .builtin = true, .min = -1000000, .max = 1000000,
	    .summary = "Lower ones start earlier and stop later."),
	OPTION("after", LIST, PROGRAM(after), NULL, LIVE, .builtin = true, .check = value_check_name,
	    .summary = "Programs that are ready, or have given up, before this one starts.",
	    .example = "db"),
	OPTION("requires", LIST, PROGRAM(requires), NULL, LIVE, .builtin = true, .check = value_check_name,
	    .summary = "Programs that must be ready before this one starts; without them it does not start.",
	    .example = "db"),
	OPTION("oneshot", BOOL, PROGRAM(oneshot), "false", RESTART,
	    .summary = "Runs once to its end, as a migration does; ready when it has ended well."),
	OPTION("essential", BOOL, PROGRAM(essential), "false", LIVE, .builtin = true,
	    .summary = "When it ends for good, jobd stops everything and ends."),
	OPTION("exit_code", INT, PROGRAM(exit_code), NULL, LIVE, .max = 255,
	    .summary = "jobd's exit code when this essential program ends it; by default the program's own.",
	    .example = "1"),
	OPTION("drain", DURATION, PROGRAM(drain_ms), "0s", LIVE, .max = YEAR_MS,
	    .summary = "Time between the end of this essential program and the stop of the others."),
	OPTION("restart", WORD, PROGRAM(restart), "on_failure", LIVE, .builtin = true, .words = restart_words,
	    .summary = "Whether it is started again after its end."),
	OPTION("exit_codes", INT_LIST, PROGRAM(exit_codes), "0", LIVE, .builtin = true, .max = 255,
	    .count_offset = PROGRAM(exit_code_count),
	    .summary = "Exit codes that are a good end."),
	OPTION("start_seconds", DURATION, PROGRAM(start_seconds_ms), "1s", LIVE, .builtin = true, .max = YEAR_MS,
	    .summary = "It counts as started when it has stayed up so long."),
	OPTION("start_retries", INT, PROGRAM(start_retries), "3", LIVE, .builtin = true, .max = 1000000,
	    .summary = "Starts that are tried again before it is given up as FATAL."),
	OPTION("start_timeout", DURATION, PROGRAM(start_timeout_ms), "90s", LIVE, .builtin = true, .min = 1, .max = YEAR_MS,
	    .summary = "The longest time until it is ready; then the start has failed."),
	OPTION("backoff_min", DURATION, PROGRAM(backoff_min_ms), "1s", LIVE, .builtin = true, .max = YEAR_MS,
	    .summary = "Wait before the first start is tried again."),
	OPTION("backoff_max", DURATION, PROGRAM(backoff_max_ms), "60s", LIVE, .builtin = true, .max = YEAR_MS,
	    .summary = "The longest wait."),
	OPTION("backoff_factor", FLOAT, PROGRAM(backoff_factor), "2", LIVE, .builtin = true, .min = 1, .max = 100,
	    .summary = "Each wait is so many times the one before."),
	OPTION("backoff_jitter", INT, PROGRAM(backoff_jitter_percent), "10", LIVE, .builtin = true, .max = 100,
	    .summary = "Percent by which a wait is made longer or shorter at random."),
	OPTION("backoff_reset", DURATION, PROGRAM(backoff_reset_ms), "60s", LIVE, .builtin = true, .max = YEAR_MS,
	    .summary = "After running so long the failures before are forgotten."),
	OPTION("ready", READY, PROGRAM(ready), "start_seconds", NEXT,
	    .summary = "How it is known to be ready: start_seconds, notify, fd:N, tcp:PORT, tcp:HOST:PORT, delay:TIME or check."),
	OPTION("watchdog", DURATION, PROGRAM(watchdog_ms), "0s", RESTART, .builtin = true, .max = YEAR_MS,
	    .summary = "It must say WATCHDOG=1 on NOTIFY_SOCKET at least so often, or is restarted; 0 turns this off."),
	OPTION("stop_signal", SIGNAL, PROGRAM(stop_signal), "TERM", LIVE,
	    .summary = "The signal that asks it to end."),
	OPTION("stop_mode", WORD, PROGRAM(stop_mode), "leader", LIVE, .words = stop_mode_words,
	    .summary = "Who gets stop_signal first: the process that jobd started, or all of them at once."),
	OPTION("stop_timeout", DURATION, PROGRAM(stop_timeout_ms), "10s", LIVE, .builtin = true, .max = YEAR_MS,
	    .summary = "Time from stop_signal to SIGKILL."),
	OPTION("reload_signal", SIGNAL, PROGRAM(reload_signal), NULL, LIVE,
	    .summary = "Sent instead of a restart when its options have changed and the process can take that.",
	    .example = "HUP"),
	OPTION("stop_command", STRING, PROGRAM(stop_command), "", LIVE,
	    .summary = "Run instead of sending stop_signal.",
	    .example = "app-ctl stop"),
	OPTION("before_start", STRING, PROGRAM(before_start), "", NEXT,
	    .summary = "Run to its end before each start; if it fails, the start has failed.",
	    .example = "app-ctl migrate"),
	OPTION("after_stop", STRING, PROGRAM(after_stop), "", LIVE,
	    .summary = "Run when the last process of the program is gone.",
	    .example = "app-ctl clean"),
	OPTION("hook_timeout", DURATION, PROGRAM(hook_timeout_ms), "30s", LIVE, .min = 1, .max = YEAR_MS,
	    .summary = "The longest time for each of stop_command, before_start and after_stop."),
	OPTION("instances", INT, PROGRAM(instances), "1", LIVE, .min = 1, .max = 1000,
	    .summary = "How many of it run; each finds its number in JOBD_INSTANCE."),
	OPTION("listen", LIST, PROGRAM(listen), NULL, REPLACE, .check = value_check_listen,
	    .summary = "Sockets that jobd opens, holds over restarts and passes on: tcp://HOST:PORT or unix:/PATH.",
	    .example = "tcp://0.0.0.0:8000"),
	OPTION("listen_mode", MODE, PROGRAM(listen_mode), NULL, REPLACE, .builtin = true, .max = 0777,
	    .summary = "Mode of its unix sockets, octal; by default jobd's umask decides.",
	    .example = "0660"),
	OPTION("leftover", WORD, PROGRAM(leftover), "end", LIVE, .words = leftover_words,
	    .summary = "What a new jobd does with the copy that a killed jobd left running: end or adopt it."),
	GUARD_OPTIONS,
	IDENTITY_OPTIONS(PROGRAM, RESTART, REPLACE),
	OPTION("stdout_log", STRING, PROGRAM(log.stdout_log), "", LIVE, .builtin = true, .check = value_check_log,
	    .summary = "Log file of standard output; a relative path starts in log_dir, none means no file; by default log_dir/NAME.log.",
	    .example = "web.log"),
	OPTION("stderr_log", STRING, PROGRAM(log.stderr_log), "", LIVE, .builtin = true, .check = value_check_log,
	    .summary = "Log file of standard error; a relative path starts in log_dir, none means no file; by default log_dir/NAME_error.log.",
	    .example = "none"),
	LOG_OPTIONS(PROGRAM_LOG, true),
	END
};

static const struct conf_option logger_options[] = {
	OPTION("memory", SIZE, TOP(logger_memory_bytes), "8M", LIVE, .min = 64 << 10, .max = SIZE_MAX_T,
	    .summary = "The most that the logger holds in memory for all programs together."),
	OPTION("disk", SIZE, TOP(logger_disk_bytes), "0", LIVE, .max = SIZE_MAX_T,
	    .summary = "The most that all log files may take together; 0 means that only rotation limits them."),
	OPTION("block_time", DURATION, TOP(logger_block_ms), "5s", LIVE, .max = YEAR_MS,
	    .summary = "The longest time that a full or hung disk may block a program; then lines are dropped and counted."),
	LOG_OPTIONS(DEFAULT_LOG, false),
	END
};

static const struct conf_option control_options[] = {
	OPTION("look_group", STRING, TOP(control.look_group), "", LIVE,
	    .summary = "Group whose members may ask for status, logs and events.",
	    .example = "adm"),
	OPTION("act_group", STRING, TOP(control.act_group), "", LIVE,
	    .summary = "Group whose members may also start, stop, signal and reload.",
	    .example = "ops"),
	OPTION("clients_max", INT, TOP(control.clients_max), "64", LIVE, .min = 1, .max = 10000,
	    .summary = "Most connections to the control socket at the same time."),
	OPTION("clients_per_uid_max", INT, TOP(control.clients_per_uid_max), "32", LIVE, .min = 1, .max = 10000,
	    .summary = "Most of them from one user."),
	END
};

const struct conf_option conf_hidden_options[] = {
	OPTION("file", STRING, TOP(file), "", LIVE),
	OPTION("stdout_log", STRING, OWN_LOG(stdout_log), "", LIVE),
	OPTION("stderr_log", STRING, OWN_LOG(stderr_log), "", LIVE),
	OPTION("default_stdout_log", STRING, DEFAULT_LOG(stdout_log), "", LIVE),
	OPTION("default_stderr_log", STRING, DEFAULT_LOG(stderr_log), "", LIVE),
	LOG_OPTIONS(OWN_LOG, false),
	END
};

const struct conf_option conf_program_hidden_options[] = {
	OPTION("name", STRING, PROGRAM(name), "", LIVE),
	OPTION("role", INT, PROGRAM(role), "0", LIVE),
	OPTION("file", STRING, PROGRAM(file), "", LIVE),
	OPTION("line", INT, PROGRAM(line), "0", LIVE),
	END
};

const struct conf_option conf_job_hidden_options[] = {
	OPTION("name", STRING, JOB(name), "", LIVE),
	OPTION("file", STRING, JOB(file), "", LIVE),
	OPTION("line", INT, JOB(line), "0", LIVE),
	END
};

const struct conf_option conf_queue_hidden_options[] = {
	OPTION("name", STRING, QUEUE(name), "", LIVE),
	OPTION("file", STRING, QUEUE(file), "", LIVE),
	OPTION("line", INT, QUEUE(line), "0", LIVE),
	END
};

const struct conf_option conf_webhook_hidden_options[] = {
	OPTION("name", STRING, WEBHOOK(name), "", LIVE),
	OPTION("file", STRING, WEBHOOK(file), "", LIVE),
	OPTION("line", INT, WEBHOOK(line), "0", LIVE),
	END
};

#define OBJECTS(KIND) OBJECTS_IN(KIND, KIND##s)
#define OBJECTS_IN(KIND, LIST) \
	&(const struct conf_objects){ offsetof(struct conf, LIST), offsetof(struct conf, KIND##_count), \
		sizeof(struct conf_##KIND), conf_##KIND##_hidden_options }

const struct conf_section conf_sections[] = {
	{ "", false, false, top_options, "Options outside of any section.", NULL },
	{ "program", true, false, program_options, "A program that jobd keeps running.", OBJECTS(program) },
	{ "job", true, false, conf_job_options, "A type of job: what it does, when, and what becomes of it.", OBJECTS(job) },
	{ "queue", true, false, conf_queue_options, "The limits of a queue.", OBJECTS(queue) },
	{ "webhook", true, false, conf_webhook_options, "A path at which others push a job by a signed request.", OBJECTS(webhook) },
	{ "outbox", true, false, conf_outbox_options, "Rows of a PostgreSQL database that become jobs.", OBJECTS_IN(outbox, outboxes) },
	{ "outboxes", false, true, conf_outboxes_options, "The built-in that reads the rows of all outboxes.", NULL },
	{ "alerts", false, false, conf_alerts_options, "Who is told when something is wrong.", NULL },
	{ "alert", true, false, conf_alert_options, "When somebody is told that something is wrong.", OBJECTS(alert) },
	{ "notify", true, false, conf_notify_options, "Jobs that tell others what happened.", OBJECTS_IN(notify, notifies) },
	{ "scheduler", false, true, conf_scheduler_options, "The built-in that keeps the calendar and the queue.", NULL },
	{ "runner", false, true, conf_runner_options, "The built-in that does jobs: commands, URLs and mail.", NULL },
	{ "logger", false, true, logger_options, "The built-in that writes the output of all programs, and its defaults.", NULL },
	{ "http", false, true, conf_web_options, "The built-in that serves the API, pages, health and metrics.", NULL },
	{ "smtp", false, false, conf_smtp_options, "The server that mail goes to.", NULL },
	{ "control", false, false, control_options, "The control socket.", NULL },
	{ .name = NULL }
};

const struct conf_nested conf_nested[] = {
	{ "check", "program", "How it is found out whether the program does its work." },
	{ "breaker", "job", "When a target that fails is left alone." },
	{ "mail", "job", "The job is an e-mail." },
	{ "breaker", "smtp", "When a server that fails is left alone." },
	{ .name = NULL }
};
_Static_assert(sizeof(conf_nested) / sizeof(conf_nested[0]) == CONF_NESTED_COUNT + 1,
    "blocks have room for each");
/* clang-format on */

static const struct conf_option *table_find(const struct conf_option *, const char *name);

const struct conf_section *
conf_section_find(const char *name)
{
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (strcmp(section->name, name) == 0)
			return section;
	return NULL;
}

static const struct conf_option *
table_find(const struct conf_option *option, const char *name)
{
	for (; option->name != NULL; option++)
		if (strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

const struct conf_nested *
conf_nested_find(const struct conf_section *section, const char *name)
{
	for (const struct conf_nested *nested = conf_nested; nested->name != NULL; nested++)
		if (strcmp(nested->parent, section->name) == 0 && strcmp(nested->name, name) == 0)
			return nested;
	return NULL;
}

const char *
conf_nested_option_name(const struct conf_nested *nested, const struct conf_option *option)
{
	size_t len = strlen(nested->name);

	if (strncmp(option->name, nested->name, len) != 0 || option->name[len] != '.')
		return NULL;
	return option->name + len + 1;
}

const struct conf_option *
conf_nested_option_find(const struct conf_nested *nested, const char *name)
{
	const struct conf_option *option = conf_section_find(nested->parent)->options;

	for (; option->name != NULL; option++) {
		const char *inner = conf_nested_option_name(nested, option);

		if (inner != NULL && strcmp(inner, name) == 0)
			return option;
	}
	return NULL;
}

const struct conf_option *
conf_option_find(const struct conf_section *section, const char *name)
{
	const struct conf_option *option = table_find(section->options, name);

	if (option == NULL && section->builtin) {
		option = table_find(program_options, name);
		if (option != NULL && !option->builtin)
			option = NULL;
	}
	return option;
}

bool
conf_option_is_program(const struct conf_option *option)
{
	return table_find(program_options, option->name) == option;
}
