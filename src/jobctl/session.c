#include <sys/stat.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "jobctl/option.h"
#include "jobctl/output.h"
#include "jobctl/permission.h"
#include "jobctl/session.h"
#include "proto/verbs.h"

static const char *const socket_names[] = {
	[SOCKET_CONTROL] = PROTO_CONTROL_SOCKET,
	[SOCKET_QUEUE] = PROTO_QUEUE_SOCKET,
	[SOCKET_LOG] = PROTO_LOG_SOCKET,
};

static char *run_dir_of_file(const char *file, bool must);
static char *default_run_dir(void);
static bool has_control_socket(const char *run_dir);
static int explain(struct session *, const char *path, int error, const char *errstr);
static void explain_missing(struct session *, const char *path, const char *errstr);

void
complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("jobctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

const char *
session_run_dir(struct session *session)
{
	if (session->run_dir != NULL)
		return session->run_dir;
	if (session->run_dir_option != NULL)
		session->run_dir = strdup(session->run_dir_option);
	else if (session->conf_file != NULL)
		session->run_dir = run_dir_of_file(session->conf_file, true);
	else
		session->run_dir = default_run_dir();
	return session->run_dir;
}

/* A file that was asked for `must` be right; the default one is only a hint. */
static char *
run_dir_of_file(const char *file, bool must)
{
	char error[CONF_ERROR_MAX], *run_dir = NULL;
	struct conf *conf = conf_load(file, error, sizeof(error));

	if (conf != NULL)
		run_dir = strdup(conf->run_dir);
	else if (must)
		complain("%s", error);
	conf_free(conf);
	return run_dir;
}

/* The usual place; where nobody is there, the place that the system's configuration names. */
static char *
default_run_dir(void)
{
	char *run_dir = conf_default_run_dir(), *other = NULL;

	if (run_dir == NULL) {
		complain("no run_dir: %s", strerror(errno));
		return NULL;
	}
	if (!has_control_socket(run_dir) && access(CONF_DEFAULT_FILE, R_OK) == 0)
		other = run_dir_of_file(CONF_DEFAULT_FILE, false);
	if (other == NULL)
		return run_dir;
	free(run_dir);
	return other;
}

static bool
has_control_socket(const char *run_dir)
{
	struct stat status;
	char *path;
	bool found;

	if (asprintf(&path, "%s/%s", run_dir, PROTO_CONTROL_SOCKET) == -1)
		return false;
	/* "No permission to look" is also a sign of somebody being there. */
	found = stat(path, &status) == 0 || errno == EACCES;
	free(path);
	return found;
}

char *
session_path(struct session *session, enum session_socket which)
{
	const char *run_dir = session_run_dir(session);
	char *path;

	if (run_dir == NULL)
		return NULL;
	if (asprintf(&path, "%s/%s", run_dir, socket_names[which]) == -1) {
		complain("%s", strerror(ENOMEM));
		return NULL;
	}
	return path;
}

struct client *
session_try(
    struct session *session, enum session_socket which, int64_t deadline_ms, const char **errstr)
{
	char *path = session_path(session, which);
	struct client *client = NULL;
	int saved;

	*errstr = "no run_dir";
	errno = EINVAL;
	if (path != NULL)
		client = client_open(path, deadline_ms, errstr);
	saved = errno;
	free(path);
	errno = saved;
	return client;
}

struct client *
session_open(struct session *session, enum session_socket which, int *code)
{
	char *path = session_path(session, which);
	const char *errstr = NULL;
	struct client *client;

	if (path == NULL) {
		*code = EXIT_USAGE;
		return NULL;
	}
	client = client_open(path, SESSION_DEADLINE_MS, &errstr);
	if (client == NULL)
		*code = explain(session, path, errno, errstr);
	free(path);
	return client;
}

void
session_apply(struct session *session, const struct option_values *values)
{
	if (values->json)
		session_set_json(session, true);
	if (values->conf == NULL && values->run_dir == NULL)
		return;
	if (values->conf != NULL)
		session->conf_file = values->conf;
	session->run_dir_option = values->run_dir;
	session_end(session);
}

void
session_set_json(struct session *session, bool json)
{
	session->json = json;
	session->output = json ? &output_json : &output_text;
}

void
session_end(struct session *session)
{
	free(session->run_dir);
	session->run_dir = NULL;
}

/* Says why there is no connection and what may help; returns the exit code. */
static int
explain(struct session *session, const char *path, int error, const char *errstr)
{
	char who[PERMISSION_TEXT_MAX];

	switch (error) {
	case ENOENT:
	case ENOTDIR:
		explain_missing(session, path, errstr);
		return EXIT_NOT_RUNNING;
	case ECONNREFUSED:
		complain("%s", errstr);
		return EXIT_UNKNOWN;
	case EACCES:
		complain("%s%s (look_group and act_group in the configuration let others in)",
		    errstr, permission_describe(path, who, sizeof(who)));
		return EXIT_FAILED;
	case ETIMEDOUT:
		complain(
		    "%s: somebody is there, but is stopped, overloaded or not ready yet", errstr);
		return EXIT_FAILED;
	case EPROTONOSUPPORT:
		complain("%s", errstr);
		return EXIT_VERSION;
	default:
		complain("%s", errstr);
		return EXIT_FAILED;
	}
}

/* jobd makes the other sockets only when its configuration needs them. */
static void
explain_missing(struct session *session, const char *path, const char *errstr)
{
	bool is_control = strcmp(strrchr(path, '/') + 1, PROTO_CONTROL_SOCKET) == 0;

	if (is_control || !has_control_socket(session->run_dir))
		complain("%s (if it runs with another run_dir: -r RUN_DIR, -c FILE or "
			 "JOBD_RUN_DIR)",
		    errstr);
	else if (strcmp(strrchr(path, '/') + 1, PROTO_QUEUE_SOCKET) == 0)
		complain("%s: no such file: this jobd runs without a scheduler, because its "
			 "configuration has no section job, queue or scheduler",
		    path);
	else
		complain("%s: no such file: this jobd runs without a logger", path);
}
