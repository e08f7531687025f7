/*
 * The floor of the supervision benchmark: what the machine allows.  One process and one poll(2)
 * loop that forks and executes, keeps a pipe for each program's output and restarts whatever dies,
 * at once or a second later; it does nothing else.
 *
 * usage: floor COUNT at-once|delay COMMAND [ARG ...]
 */
#include <sys/types.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAMS_MAX 1000

static struct {
	pid_t pid;
	int out[2];
	bool due;
} programs[PROGRAMS_MAX];
static int count;
static char **command;

static void
start(int n)
{
	if ((programs[n].pid = fork()) == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		dup2(programs[n].out[1], STDOUT_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	programs[n].due = false;
}

static void
reap(bool at_once, bool ending, int timer_fd, int *alive)
{
	static const struct itimerspec second = { .it_value = { .tv_sec = 1 } };
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		for (int n = 0; n < count; n++) {
			if (programs[n].pid != pid)
				continue;
			(*alive)--;
			if (ending)
				break;
			if (at_once) {
				start(n);
				(*alive)++;
			} else {
				programs[n].due = true;
				timerfd_settime(timer_fd, 0, &second, NULL);
			}
			break;
		}
	}
}

int
main(int argc, char *argv[])
{
	struct pollfd fds[2];
	struct signalfd_siginfo info;
	bool at_once, ending = false;
	uint64_t expired;
	sigset_t mask;
	int alive = 0;

	if (argc < 4 || (count = (int)strtol(argv[1], NULL, 10)) < 1 || count > PROGRAMS_MAX)
		return EXIT_FAILURE;
	at_once = strcmp(argv[2], "at-once") == 0;
	command = argv + 3;
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	fds[0] = (struct pollfd){ .fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK),
		.events = POLLIN };
	fds[1] = (struct pollfd){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		.events = POLLIN };
	for (int n = 0; n < count; n++, alive++) {
		if (pipe2(programs[n].out, O_CLOEXEC) == -1)
			return EXIT_FAILURE;
		start(n);
	}
	while (!ending || alive > 0) {
		poll(fds, 2, -1);
		while (read(fds[0].fd, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo != SIGTERM)
				continue;
			ending = true;
			for (int n = 0; n < count; n++)
				kill(programs[n].pid, SIGTERM);
		}
		reap(at_once, ending, fds[1].fd, &alive);
		if (read(fds[1].fd, &expired, sizeof(expired)) == sizeof(expired) && !ending)
			for (int n = 0; n < count; n++)
				if (programs[n].due) {
					start(n);
					alive++;
				}
	}
	return EXIT_SUCCESS;
}
