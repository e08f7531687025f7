/* exec_quick(): what goes the short way, and that neither a child that hangs nor a large
 * environment harms its parent. */
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "exec/quick.h"
#include "exec_run.h"

static int allocations;

/* In the place of the C library's; a sanitizer has one of its own. */
#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t);

void *
malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}
#endif

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
a_start_takes_no_memory(void **state)
{
	struct conf_identity identity = identity_plain();
	struct exec_request request = request_of("true 'with words' of its own", false, &identity);
	pid_t pid;
	int before;

	(void)state;
	if (!has_quick())
		skip();
	before = allocations;
	pid = start_quickly(&request);
	assert_int_equal(allocations, before);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(exec_quick_failed(pid));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_plain_goes_the_short_way),
		cmocka_unit_test(a_start_takes_no_memory),
		cmocka_unit_test(the_short_way_passes_on_nothing_else),
		cmocka_unit_test(a_large_environment_arrives_too),
		cmocka_unit_test(children_that_hang_hold_up_nobody),
	};

	return cmocka_run_group_tests(tests, begin_quick, end);
}
