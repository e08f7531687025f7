#include <sys/stat.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec/internal.h"

static int report_fd = -1;

static void signals_reset(void);
static void listen_announce(const struct exec_request *, struct environment *);
static void environment_build(
    const struct exec_request *, const struct account *, struct environment *);

void
exec_report_to(int error_fd)
{
	report_fd = error_fd;
}

int
exec_report_fd(void)
{
	return report_fd;
}

static _Noreturn void
report(int error, const char *text, bool with_errno)
{
	struct exec_failure failure;

	memset(&failure, 0, sizeof(failure));
	failure.error = error;
	snprintf(failure.text, sizeof(failure.text), "%s%s%s", text, with_errno ? ": " : "",
	    with_errno ? strerror(error) : "");
	if (write(report_fd, &failure, sizeof(failure)) != sizeof(failure))
		_exit(127); /* the parent sees the end of the pipe and the code */
	_exit(127);
}

_Noreturn void
exec_fail(int error, const char *fmt, ...)
{
	char text[sizeof(((struct exec_failure *)NULL)->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report(error, text, error != 0);
}

_Noreturn void
exec_refuse(int error, const char *fmt, ...)
{
	char text[sizeof(((struct exec_failure *)NULL)->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report(error, text, false);
}

/* Handlers would vanish with exec() by themselves, but not what the parent ignores. */
static void
signals_reset(void)
{
	struct sigaction action;
	sigset_t none;

	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	for (int signum = 1; signum < NSIG; signum++)
		if (signum != SIGKILL && signum != SIGSTOP)
			sigaction(signum, &action, NULL); /* refused for libc's own, rightly */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* LISTEN_FDS and its companions, as sd_listen_fds_with_names(3) reads them. */
static void
listen_announce(const struct exec_request *request, struct environment *environment)
{
	char number[24], names[4096] = "";
	size_t len = 0;

	if (request->listen_count == 0)
		return;
	for (size_t i = 0; i < request->listen_count && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i == 0 ? "" : ":",
		    request->listen[i].name);
	if (len >= sizeof(names))
		exec_fail(0, "the names of the %zu listening sockets are too long",
		    request->listen_count);
	snprintf(number, sizeof(number), "%zu", request->listen_count);
	environment_set_pair(environment, "LISTEN_FDS", number);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	environment_set_pair(environment, "LISTEN_PID", number);
	environment_set_pair(environment, "LISTEN_FDNAMES", names);
}

static void
environment_build(const struct exec_request *request, const struct account *account,
    struct environment *environment)
{
	const struct conf_identity *identity = request->identity;

	environment_inherit(environment);
	account_set_environment(account, environment);
	environment_set_list(environment, request->global_environment);
	environment_set_list(environment, request->extra_environment);
	if (identity->environment_file[0] != '\0')
		environment_set_file(environment, identity->environment_file);
	environment_set_list(environment, identity->environment);
	for (char *const *secret = identity->secrets; *secret != NULL; secret++)
		environment_set_secret(environment, *secret);
	listen_announce(request, environment);
}

void
exec_child(const struct exec_request *request, int error_fd)
{
	const struct conf_identity *identity = request->identity;
	struct environment environment = { 0 };
	struct account account = { 0 };
	char **words;

	exec_report_to(error_fd);
	signals_reset();
	setsid();
	descriptors_place(request);
	words = command_words(request);
	/* Everything that reads files comes before the limits and the change of user, both of which
	 * may forbid it. */
	account_find(&account, identity);
	environment_build(request, &account, &environment);
	if (request->nofile != NULL)
		setrlimit(RLIMIT_NOFILE, request->nofile);
	limits_apply(identity);
	account_become(&account);
	if (identity->umask != CONF_UNSET)
		umask((mode_t)identity->umask);
	if (identity->directory[0] != '\0' && chdir(identity->directory) == -1)
		exec_fail(errno, "directory '%s'", identity->directory);
	command_execute(words, &environment);
}
