/*
 * exec_child() and exec_quick() in real children: what they find, and what is reported where they
 * can't be started.
 */
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "exec/exec.h"
#include "exec/quick.h"

static int directory_make(void **state);

static char empty[] = "";
static char *no_list[] = { NULL };
static char directory[] = "/tmp/test-exec-XXXXXX";
/* What is plain goes the short way, as in jobd. */
static bool quick;

struct outcome {
	struct exec_failure failure;
	bool failed;
	int status;
	pid_t pid;
	char output[8192];
};

static struct conf_identity
identity_plain(void)
{
	struct conf_identity identity = {
		.user = empty,
		.group = empty,
		.directory = empty,
		.umask = CONF_UNSET,
		.environment = no_list,
		.environment_file = empty,
		.secrets = no_list,
		.nice = CONF_UNSET,
		.oom_score_adj = CONF_UNSET,
		.limits = {CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET,
			   CONF_UNSET, CONF_UNSET},
	};

	return identity;
}

static struct exec_request
request_of(const char *command, bool shell, const struct conf_identity *identity)
{
	struct exec_request request = {
		.command = command,
		.shell = shell,
		.identity = identity,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
		.extra_fd = -1,
		.keep_fd = -1,
	};

	return request;
}

static size_t
read_to_end(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size && (got = read(fd, buf + len, size - len)) > 0)
		len += (size_t)got;
	close(fd);
	return len;
}

static pid_t
start_quickly(const struct exec_request *request)
{
	sigset_t all, saved;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);
	pid = exec_quick(request);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	return pid;
}

/* Runs the request; its stdout, if not given, and stderr are caught. */
static struct outcome
run(struct exec_request request)
{
	static struct outcome outcome;
	int report[2], output[2];

	memset(&outcome, 0, sizeof(outcome));
	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	if (request.stdout_fd == -1)
		request.stdout_fd = output[1];
	request.stderr_fd = output[1];
	outcome.pid = quick ? start_quickly(&request) : 0;
	if (outcome.pid == 0 && (outcome.pid = fork()) == 0)
		exec_child(&request, report[1]);
	close(report[1]);
	close(output[1]);
	outcome.failed = read_to_end(report[0], (char *)&outcome.failure,
			     sizeof(outcome.failure)) == sizeof(outcome.failure);
	read_to_end(output[0], outcome.output, sizeof(outcome.output) - 1);
	assert_int_equal(waitpid(outcome.pid, &outcome.status, 0), outcome.pid);
	if (!quick || !exec_quick_failed(outcome.pid))
		return outcome;
	/* As jobd does. */
	quick = false;
	outcome = run(request);
	quick = true;
	return outcome;
}

static void
assert_output(struct exec_request request, const char *expected)
{
	struct outcome outcome = run(request);

	if (outcome.failed)
		fail_msg("'%s': %s", request.command, outcome.failure.text);
	assert_string_equal(outcome.output, expected);
	assert_int_equal(outcome.status, 0);
}

static void
assert_failure(struct exec_request request, const char *expected)
{
	struct outcome outcome = run(request);

	if (!outcome.failed)
		fail_msg("'%s' was started: %s", request.command, outcome.output);
	assert_string_equal(outcome.failure.text, expected);
	assert_int_equal(WEXITSTATUS(outcome.status), 127);
}

