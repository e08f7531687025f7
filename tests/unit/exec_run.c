#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
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
#include "exec/quick.h"
#include "exec_run.h"

char empty[] = "";
char *no_list[] = { NULL };
char directory[] = "/tmp/test-exec-XXXXXX";
bool quick;

struct conf_identity
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

struct exec_request
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

size_t
read_to_end(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size && (got = read(fd, buf + len, size - len)) > 0)
		len += (size_t)got;
	close(fd);
	return len;
}

pid_t
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

struct outcome
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

void
assert_output(struct exec_request request, const char *expected)
{
	struct outcome outcome = run(request);

	if (outcome.failed)
		fail_msg("'%s': %s", request.command, outcome.failure.text);
	assert_string_equal(outcome.output, expected);
	assert_int_equal(outcome.status, 0);
}

void
assert_failure(struct exec_request request, const char *expected)
{
	struct outcome outcome = run(request);

	if (!outcome.failed)
		fail_msg("'%s' was started: %s", request.command, outcome.output);
	assert_string_equal(outcome.failure.text, expected);
	assert_int_equal(WEXITSTATUS(outcome.status), 127);
}

const char *
in_directory(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

void
write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(in_directory(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

int
begin_slow(void **state)
{
	(void)state;
	quick = false;
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	return mkdtemp(directory) == NULL || chmod(directory, 0755) == -1 ? -1 : 0;
}

int
begin_quick(void **state)
{
	int result = begin_slow(state);

	quick = true;
	return result;
}

int
end(void **state)
{
	DIR *open = opendir(directory);
	struct dirent *entry;

	(void)state;
	if (open == NULL)
		return -1;
	while ((entry = readdir(open)) != NULL)
		if (unlinkat(dirfd(open), entry->d_name, 0) == -1)
			unlinkat(dirfd(open), entry->d_name, AT_REMOVEDIR);
	closedir(open);
	return rmdir(directory);
}
