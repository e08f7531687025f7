/*
 * One call of jobctl: which jobd is meant, how results are shown, and words for people when a
 * socket can't be reached.  Never speaks a verb itself.
 */
#ifndef JOBCTL_SESSION_H
#define JOBCTL_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/client.h"

/* Exit codes, supervisorctl's where it has one. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_ALL_RUNNING = 3, /* status: a program is down */
	EXIT_UNKNOWN = 4,         /* the socket refuses; status: a name is unknown or no answer */
	EXIT_VERSION = 5,
	EXIT_NOT_RUNNING = 7, /* no jobd, or no such process to act on */
};

/* Time for the answer to a quick request. */
#define SESSION_DEADLINE_MS 5000

enum session_socket { SOCKET_NONE, SOCKET_CONTROL, SOCKET_QUEUE, SOCKET_LOG };

struct output;
struct option_values;

struct session {
	const char *run_dir_option; /* -r, or JOBD_RUN_DIR; NULL if not given */
	const char *conf_file;      /* -c; NULL if not given */
	const struct output *output;
	bool json;
	char *run_dir; /* once it was asked for */
};

/* The run_dir that the options, the environment or the configuration name; NULL after a complaint.
 */
const char *session_run_dir(struct session *);
/* The path of a socket in it, allocated; NULL after a complaint. */
char *session_path(struct session *, enum session_socket);
/*
 * Connects, with deadlines of SESSION_DEADLINE_MS.  NULL after a complaint, with the exit code in
 * *code.
 */
struct client *session_open(struct session *, enum session_socket, int *code);
/* The same with another deadline and without a complaint about the socket: errno and *errstr as
 * client_open() leaves them. */
struct client *session_try(
    struct session *, enum session_socket, int64_t deadline_ms, const char **errstr);
/* Takes over -c, -r and --json. */
void session_apply(struct session *, const struct option_values *);
void session_set_json(struct session *, bool json);
void session_end(struct session *);

/* "jobctl: text" on stderr, behind what stdout has got so far. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