static const char *
in_directory(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(in_directory(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
words_and_arguments_reach_the_command(void **state)
{
	static char one[] = "one", two[] = "t w o";
	char *const arguments[] = { one, two, NULL };
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of("printf '[%s]' a 'b c'", false, &identity);

	(void)state;
	assert_output(request, "[a][b c]");
	request.arguments = arguments;
	assert_output(request, "[a][b c][one][t w o]");
	request.command = "printf '[%s]' \"$2\" \"$1\" $(echo x; exit 0)";
	request.shell = true;
	assert_output(request, "[t w o][one][x]");
}

static void
path_of_the_final_environment_counts(void **state)
{
	char path[PATH_MAX];
	char *environment[] = { path, NULL };
	struct conf_identity identity = identity_plain();

	(void)state;
	snprintf(path, sizeof(path), "PATH=/nonexistent:%s/broken:%s", directory, directory);
	identity.environment = environment;
	write_file("only-here", "#!/bin/sh\necho found\n", 0755);
	assert_output(request_of("only-here", false, &identity), "found\n");
	identity.environment = no_list;
	assert_failure(request_of("only-here", false, &identity), "can't find command 'only-here'");
}

static void
a_command_with_a_slash_counts_from_its_directory(void **state)
{
	struct conf_identity identity = identity_plain();
	char expected[PATH_MAX];

	(void)state;
	write_file("script", "#!/bin/sh\npwd\n", 0755);
	identity.directory = directory;
	snprintf(expected, sizeof(expected), "%s\n", directory);
	assert_output(request_of("./script", false, &identity), expected);
}

static void
commands_that_cant_run_are_told_apart(void **state)
{
	/* clang-format off */
	static const struct {
		const char *command, *failure;
	} cases[] = {
		{ "no-such-command", "can't find command 'no-such-command'" },
		{ "./no-such-command", "can't find command './no-such-command'" },
		{ "./plain/x", "can't find command './plain/x'" },
		{ "./plain", "'./plain' is not executable" },
		{ "plain", "'plain' is not executable" },
		{ "./sub", "'./sub' is a directory" },
		{ "./no-head",
		    "'./no-head' is neither a program nor a script that begins with #!" },
		{ "./no-interpreter",
		    "can't run './no-interpreter': its interpreter '/nonexistent/sh' does not exist" },
		{ "no-interpreter",
		    "can't run 'no-interpreter': its interpreter '/nonexistent/sh' does not exist" },
		{ "./dos", "can't run './dos': its first line ends with a carriage return" },
		{ "", "command '' is empty" },
		{ "echo 'x", "command 'echo 'x' has a quote that is not closed" },
	};
	/* clang-format on */
	char path[PATH_MAX];
	char *environment[] = { path, NULL };
	struct conf_identity identity = identity_plain();

	(void)state;
	write_file("plain", "text\n", 0644);
	write_file("no-head", "echo x\n", 0755);
	write_file("no-interpreter", "#! /nonexistent/sh -e\n", 0755);
	write_file("dos", "#!/bin/sh\r\necho x\r\n", 0755);
	mkdir(in_directory("sub"), 0755);
	snprintf(path, sizeof(path), "PATH=%s:/bin", directory);
	identity.environment = environment;
	identity.directory = directory;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_failure(request_of(cases[i].command, false, &identity), cases[i].failure);
}

static void
bad_directories_are_named(void **state)
{
	struct conf_identity identity = identity_plain();
	char missing[] = "/nonexistent", file[] = "/etc/passwd";

	(void)state;
	identity.directory = missing;
	assert_failure(request_of("true", false, &identity),
	    "directory '/nonexistent': No such file or directory");
	identity.directory = file;
	assert_failure(
	    request_of("true", false, &identity), "directory '/etc/passwd': Not a directory");
}

static void
later_sources_of_the_environment_win(void **state)
{
	static char global_a[] = "A=global", global_b[] = "B=global", extra_b[] = "B=extra",
		    extra_c[] = "C=extra", own_d[] = "D=own", own_e[] = "E=own";
	char *const global[] = { global_a, global_b, NULL }, *const extra[] = { extra_b, extra_c,
		NULL };
	char *own[] = { own_d, own_e, NULL };
	char file[PATH_MAX], secret[PATH_MAX];
	char *secrets[] = { secret, NULL };
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of(
	    "echo \"$A $B $C $D $E\"; env | grep -cE '^(LISTEN_|NOTIFY_|WATCHDOG_)'; true", true,
	    &identity);

	(void)state;
	setenv("A", "ours", 1);
	setenv("NOTIFY_SOCKET", "/x", 1);
	setenv("WATCHDOG_USEC", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	write_file("env", "C=file\nD=file\n", 0644);
	write_file("secret", "hush hush\n\n", 0600);
	snprintf(file, sizeof(file), "-%s", in_directory("env"));
	snprintf(secret, sizeof(secret), "E=%s", in_directory("secret"));
	request.global_environment = global;
	request.extra_environment = extra;
	identity.environment = own;
	identity.environment_file = file;
	identity.secrets = secrets;
	assert_output(request, "global extra file own hush hush\n\n0\n");
	unlink(in_directory("env"));
	assert_output(request, "global extra extra own hush hush\n\n0\n");
}

static void
bad_environment_files_and_secrets_are_named(void **state)
{
	char expected[PATH_MAX + 200], file[PATH_MAX], missing[] = "/nonexistent/env",
						       secret[] = "TOKEN=/nonexistent/token",
						       fifo[] = "TOKEN=/dev/zero";
	char *secrets[] = { secret, NULL };
	struct conf_identity identity = identity_plain();

	(void)state;
	write_file("env", "# one\nA=1\nB 2\n", 0644);
	snprintf(file, sizeof(file), "%s", in_directory("env"));
	snprintf(expected, sizeof(expected),
	    "environment_file: %s:3: the line is not NAME=value (a name has letters, digits and "
	    "'_', and no blanks stand before '=')",
	    file);
	identity.environment_file = file;
	assert_failure(request_of("true", false, &identity), expected);
	identity.environment_file = missing;
	assert_failure(request_of("true", false, &identity),
	    "environment_file '/nonexistent/env': No such file or directory");
	identity.environment_file = empty;
	identity.secrets = secrets;
	assert_failure(request_of("true", false, &identity),
	    "secret '/nonexistent/token': No such file or directory");
	secrets[0] = fifo;
	assert_failure(
	    request_of("true", false, &identity), "secret '/dev/zero': not a regular file");
}

static void
signals_start_anew_in_an_own_session(void **state)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request =
	    request_of("grep -hE '^Sig(Blk|Ign)' /proc/self/status", false, &identity);
	struct outcome outcome;
	sigset_t blocked, before;
	unsigned long long mask, ignored;
	int pid, parent, group, session;

	(void)state;
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGRTMIN + 3, SIG_IGN);
	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	outcome = run(request);
	assert_int_equal(sscanf(outcome.output, "SigBlk: %llx SigIgn: %llx", &mask, &ignored), 2);
	assert_int_equal(mask, 0);
	/* The C library keeps the two below SIGRTMIN to itself. */
	assert_int_equal(ignored & ~(3ULL << 31), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	outcome = run(request_of("cat /proc/self/stat", false, &identity));
	assert_int_equal(
	    sscanf(outcome.output, "%d (cat) %*c %d %d %d", &pid, &parent, &group, &session), 4);
	assert_int_equal(pid, outcome.pid);
	assert_int_equal(group, outcome.pid);
	assert_int_equal(session, outcome.pid);
}

static int
open_at(const char *name, int number)
{
	int fd = open(in_directory(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1 || dup3(fd, number, O_CLOEXEC) == -1)
		_exit(1);
	return number;
}

/* In a child of its own, for it overwrites everything: files that tell by their names where they
 * should arrive, opened where the targets of others are. */
static _Noreturn void
descriptors_mix_and_execute(void)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of(
	    "for n in 0 1 2 3 4 5 6 7 8 9 50 100 200; do readlink /proc/$$/fd/$n || echo $n; done; "
	    "echo $LISTEN_FDS $LISTEN_FDNAMES; test $LISTEN_PID = $$ && echo mine",
	    true, &identity);
	/* Above everything that is open by now, then placed. */
	int report = fcntl(open_at("report", 120), F_DUPFD_CLOEXEC, 7);
	struct exec_listen listen[] = {
		{open_at("listen-3",  5), "web"},
                { open_at("listen-4", 4), "api"},
		{ open_at("listen-5", 3), "x"  }
	};

	open_at("stray", 8);
	open_at("stray", 100);
	request.listen = listen;
	request.listen_count = 3;
	request.stdin_fd = open_at("stdin", 9);
	request.extra_fd = open_at("ready", 0);
	request.extra_fd_target = 9;
	request.stdout_fd = open_at("stdout", 2);
	request.stderr_fd = open_at("stderr", 6);
	request.keep_fd = open_at("lock", 200);
	exec_child(&request, report);
}

static void
descriptors_arrive_unmixed_and_alone(void **state)
{
	static const char expected[] = "D/stdin\nD/stdout\nD/stderr\nD/listen-3\nD/listen-4\n"
				       "D/listen-5\n6\n7\n8\nD/ready\n50\n100\nD/lock\n"
				       "3 web:api:x\nmine\n";
	char wanted[8192] = "", got[8192] = "";
	int status, fd;
	pid_t pid;

	(void)state;
	for (const char *c = expected; *c != '\0'; c++)
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%.*s",
		    *c == 'D' ? (int)strlen(directory) : 1, *c == 'D' ? directory : c);
	if ((pid = fork()) == 0)
		descriptors_mix_and_execute();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true((fd = open(in_directory("stdout"), O_RDONLY)) >= 0);
	read_to_end(fd, got, sizeof(got) - 1);
	assert_string_equal(got, wanted);
	assert_int_equal(status, 0);
}

static void
a_taken_readiness_descriptor_is_refused(void **state)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of("true", false, &identity);

	(void)state;
	request.extra_fd = 2;
	request.extra_fd_target = 2;
	assert_failure(request, "descriptor 2 can't be the one for readiness: it is taken");
}

static void
limits_reach_the_command(void **state)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of(
	    "umask; ulimit -n; ulimit -c; nice; cat /proc/self/oom_score_adj", true, &identity);

	(void)state;
	identity.umask = 027;
	identity.limits.nofile = 77;
	identity.limits.core_bytes = 0;
	identity.nice = 7;
	identity.oom_score_adj = 900;
	assert_output(request, "0027\n77\n0\n7\n900\n");
}

