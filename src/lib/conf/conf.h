/*
 * The configuration as the programs see it: plain structs, every default filled in.  Three things
 * make one: a file (conf_load, the only user of libconfuse), a snapshot (conf_snapshot_read), and
 * nothing else.  Never reads a clock, never talks to a running jobd.
 *
 * Ownership: a struct conf owns all it points to; conf_free() frees it whole.  Strings are never
 * NULL unless said; "not set" is the empty string.  Lists are NULL-ended arrays, never NULL.
 * Durations are milliseconds (_ms), sizes bytes (_bytes).
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_DEFAULT_FILE JOBD_SYSCONFDIR "/jobd.conf"
/* Room for "FILE:LINE: what is wrong with which value". */
#define CONF_ERROR_MAX 4096

/* Unset marks of numbers for which 0 means something. */
#define CONF_UNSET INT64_MIN

enum conf_restart { CONF_RESTART_ALWAYS, CONF_RESTART_ON_FAILURE, CONF_RESTART_NEVER };
enum conf_leftover { CONF_LEFTOVER_END, CONF_LEFTOVER_ADOPT };
enum conf_stop_mode { CONF_STOP_LEADER, CONF_STOP_GROUP };
enum conf_log_format { CONF_LOG_RAW, CONF_LOG_TEXT, CONF_LOG_JSON };
enum conf_catch_up { CONF_CATCH_UP_SKIP, CONF_CATCH_UP_ONCE, CONF_CATCH_UP_ALL };
/* Who may push jobs of a type, and change them, over HTTP. */
enum conf_job_role { CONF_JOB_ROLE_OPERATE, CONF_JOB_ROLE_ADMIN };

enum conf_overlap {
	CONF_OVERLAP_SKIP,
	CONF_OVERLAP_QUEUE,
	CONF_OVERLAP_PARALLEL,
	CONF_OVERLAP_REPLACE
};
enum conf_on_crash { CONF_ON_CRASH_RETRY, CONF_ON_CRASH_RECORD };

/* How a request to a URL is made; the options of `job` are named so: post = "http://...". */
enum conf_method {
	CONF_METHOD_NONE,
	CONF_METHOD_GET,
	CONF_METHOD_POST,
	CONF_METHOD_PUT,
	CONF_METHOD_PATCH,
	CONF_METHOD_DELETE,
};
/* Until when a unique job keeps others like it away. */
enum conf_unique_until {
	CONF_UNIQUE_UNTIL_SUCCESS, /* it is done, dead or cancelled */
	CONF_UNIQUE_UNTIL_START,
	CONF_UNIQUE_UNTIL_TIME, /* unique_for is over, whatever became of it */
};
enum conf_on_conflict { CONF_ON_CONFLICT_REJECT, CONF_ON_CONFLICT_REPLACE, CONF_ON_CONFLICT_KEEP };
enum conf_smtp_tls {
	CONF_SMTP_TLS_TRY,     /* STARTTLS if the server offers it */
	CONF_SMTP_TLS_REQUIRE, /* STARTTLS or nothing */
	CONF_SMTP_TLS_NONE,
};

/* How jobd knows that a started program is ready; `ready` in the file. */
enum conf_ready {
	CONF_READY_SECONDS, /* "start_seconds": it stayed up for start_seconds (the default) */
	CONF_READY_NOTIFY,  /* "notify": READY=1 on NOTIFY_SOCKET */
	CONF_READY_FD,      /* "fd:3": a newline on that descriptor, as for s6 */
	CONF_READY_TCP,     /* "tcp:8000", "tcp:127.0.0.1:8000": the port accepts a connection */
	CONF_READY_DELAY,   /* "delay:2s": so long after the start */
	CONF_READY_CHECK,   /* "check": its check succeeds */
};

/* What becomes of a program whose check fails. */
enum conf_on_failure { CONF_ON_FAILURE_RESTART, CONF_ON_FAILURE_REPORT };

