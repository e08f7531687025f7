#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "db.h"
#include "inspector.h"

#define WORD "--inspect"
/* What it says when all is well; nothing at all if it was killed. */
#define ALL_WELL "ok"

extern char **environ;

struct inspector {
	struct event *event;
	int fd;
	pid_t pid;
	inspector_fn fn;
	void *arg;
	char found[DB_ERROR_MAX];
	size_t len;
};

static void on_readable(evutil_socket_t, short what, void *inspector);

/* What it says goes into the pipe; the other descriptors of ours close themselves. */
static int
start(const char *path, int pipe_fd, pid_t *pid)
{
	char *const argv[] = { (char *)(uintptr_t) "jobd-scheduler", (char *)(uintptr_t)WORD,
		(char *)(uintptr_t)path, NULL };
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, pipe_fd, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	errno = error;
	return error == 0 ? 0 : -1;
}

struct inspector *
inspector_new(struct event_base *base, const char *path, inspector_fn fn, void *arg)
{
	struct inspector *inspector = calloc(1, sizeof(*inspector));
	int ends[2];

	if (inspector == NULL || pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1) {
		free(inspector);
		return NULL;
	}
	*inspector = (struct inspector){ .fd = ends[0], .fn = fn, .arg = arg, .pid = -1 };
	inspector->event = event_new(base, ends[0], EV_READ | EV_PERSIST, on_readable, inspector);
	if (inspector->event == NULL || event_add(inspector->event, NULL) == -1 ||
	    start(path, ends[1], &inspector->pid) == -1) {
		close(ends[1]);
		inspector_free(inspector);
		return NULL;
	}
	close(ends[1]);
	return inspector;
}

void
inspector_free(struct inspector *inspector)
{
	int error = errno;

	if (inspector == NULL)
		return;
	if (inspector->event != NULL)
		event_free(inspector->event);
	close(inspector->fd);
	/* It has said all that it will say. */
	if (inspector->pid > 0) {
		kill(inspector->pid, SIGKILL);
		while (waitpid(inspector->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
	}
	free(inspector);
	errno = error;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct inspector *inspector = arg;
	ssize_t got = read(
	    fd, inspector->found + inspector->len, sizeof(inspector->found) - 1 - inspector->len);

	(void)what;
	if (got > 0) {
		inspector->len += (size_t)got;
		return;
	}
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	event_del(inspector->event);
	inspector->found[inspector->len] = '\0';
	if (inspector->len == 0)
		strlcpy(inspector->found, "the look for damage did not come to its end",
		    sizeof(inspector->found));
	inspector->fn(
	    inspector->arg, strcmp(inspector->found, ALL_WELL) == 0 ? "" : inspector->found);
}

bool
inspector_main(int argc, char **argv, int *code)
{
	char found[DB_ERROR_MAX] = "";

	if (argc != 3 || strcmp(argv[1], WORD) != 0)
		return false;
	*code =
	    db_inspect_file(argv[2], found, sizeof(found)) == DB_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
	fputs(found[0] == '\0' ? ALL_WELL : found, stdout);
	return true;
}