static void
become_nobody(void)
{
	const struct rlimit limit = { 200, 200 };

	if (setrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    (geteuid() == 0 && setresuid(65534, 65534, 65534) == -1))
		_exit(1);
}

/* The same as run(), in a process without privileges. */
static void
assert_failure_of_nobody(struct exec_request request, const char *expected)
{
	struct exec_failure failure;
	int report[2], status;
	size_t len;
	pid_t pid;

	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	if ((pid = fork()) == 0) {
		become_nobody();
		exec_child(&request, report[1]);
	}
	close(report[1]);
	len = read_to_end(report[0], (char *)&failure, sizeof(failure));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(len, sizeof(failure));
	assert_string_equal(failure.text, expected);
}

static void
a_plain_user_gets_clear_refusals(void **state)
{
	static char zero[] = "0", user[] = "65534", group[] = "0";
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of("true", false, &identity);

	(void)state;
	identity.limits.nofile = 5000;
	assert_failure_of_nobody(request, "can't set the limit of open files to 5000: it is above "
					  "the hard limit of 200: Operation not permitted");
	identity.limits.nofile = CONF_UNSET;
	identity.nice = -5;
	assert_failure_of_nobody(request, "can't set the nice value to -5: Permission denied");
	identity.nice = CONF_UNSET;
	identity.oom_score_adj = -500;
	assert_failure_of_nobody(request, "can't set oom_score_adj to -500: Permission denied");
	identity.oom_score_adj = CONF_UNSET;
	identity.user = zero;
	assert_failure_of_nobody(request, "can't become user 'root': Operation not permitted");
	if (geteuid() != 0)
		return;
	identity.user = user;
	identity.group = group;
	request.command = "/root/x";
	assert_failure_of_nobody(request, "can't run '/root/x': Permission denied");
}