/* Which part of jobd a program is; a built-in is a program like any other. */
enum conf_role {
	CONF_ROLE_USER,
	CONF_ROLE_LOGGER,
	CONF_ROLE_SCHEDULER,
	CONF_ROLE_RUNNER,
	CONF_ROLE_WEB,
	CONF_ROLE_OUTBOX,
};

/* Limits of setrlimit(2), CONF_UNSET where not set, RLIM_INFINITY as INT64_MAX. */
struct conf_limits {
	int64_t nofile, core_bytes, memory_bytes /* RLIMIT_AS */, nproc, stack_bytes, cpu_sec,
	    file_bytes, memlock_bytes;
};

/* Who runs it and with what; the same words in `program` and `job`. */
struct conf_identity {
	char *user;             /* name or uid; "" = ours */
	char *group;            /* name or gid; "" = the user's */
	char *directory;        /* "" = ours */
	int64_t umask;          /* CONF_UNSET = ours */
	char **environment;     /* "NAME=value", in order */
	char *environment_file; /* read anew at each start; a leading '-' = may be missing */
	char **secrets; /* "NAME=/path": the file's content (without its last newline) becomes
			   NAME's value */
	int64_t nice;   /* CONF_UNSET */
	int64_t oom_score_adj; /* CONF_UNSET */
	struct conf_limits limits;
};

struct conf_log {
	char *stdout_log;     /* path, or "none"; "" = log_dir/NAME.log */
	char *stderr_log;     /* path, or "none"; "" = log_dir/NAME_error.log */
	bool redirect_stderr; /* stderr goes where stdout goes */
	int64_t maxbytes;     /* rotation size; 0 = never */
	int64_t backups;      /* rotated files kept */
	bool gzip;            /* old files are compressed */
	int64_t format;       /* enum conf_log_format */
	bool timestamps;      /* with TEXT: RFC 3339 time in front of each line */
	bool prefix;          /* with TEXT: the program's name in front of each line */
	bool to_stdout;       /* copied to jobd's own stdout/stderr too */
	bool to_syslog;       /* copied to syslog(3) too */
	int64_t mode;         /* of new files */
};

/* How it is found out whether a program does its work; jobd-runner does it. */
struct conf_check {
	char *http, *tcp, *command; /* at most one is not ""; none: there is no check */
	int64_t status;             /* HTTP: the only good one; 0 = 200 to 399 */
	char *body;                 /* HTTP: what the answer must contain; "" = anything */
	int64_t interval_ms, timeout_ms;
	int64_t failures, successes; /* in a row that change what is thought of it */
	int64_t grace_ms;   /* so long after the start failures do not count, until a success */
	int64_t on_failure; /* enum conf_on_failure */
};

struct conf_program {
	char *name;
	int64_t role;  /* enum conf_role */
	char *command; /* as written */
	bool shell;    /* run by /bin/sh -c */
	bool enabled;
	bool autostart;
	int64_t priority; /* lower starts earlier and stops later */
	char **after, **requires;
	bool oneshot;
	bool essential;
	int64_t exit_code;   /* jobd's own when this essential program ends it; CONF_UNSET = the
				program's */
	int64_t drain_ms;    /* time between an essential program's end and the shutdown */
	int64_t restart;     /* enum conf_restart */
	int64_t *exit_codes; /* expected ones */
	size_t exit_code_count;
	int64_t start_seconds_ms, start_retries, start_timeout_ms;
	int64_t backoff_min_ms, backoff_max_ms, backoff_jitter_percent, backoff_reset_ms;
	double backoff_factor;
	int64_t ready;       /* enum conf_ready */
	char *ready_address; /* TCP: host, or "" for loopback */
	int64_t ready_value; /* FD: descriptor, TCP: port, DELAY: ms */
	int64_t watchdog_ms; /* 0 = none; otherwise WATCHDOG=1 must come at least so often */
	struct conf_check check;
	int64_t memory_bytes;                  /* of all its processes together; 0 = no limit */
	int64_t max_age_ms, max_age_jitter_ms; /* 0 = it may run for ever */
	char **watch;                          /* paths and patterns, absolute */
	int64_t stop_signal, stop_mode, stop_timeout_ms,
	    reload_signal; /* reload_signal 0 = restart instead */
	char *stop_command, *before_start, *after_stop;
	int64_t hook_timeout_ms;
	int64_t instances;
	char **listen; /* "tcp://host:port", "unix:/path": sockets that jobd holds and passes on */
	int64_t listen_mode; /* of unix sockets; CONF_UNSET = as the umask has it */
	int64_t leftover;    /* enum conf_leftover */
	struct conf_identity identity;
	struct conf_log log;
	char *file; /* where it was written, for messages */
	int64_t line;
};

