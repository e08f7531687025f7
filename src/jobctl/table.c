#include "jobctl/command.h"

#define ONE_NAME "a process name"
#define MANY     ARGS_ANY
#define PATTERNS                                                                                   \
	"NAME is a program, one of its instances (web:2), all of them (web:*), a shell pattern, "  \
	"or all."

/* clang-format off */
const struct command commands[] = {
	/* Programs. */
	{ "status", "[--all] [--watch] [NAME ...]", 0, MANY, NULL,
	  OPTION_ALL | OPTION_WATCH, SOCKET_CONTROL, ARGUMENT_PROGRAM, cmd_status,
	  "show the programs and their states, sorted by name",
	  PATTERNS "  Exit code 0: all of them run; 3: one is STOPPED, EXITED or FATAL; 4: a name is "
	  "unknown, or jobd can't be asked." },
	{ "start", "NAME ...", 1, MANY, ONE_NAME,
	  0, SOCKET_CONTROL, ARGUMENT_PROGRAM, cmd_start,
	  "start programs, and wait until they run",
	  PATTERNS "  A program that runs already is no error." },
	{ "stop", "NAME ...", 1, MANY, ONE_NAME,
	  0, SOCKET_CONTROL, ARGUMENT_PROGRAM, cmd_stop,
	  "stop programs, and wait until the last of their processes is gone",
	  PATTERNS "  A program that is down already is no error." },
	{ "restart", "NAME ...", 1, MANY, ONE_NAME,
	  0, SOCKET_CONTROL, ARGUMENT_PROGRAM, cmd_restart,
	  "stop programs and start them again",
	  PATTERNS },
	{ "signal", "SIGNAL NAME ...", 2, MANY, "a signal name and a process name",
	  0, SOCKET_CONTROL, ARGUMENT_SIGNAL, cmd_signal,
	  "send a signal to programs",
	  PATTERNS "  SIGNAL is a name with or without SIG, or a number." },
	{ "pid", "[NAME ...]", 0, MANY, NULL,
	  0, SOCKET_CONTROL, ARGUMENT_PROGRAM, cmd_pid,
	  "print the process id of jobd, or those of programs",
	  PATTERNS "  A program that does not run has 0, and the exit code is 7." },
	{ "scale", "NAME N", 2, 2, "a process name and a number",
	  0, SOCKET_CONTROL, ARGUMENT_SCALE, cmd_scale,
	  "run N instances of a program",
	  "Instances are started or stopped until there are N.  It lasts until the configuration is "
	  "loaded again." },
	{ "events", "[--since SEQ]", 0, 0, NULL,
	  OPTION_SINCE, SOCKET_CONTROL, ARGUMENT_NONE, cmd_events,
	  "show every change of a state as it happens",
	  "Each line has the number of the event; with --since those after it that jobd remembers "
	  "come first.  With --json each line is a JSON document." },
	{ "history", "[-n N] NAME", 1, 1, ONE_NAME,
	  OPTION_COUNT, SOCKET_NONE, ARGUMENT_PROGRAM, cmd_history,
	  "show how and why a program ended, newest first",
	  "The scheduler keeps this in its database; without one jobd remembers the last ends." },

	/* Configuration. */
	{ "plan", "", 0, 0, NULL,
	  0, SOCKET_CONTROL, ARGUMENT_NONE, cmd_plan,
	  "show what a reload would do, and why", NULL },
	{ "reload", "", 0, 0, NULL,
	  0, SOCKET_CONTROL, ARGUMENT_NONE, cmd_reload,
	  "read the configuration again and carry out the plan",
	  "A file with an error is refused whole, and nothing changes.  Programs that have not "
	  "changed are left alone." },
	{ "check", "[FILE]", 0, 1, NULL,
	  0, SOCKET_NONE, ARGUMENT_FILE, cmd_check,
	  "check a configuration file, as jobd -t does",
	  "Users, directories and commands that it names are looked for too.  Needs no running jobd.  "
	  "FILE is the one of -c, or the system's." },
	{ "reread", "", 0, 0, NULL,
	  0, SOCKET_CONTROL, ARGUMENT_NONE, cmd_plan,
	  "the same as plan", NULL },
	{ "update", "[NAME ...]", 0, MANY, NULL,
	  0, SOCKET_CONTROL, ARGUMENT_PROGRAM, cmd_reload,
	  "the same as reload",
	  "A reload is applied whole: names are not taken, except all." },
	{ "avail", "", 0, 0, NULL,
	  0, SOCKET_NONE, ARGUMENT_NONE, cmd_instead,
	  "see status and plan", NULL },
	{ "add", "NAME ...", 0, MANY, NULL,
	  0, SOCKET_NONE, ARGUMENT_PROGRAM, cmd_instead,
	  "see reload", NULL },
	{ "remove", "NAME ...", 0, MANY, NULL,
	  0, SOCKET_NONE, ARGUMENT_PROGRAM, cmd_instead,
	  "see reload", NULL },

	/* Logs. */
	{ "tail", "[-f] [-n N | -BYTES] NAME [stdout | stderr]", 1, 2, ONE_NAME,
	  OPTION_FOLLOW | OPTION_COUNT | OPTION_BYTES, SOCKET_LOG, ARGUMENT_STREAM, cmd_tail,
	  "print the end of a program's output, byte by byte as it is",
	  "Without a number the last 1600 bytes; with -f nothing is missed when the file is rotated, "
	  "and Ctrl-C ends it." },
	{ "logs", "[-f] [-n N] [NAME ...]", 0, MANY, NULL,
	  OPTION_FOLLOW | OPTION_COUNT, SOCKET_LOG, ARGUMENT_PROGRAM, cmd_logs,
	  "print the last lines of all programs together",
	  "Each line begins with the program's name, in colour on a terminal unless NO_COLOR is "
	  "set." },
	{ "maintail", "[-f] [-n N | -BYTES]", 0, 0, NULL,
	  OPTION_FOLLOW | OPTION_COUNT | OPTION_BYTES, SOCKET_LOG, ARGUMENT_NONE, cmd_maintail,
	  "print the end of jobd's own log", NULL },
	{ "clear", "NAME ...", 1, MANY, ONE_NAME,
	  0, SOCKET_LOG, ARGUMENT_PROGRAM, cmd_clear,
	  "empty the log files of programs", NULL },
	{ "rotate", "[NAME ...]", 0, MANY, NULL,
	  0, SOCKET_LOG, ARGUMENT_PROGRAM, cmd_rotate,
	  "begin new log files now", NULL },

	/* Jobs. */
	{ "run", "[--args JSON] [--wait] JOB", 1, 1, "a job's name",
	  OPTION_ARGS | OPTION_WAIT, SOCKET_QUEUE, ARGUMENT_JOB, cmd_run,
	  "run a job now",
	  "Prints the id of the run.  With --wait it prints the job's output at its end instead, and "
	  "exits with the job's exit code." },
	{ "jobs", "[--state STATE] [--type TYPE] [--queue QUEUE] [--limit N]", 0, 0, NULL,
	  OPTION_STATE | OPTION_TYPE | OPTION_QUEUE | OPTION_LIMIT, SOCKET_QUEUE, ARGUMENT_NONE,
	  cmd_jobs,
	  "list the jobs of the queue",
	  "STATE is scheduled, ready, blocked, running, retry, done, dead or cancelled." },
	{ "job", "ID", 1, 1, "a job's id",
	  0, SOCKET_QUEUE, ARGUMENT_JID, cmd_job,
	  "show a job, its attempts and their output", NULL },
	{ "cancel", "ID", 1, 1, "a job's id",
	  0, SOCKET_QUEUE, ARGUMENT_JID, cmd_cancel,
	  "take a job out of the queue, or end it while it runs", NULL },
	{ "retry", "ID", 1, 1, "a job's id",
	  0, SOCKET_QUEUE, ARGUMENT_JID, cmd_retry,
	  "make a dead or cancelled job ready again", NULL },
	{ "next", "[-n N] [--from TIME] [NAME] [--schedule EXPR [--timezone TZ]]", 0, 1, NULL,
	  OPTION_COUNT | OPTION_FROM | OPTION_SCHEDULE | OPTION_TIMEZONE, SOCKET_NONE, ARGUMENT_JOB,
	  cmd_next,
	  "show the next times of the configured jobs, or of any schedule",
	  "With --schedule no jobd is needed and the times are printed in UTC.  Otherwise each time is "
	  "printed in the job's zone, with what a clock change does to it; where no jobd runs, the "
	  "configuration is read instead." },
	{ "ticks", "[-n N] JOB", 1, 1, "a job's name",
	  OPTION_COUNT, SOCKET_QUEUE, ARGUMENT_JOB, cmd_ticks,
	  "show what became of a job's past due times", NULL },
	{ "pause", "JOB", 1, 1, "a job's name",
	  0, SOCKET_QUEUE, ARGUMENT_JOB, cmd_pause,
	  "stop running a job at its times, also over restarts, until resume", NULL },
	{ "resume", "JOB", 1, 1, "a job's name",
	  0, SOCKET_QUEUE, ARGUMENT_JOB, cmd_resume,
	  "run a paused job at its times again", NULL },

	/* jobd itself. */
	{ "loglevel", "error | warning | info | debug", 1, 1, "a level",
	  0, SOCKET_CONTROL, ARGUMENT_LEVEL, cmd_loglevel,
	  "change what jobd writes to its own log", NULL },
	{ "shutdown", "", 0, 0, NULL,
	  0, SOCKET_CONTROL, ARGUMENT_NONE, cmd_shutdown,
	  "stop all programs and jobd itself, and wait for it", NULL },
	{ "version", "", 0, 0, NULL,
	  0, SOCKET_CONTROL, ARGUMENT_NONE, cmd_version,
	  "print the version of the running jobd",
	  "jobctl -V prints jobctl's own." },
	{ "help", "[COMMAND]", 0, 1, NULL,
	  0, SOCKET_NONE, ARGUMENT_COMMAND, cmd_help,
	  "explain the commands", NULL },
	{ NULL, NULL, 0, 0, NULL, 0, SOCKET_NONE, ARGUMENT_NONE, NULL, NULL, NULL },
};
/* clang-format on */