static void
root_becomes_the_user_with_its_groups(void **state)
{
	static char user[] = "nobody", number[] = "4242", group[] = "daemon", wrong[] = "no-such",
		    secret_path[PATH_MAX];
	char *secrets[] = { secret_path, NULL };
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of(
	    "echo $(id -un) $(id -gn) $(id -Gn) $HOME $USER $LOGNAME $SHELL $S", true, &identity);

	(void)state;
	identity.user = wrong;
	assert_failure(request, "no such user 'no-such'");
	identity.user = empty;
	identity.group = wrong;
	assert_failure(request, "no such group 'no-such'");
	identity.group = empty;
	identity.user = number;
	assert_failure(request, "uid 4242 is not in the user data base, so it needs a group");
	if (geteuid() != 0)
		return;
	write_file("root-only", "s3cret\n", 0600);
	snprintf(secret_path, sizeof(secret_path), "S=%s", in_directory("root-only"));
	identity.secrets = secrets;
	identity.user = user;
	assert_output(request,
	    "nobody nogroup nogroup /nonexistent nobody nobody /usr/sbin/nologin s3cret\n");
	identity.group = group;
	assert_output(
	    request, "nobody daemon daemon /nonexistent nobody nobody /usr/sbin/nologin s3cret\n");
	identity.user = number;
	request.command = "echo $(id -u) $(id -gn) $HOME $USER; grep CapEff /proc/self/status";
	assert_output(request, "4242 daemon / 4242\nCapEff:\t0000000000000000\n");
}