/* What keeps a runner from asking a target that is down again and again. */
struct conf_breaker {
	int64_t failures; /* in a row that open it; 0 = no breaker */
	int64_t pause_ms; /* then nothing is asked so long, and one job tries it */
};

/* A job that asks a URL. Texts may hold {{names}} of the arguments. */
struct conf_http {
	char *get, *post, *put, *patch, *delete_url; /* at most one is not "" */
	char **headers;                              /* "Name: value" */
	char *body;                                  /* "" = the job as JSON, as FETCH gives it */
	char *secret;                                /* signs the body; "" = none */
	char *secret_file; /* ... or the file with it, read at each job; several lines: each signs
			    */
	char *signature_header;
	char *ca_file, *proxy;
	bool tls_verify;
	int64_t connect_timeout_ms;
};

/* A job that is an e-mail. Texts may hold {{names}} of the arguments. */
struct conf_mail {
	char **to, **cc, **bcc; /* to is empty: it is not a mail */
	char *from;             /* "" = smtp.from */
	char *reply_to, *subject;
	char *text;          /* plain text as it is */
	char *text_template; /* ... or a file with it */
	char *template_html; /* `template`: a file with HTML */
	char **attachments;  /* paths */
};

/* The server that mail goes to. */
struct conf_smtp {
	char *url; /* smtp://HOST:PORT, smtps://HOST:PORT; "" = there is none */
	char *user, *password, *password_file;
	char *from;
	int64_t tls; /* enum conf_smtp_tls */
	char *ca_file;
	bool tls_verify;
	int64_t timeout_ms;
	struct conf_breaker breaker;
};

/* Limits of a queue; a queue needs no section to exist. */
struct conf_queue {
	char *name;
	int64_t weight; /* CONF_UNSET, or 1..1000: its share where queues are asked for together */
	int64_t concurrency;    /* jobs that run at the same time on all workers; 0 = no limit */
	int64_t rate;           /* jobs handed out ... */
	int64_t rate_period_ms; /* ... in so long; rate 0 = no limit */
	char *file;
	int64_t line;
};

struct conf_job {
	char *name;
	char *schedule; /* "" = only by hand or by push */
	char *timezone; /* "" = the scheduler's */
	char *command;  /* one of command, an URL of http, and mail.to says what it does; none: for
			   workers */
	struct conf_http http;
	struct conf_mail mail;
	struct conf_breaker breaker;
	bool shell;
	char *args; /* JSON array, "[]" by default */
	char *description;
	char *queue;
	bool enabled;
	bool manual_only;
	int64_t role;     /* enum conf_job_role: whose, of those who come over HTTP */
	int64_t priority; /* 1..9, higher first */
	int64_t catch_up, catch_up_max_age_ms, overlap, on_crash;
	int64_t dst_gap, dst_overlap; /* enums of cron/schedule.h */
	int64_t jitter_ms;
	char
	    *only_if; /* command or URL that says whether there is something to do; "" = there is */
	int64_t only_if_timeout_ms;
	int64_t timeout_ms; /* 0 = none */
	int64_t stop_timeout_ms;
	int64_t retries;        /* CONF_UNSET = as often as is usual for its kind */
	int64_t retry_delay_ms; /* CONF_UNSET = Faktory's formula */
	double retry_factor;    /* each delay is so many times the one before; 1 = fixed */
	int64_t retry_delay_max_ms, retry_jitter_percent;
	char **retry_delays; /* durations, the last one repeats; empty: the above */
	int64_t *no_retry;   /* exit codes, or HTTP status codes, after which it is dead at once */
	size_t no_retry_count;
	int64_t crashes;       /* deaths of its worker after which it is set aside as dead */
	int64_t unique_for_ms; /* 0 = not unique */
	int64_t unique_until, on_conflict;
	char *unique_key; /* text with {{names}}; "" = type, queue and arguments */
	int64_t
	    concurrency; /* of this type, or of each key, that run at the same time; 0 = no limit */
	char *concurrency_key; /* text with {{names}} */
	int64_t expires_ms;    /* not begun so long after its time: it is cancelled; 0 = never */
	char **tags;
	int64_t memory_bytes; /* of all its processes together; 0 = no limit */
	int64_t cpu_ms;       /* CPU time of all its processes together; 0 = no limit */
	int64_t dead_keep, dead_keep_age_ms; /* keep and keep_age of dead ones */
	int64_t *exit_codes;
	size_t exit_code_count;
	int64_t output_max_bytes; /* kept of the output of an attempt, half head, half tail */
	int64_t keep;             /* finished runs kept */
	int64_t keep_age_ms;
	struct conf_identity identity;
	char *file;
	int64_t line;
};

