/* What exec_child() does for every program and exec_quick() leaves to it. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "exec_run.h"

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
become_nobody(void)
{
	const struct rlimit limit = { 200, 200 };

	/* Who has been given a better one may keep it, as nobody too. */
	(void)setpriority(PRIO_PROCESS, 0, 0);
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
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (len != sizeof(failure))
		fail_msg("it ended with status %d, having told %zu bytes instead of '%s'", status,
		    len, expected);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_environment_files_and_secrets_are_named),
		cmocka_unit_test(descriptors_arrive_unmixed_and_alone),
		cmocka_unit_test(a_taken_readiness_descriptor_is_refused),
		cmocka_unit_test(a_plain_user_gets_clear_refusals),
	};

	return cmocka_run_group_tests(tests, begin_slow, end);
}