/* True where this machine and build have the short way. */
static bool
has_quick(void)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of("true", false, &identity);
	pid_t pid = start_quickly(&request);

	return pid != 0 && waitpid(pid, NULL, 0) == pid && !exec_quick_failed(pid);
}

static void
what_is_plain_goes_the_short_way(void **state)
{
	static char user[] = "nobody", file[] = "/dev/null";
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of("true", false, &identity);
	struct exec_listen listen = { 0, "x" };
	char *const arguments[] = { user, NULL };

	(void)state;
	if (!has_quick())
		skip();
	identity.user = user;
	assert_int_equal(start_quickly(&request), 0);
	identity = identity_plain();
	identity.environment_file = file;
	assert_int_equal(start_quickly(&request), 0);
	identity = identity_plain();
	identity.limits.core_bytes = 0;
	assert_int_equal(start_quickly(&request), 0);
	identity = identity_plain();
	request.listen = &listen;
	request.listen_count = 1;
	assert_int_equal(start_quickly(&request), 0);
	request.listen_count = 0;
	request.arguments = arguments;
	assert_int_equal(start_quickly(&request), 0);
}

static void
the_short_way_passes_on_nothing_else(void **state)
{
	const struct rlimit limit = { 333, 444 };
	struct conf_identity identity = identity_plain();
	struct exec_request request =
	    request_of("for fd in 4 60 61 62 63; do [ -e /proc/$$/fd/$fd ] "
		       "&& echo $fd; done; ulimit -Sn; ulimit -Hn; umask",
		true, &identity);
	int stray = open("/dev/null", O_RDONLY);

	(void)state;
	for (int fd = 60; fd <= 63; fd++)
		assert_int_equal(dup2(stray, fd), fd);
	close(stray);
	identity.umask = 026;
	request.keep_fd = 62;
	request.nofile = &limit;
	assert_output(request, "62\n333\n444\n0026\n");
	for (int fd = 60; fd <= 63; fd++)
		close(fd);
}

/* More environment than there is room for in the slot. */
static void
a_large_environment_arrives_too(void **state)
{
	enum { BYTES = 100000 };
	char *large = malloc(BYTES + 1), *environment[] = { large, NULL };
	struct conf_identity identity = identity_plain();

	(void)state;
	assert_non_null(large);
	memset(large, 'x', BYTES);
	memcpy(large, "LARGE=", 6);
	large[BYTES] = '\0';
	identity.environment = environment;
	assert_output(request_of("echo ${#LARGE}", true, &identity), "99994\n");
	free(large);
}

/* Traced by its parent, which holds the children that come of this. */
static void
start_what_is_held(int told)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of("no-such-command", false, &identity);
	pid_t pids[100], pid;
	size_t count = 0;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	/* It waits for none of them, and takes no more than it has places for. */
	while (count < 100 && (pid = start_quickly(&request)) > 0)
		pids[count++] = pid;
	if (count == 0 || count == 100 || write(told, "", 1) != 1)
		_exit(1);
	for (size_t i = 0; i < count; i++)
		if (waitpid(pids[i], NULL, 0) != pids[i])
			_exit(2);
	/* Their places are kept until they were asked about. */
	if (start_quickly(&request) != 0)
		_exit(3);
	for (size_t i = 0; i < count; i++)
		if (!exec_quick_failed(pids[i]) || exec_quick_failed(pids[i]))
			_exit(4);
	request.command = "true";
	if ((pid = start_quickly(&request)) <= 0 || waitpid(pid, NULL, 0) != pid ||
	    exec_quick_failed(pid))
		_exit(5);
	_exit(0);
}

static void
release(pid_t pid, int status)
{
	int signum = WSTOPSIG(status);

	ptrace(PTRACE_DETACH, pid, NULL,
	    (void *)(uintptr_t)(signum == SIGSTOP || signum == SIGTRAP ? 0 : signum));
}