/* When somebody is told that something is wrong; `when` is read by conf/alert_when.h. */
struct conf_alert {
	char *name;
	char *when;
	int64_t hold_ms;   /* `for`: it is told when it has been so for so long */
	char *job;         /* type of the jobs that tell it; "" = that of `alerts` */
	int64_t repeat_ms; /* told again so often; 0 = never, CONF_UNSET = as `alerts` says */
	bool enabled;
	char *file;
	int64_t line;
};

/* What all alerts have that do not say otherwise; with a job some are there by themselves. */
struct conf_alerting {
	char *job; /* "" = none */
	int64_t repeat_ms;
	bool defaults;
};

/* Jobs that tell others what happened.  Patterns of names; an empty list is any. */
struct conf_notify {
	char *name;
	char **events; /* of conf_event_words */
	char **types, **queues, **programs;
	char *job; /* the type of these jobs */
	bool enabled;
	char *file;
	int64_t line;
};

/* What can be told, as jobd.conf(5) lists it. */
enum conf_event {
	CONF_EVENT_JOB_PUSHED,
	CONF_EVENT_JOB_STARTED,
	CONF_EVENT_JOB_DONE,
	CONF_EVENT_JOB_FAILED,
	CONF_EVENT_JOB_DEAD,
	CONF_EVENT_JOB_CANCELLED,
	CONF_EVENT_PROGRAM_STARTED,
	CONF_EVENT_PROGRAM_EXITED,
	CONF_EVENT_PROGRAM_STOPPED,
	CONF_EVENT_PROGRAM_FATAL,
	CONF_EVENT_COUNT
};
/* In the order of the enum; NULL-ended. */
extern const char *const conf_event_words[];

struct conf_scheduler {
	char *timezone; /* "" = the system's */
	int64_t database_timeout_ms;
	char **listen; /* "tcp://HOST:PORT", "tcp+tls://HOST:PORT" beside queue.sock; jobd holds
			  them */
	char *password, *password_file;
	char *tls_certificate, *tls_key;
	int64_t clients_max;
	int64_t keep, keep_age_ms, dead_keep, dead_keep_age_ms; /* of types without a section */
	int64_t crashes;                                        /* as in conf_job, for those */
	int64_t audit_keep, audit_keep_age_ms;                  /* records of who changed what */
};

struct conf_runner {
	int64_t concurrency; /* jobs at the same time */
};

/* The web side: API, pages, health and metrics.  Without `listen` it is off. */
struct conf_web {
	char **listen; /* "HOST:PORT", "tcp://HOST:PORT", "tcp+tls://HOST:PORT", "unix:/path" */
	char *tls_certificate, *tls_key; /* files, for tcp+tls */
	char **users;                    /* "NAME ROLE HASH", hashes as of crypt(3) */
	char **tokens;                   /* "NAME ROLE SECRET", the secret perhaps as sha256:HEX */
	char **mask;    /* names of arguments that are not shown, besides the usual ones */
	char **hosts;   /* names that requests without authentication may come to */
	char *prefix;   /* path in front of every path, as seen by people; "" = none */
	char **proxies; /* addresses whose X-Forwarded-For is believed */
	int64_t connections_max, connections_per_address_max;
	int64_t timeout_ms;     /* of a connection on which nothing happens */
	int64_t body_max_bytes; /* of one request */
};

/* How a sender of webhooks signs. */
enum conf_webhook_scheme {
	CONF_WEBHOOK_PLAIN,  /* HMAC-SHA256 of the body in a header */
	CONF_WEBHOOK_GITHUB, /* the same, in X-Hub-Signature-256 */
	CONF_WEBHOOK_STRIPE, /* "t=TIME,v1=HEX" in Stripe-Signature, of "TIME.BODY" */
	CONF_WEBHOOK_JOBD,   /* the same, in X-Jobd-Signature */
};
enum conf_webhook_encoding { CONF_WEBHOOK_HEX, CONF_WEBHOOK_BASE64 };

/* What makes a job of a request that somebody else sends and signs. */
struct conf_webhook {
	char *name;
	char *file;
	int64_t line;
	bool enabled;
	char *path, *health_path; /* health_path "": path and "/health" */
	int64_t scheme;           /* enum conf_webhook_scheme */
	char **secrets;           /* any of them is good */
	char *secret_file;        /* or the lines of this file */
	char *header, *prefix;    /* "": those of the scheme */
	int64_t encoding;         /* enum conf_webhook_encoding */
	char *job, *queue;        /* queue "": that of the type */
	char *args;      /* a template of base/json_template.h; "": the payload is the only one */
	char *id, *time; /* paths of base/json_path.h, or "$header:NAME"; "": none */
	int64_t replay_window_ms;
	int64_t remember_ms;          /* how long a repeated id is known */
	int64_t rate, rate_period_ms; /* of each address; 0 = without limit */
};

/* Rows of a PostgreSQL database that become jobs; without `select` those of the table jobd.outbox.
 */
struct conf_outbox {
	char *name;
	char *file;
	int64_t line;
	bool enabled;
	char *database, *database_file; /* a URL of libpq, or the file with it */
	char *select, *done, *refused;  /* statements; all are "", or none */
	char *job;                      /* the type of rows that name none; "" = they must */
	char *channel;                  /* of NOTIFY; "" = none */
	int64_t every_ms;               /* looked at without having been told; 0 = never */
	int64_t batch;                  /* rows of one transaction */
	int64_t remember_ms;            /* how long the queue knows a row at the least */
	int64_t timeout_ms;             /* of an answer of the database */
};

/* The group that lets the web side act on the sockets where control.act_group names none: a number
 * that systems give to nobody. */
#define CONF_WEB_GROUP "65533"

/* Who may use the control socket besides root and jobd's own uid; "" = nobody. */
struct conf_control {
	char *look_group, *act_group;
	int64_t clients_max, clients_per_uid_max;
};

struct conf {
	char *file; /* the main file, as given */
	char *run_dir, *state_dir, *log_dir;
	char *log_level;
	bool log_syslog;
	int64_t restart_budget;    /* restarts of all programs together ... */
	int64_t restart_budget_ms; /* ... within this time */
	char **environment;        /* for every program and job */
	char **forward_signals;    /* "USR1=web/HUP": signal that jobd gets, program, signal that it
				      gets */
	struct conf_control control;
	struct conf_log log;          /* jobd's own log; only the file's limits and format count */
	struct conf_log log_defaults; /* what programs have that do not say otherwise */
	int64_t logger_memory_bytes;  /* cap of what jobd-logger holds in memory for all streams */
	int64_t logger_disk_bytes;    /* cap of all log files together; 0 = none */
	int64_t logger_block_ms; /* the longest time that a full or hung disk may block a program */
	struct conf_scheduler scheduler;
	struct conf_runner runner;
	struct conf_smtp smtp;
	struct conf_web web;
	struct conf_queue *queues; /* in the order of the file */
	size_t queue_count;
	struct conf_webhook *webhooks; /* the same */
	size_t webhook_count;
	struct conf_outbox *outboxes; /* the same */
	size_t outbox_count;
	struct conf_alerting alerting;
	struct conf_alert *alerts; /* in the order of the file */
	size_t alert_count;
	struct conf_notify *notifies; /* in the order of the file */
	size_t notify_count;
	struct conf_program
	    *programs; /* in starting order: priority, then name; built-ins included */
	size_t program_count;
	struct conf_job *jobs; /* in the order of the file */
	size_t job_count;
};