static void
children_that_hang_hold_up_nobody(void **state)
{
	int told[2], status;
	bool done = false;
	pid_t tracee, pid, held[100];
	size_t count = 0;
	char byte;

	(void)state;
	if (!has_quick())
		skip();
	assert_int_equal(pipe2(told, O_CLOEXEC | O_NONBLOCK), 0);
	if ((tracee = fork()) == 0)
		start_what_is_held(told[1]);
	assert_int_equal(waitpid(tracee, &status, 0), tracee);
	if (!WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, tracee, NULL,
		PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) == -1)
		skip(); /* a sandbox without ptrace */
	ptrace(PTRACE_CONT, tracee, NULL, NULL);
	/* Until the last child there is, which the tracee tells and then waits for. */
	while (!done) {
		if ((pid = waitpid(-1, &status, __WALL | WNOHANG)) == tracee)
			ptrace(PTRACE_CONT, tracee, NULL, NULL);
		else if (pid > 0)
			held[count++] = pid;
		done = read(told[0], &byte, 1) == 1;
	}
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++)
		release(held[i], SIGSTOP << 8);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 && WIFSTOPPED(status)) {
		if (pid != tracee)
			release(pid, status);
		else
			ptrace(PTRACE_CONT, tracee, NULL,
			    (void *)(uintptr_t)(WSTOPSIG(status) == SIGCHLD ? SIGCHLD : 0));
	}
	assert_int_equal(pid, tracee);
	assert_int_equal(WEXITSTATUS(status), 0);
	close(told[0]);
	close(told[1]);
}

static int
quick_on(void **state)
{
	quick = true;
	return directory_make(state);
}

static int
directory_make(void **state)
{
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	(void)state;
	return mkdtemp(directory) == NULL || chmod(directory, 0755) == -1 ? -1 : 0;
}

static int
directory_remove(void **state)
{
	static const char *const names[] = { "only-here", "script", "plain", "no-head",
		"no-interpreter", "dos", "env", "secret", "root-only", "listen-3", "listen-4",
		"listen-5", "stray", "stdin", "ready", "stdout", "stderr", "lock", "report" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_directory(names[i]));
	rmdir(in_directory("sub"));
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_arguments_reach_the_command),
		cmocka_unit_test(path_of_the_final_environment_counts),
		cmocka_unit_test(a_command_with_a_slash_counts_from_its_directory),
		cmocka_unit_test(commands_that_cant_run_are_told_apart),
		cmocka_unit_test(bad_directories_are_named),
		cmocka_unit_test(later_sources_of_the_environment_win),
		cmocka_unit_test(bad_environment_files_and_secrets_are_named),
		cmocka_unit_test(signals_start_anew_in_an_own_session),
		cmocka_unit_test(descriptors_arrive_unmixed_and_alone),
		cmocka_unit_test(a_taken_readiness_descriptor_is_refused),
		cmocka_unit_test(limits_reach_the_command),
		cmocka_unit_test(a_plain_user_gets_clear_refusals),
		cmocka_unit_test(root_becomes_the_user_with_its_groups),
	};

	const struct CMUnitTest quick_tests[] = {
		cmocka_unit_test(what_is_plain_goes_the_short_way),
		cmocka_unit_test(the_short_way_passes_on_nothing_else),
		cmocka_unit_test(a_large_environment_arrives_too),
		cmocka_unit_test(children_that_hang_hold_up_nobody),
		cmocka_unit_test(words_and_arguments_reach_the_command),
		cmocka_unit_test(path_of_the_final_environment_counts),
		cmocka_unit_test(a_command_with_a_slash_counts_from_its_directory),
		cmocka_unit_test(commands_that_cant_run_are_told_apart),
		cmocka_unit_test(bad_directories_are_named),
		cmocka_unit_test(later_sources_of_the_environment_win),
		cmocka_unit_test(limits_reach_the_command),
		cmocka_unit_test(root_becomes_the_user_with_its_groups),
	};
	int failed = cmocka_run_group_tests(tests, directory_make, directory_remove);

	return failed + cmocka_run_group_tests(quick_tests, quick_on, directory_remove);
}