/*
 * Reads `path` and what it includes.  On any error returns NULL with error text "FILE:LINE: ..."
 * (several errors are joined by newlines) and nothing has changed.  ${NAME} and ${NAME:-default} in
 * double quotes are expanded once.
 */
struct conf *conf_load(const char *path, char *error, size_t error_size);
void conf_free(struct conf *);

/*
 * What depends on this machine at this moment and not on the text: users, groups, directories,
 * commands, sockets' folders; and doubts, as those of conf_check_logs(). May block (user data
 * bases), so jobd's loop never calls it.  Reports each problem, "FILE:LINE: ..."; returns how many
 * of them would keep something from starting.
 */
size_t conf_check_system(const struct conf *,
    void (*report)(void *context, bool is_error, const char *text), void *context);

/* The file to which a program's output goes, without the number of an instance, or "none". */
void conf_log_path(
    const struct conf *, const struct conf_program *, bool is_stderr, char *buf, size_t size);
/* Reports each program that shares a log file with one before it, and says something else of it. */
void conf_check_logs(const struct conf *,
    void (*report)(void *context, const struct conf_program *, const char *text), void *context);

/*
 * Only the run directory that `path` names or implies, for clients that look for the sockets: what
 * is wrong elsewhere in the file does not matter.  Caller frees; NULL with the error text if the
 * file can't be read or its run_dir is wrong.
 */
char *conf_run_dir_of(const char *path, char *error, size_t error_size);

/* The places under the caller's uid (root, or the XDG ones) when no file says otherwise; free()
 * each. */
char *conf_default_run_dir(void);
char *conf_default_state_dir(void);
char *conf_default_log_dir(void);

/*
 * The snapshot: the whole configuration as text that conf_snapshot_read() turns into the same
 * struct, byte by byte, in any process of the same version.  jobd keeps one and hands it to its
 * children (verb CONFIG of the control socket). conf_snapshot_write returns an allocated buffer
 * (caller frees) and its length, or NULL with errno.
 */
char *conf_snapshot_write(const struct conf *, size_t *len);
struct conf *conf_snapshot_read(const char *text, size_t len, char *error, size_t error_size);

/* True if jobd-runner has something to look after: a check, memory, an age, files. */
bool conf_is_guarded(const struct conf_program *);
/* True if both are guarded in the same way. */
bool conf_guard_equal(const struct conf_program *, const struct conf_program *);
/* True if any program is guarded in one of them as it is not in the other. */
bool conf_guards_differ(const struct conf *, const struct conf *);

const struct conf_program *conf_find_program(const struct conf *, const char *name);
const struct conf_job *conf_find_job(const struct conf *, const char *name);

/* Who does a job of this type, and how. */
enum conf_job_kind {
	CONF_JOB_FOREIGN, /* a worker that is not ours; its section only says how */
	CONF_JOB_COMMAND,
	CONF_JOB_HTTP,
	CONF_JOB_MAIL,
};
enum conf_job_kind conf_job_kind(const struct conf_job *);
/* "GET" and so on with the template of its URL; NULL if it is no job with a URL. */
const char *conf_http_method(const struct conf_http *, const char **url);
/* True if this only_if is a URL, false if it is a command. */
bool conf_condition_is_url(const char *only_if);
/* NULL if it has no section. */
const struct conf_queue *conf_find_queue(const struct conf *, const char *name);

#endif
