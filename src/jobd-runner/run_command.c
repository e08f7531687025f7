#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "exec/exec.h"
#include "exec/oom.h"
#include "run.h"

/* The most that is read at one go, so that one loud job does not keep others waiting. */
#define READ_BYTES (64 * 1024)
/* JOBD_JOB, _JID, _ATTEMPT, _ARGS, _DUE_AT, _STOP_TIMEOUT_MS, _RUN_ID and the final NULL. */
#define ENVIRONMENT_COUNT 8

struct pipes {
	int output[2], failure[2];
};

static struct run *run_new(struct runs *, const struct job *, const struct conf_job *);
static bool environment_make(char **entries, const struct run *, const struct job *);
static void environment_free(char **entries);
static int pipes_open(struct pipes *);
static void pipes_close(struct pipes *);
static pid_t fork_child(const struct exec_request *, int error_fd);
static int run_watch(struct run *);
static void on_output(evutil_socket_t, short events, void *run);
static void on_timer(evutil_socket_t, short events, void *run);
static bool read_once(struct run *);

static struct run *
run_new(struct runs *runs, const struct job *job, const struct conf_job *conf)
{
	struct run *run = calloc(1, sizeof(*run));
	bool copied;

	if (run == NULL)
		return NULL;
	run->runs = runs;
	run->output_fd = run->failure_fd = -1;
	run->timeout_ms = conf->timeout_ms;
	run->stop_timeout_ms = conf->stop_timeout_ms;
	run->memory_bytes = conf->memory_bytes;
	run->cpu_ms = conf->cpu_ms;
	run->jid = strdup(job->jid);
	run->name = strdup(conf->name);
	copied = codes_copy(&run->exit_codes, conf->exit_codes, conf->exit_code_count) == 0 &&
		 codes_copy(&run->no_retry, conf->no_retry, conf->no_retry_count) == 0;
	if (asprintf(&run->tag, "JOBD_RUN_ID=%s.%" PRIu64, runs->wid, ++runs->started) == -1)
		run->tag = NULL;
	capture_init(&run->capture, (size_t)conf->output_max_bytes);
	if (run->jid == NULL || run->name == NULL || !copied || run->tag == NULL) {
		run_free(run);
		return NULL;
	}
	return run;
}

void
run_free(struct run *run)
{
	if (run == NULL)
		return;
	if (run->output != NULL)
		event_free(run->output);
	if (run->timer != NULL)
		event_free(run->timer);
	fd_close(run->output_fd);
	fd_close(run->failure_fd);
	capture_free(&run->capture);
	codes_free(&run->exit_codes);
	codes_free(&run->no_retry);
	free(run->tag);
	free(run->name);
	free(run->jid);
	free(run);
}

/* NULL-ended; what was made is there also if it returns false. */
static bool
environment_make(char **entries, const struct run *run, const struct job *job)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{"JOBD_JOB",     run->name  },
                { "JOBD_JID",    run->jid   },
                { "JOBD_ARGS",   job->args  },
		{ "JOBD_DUE_AT", job->due_at}
	};
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{"JOBD_ATTEMPT",          job->attempt        },
                { "JOBD_STOP_TIMEOUT_MS", run->stop_timeout_ms}
	};
	size_t count = 0;

	memset(entries, 0, ENVIRONMENT_COUNT * sizeof(*entries));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++, count++)
		if (asprintf(&entries[count], "%s=%s", texts[i].name, texts[i].value) == -1)
			return entries[count] = NULL, false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++, count++)
		if (asprintf(&entries[count], "%s=%" PRId64, numbers[i].name, numbers[i].value) ==
		    -1)
			return entries[count] = NULL, false;
	return (entries[count] = strdup(run->tag)) != NULL;
}

static void
environment_free(char **entries)
{
	for (size_t i = 0; i < ENVIRONMENT_COUNT; i++)
		free(entries[i]);
}

static int
pipes_open(struct pipes *pipes)
{
	*pipes = (struct pipes){
		{-1,  -1},
                { -1, -1}
	};
	/* The command's end of the output blocks, as it expects; a report always fits. */
	if (pipe2(pipes->output, O_CLOEXEC) == -1 ||
	    pipe2(pipes->failure, O_CLOEXEC | O_NONBLOCK) == -1 ||
	    fcntl(pipes->output[0], F_SETFL, O_NONBLOCK) == -1) {
		pipes_close(pipes);
		return -1;
	}
	return 0;
}

static void
pipes_close(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		fd_clear(&pipes->output[i]);
		fd_clear(&pipes->failure[i]);
	}
}

/* Signals wait until the child has its own dispositions: our handlers must not run in it. */
static pid_t
fork_child(const struct exec_request *request, int error_fd)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if ((pid = fork()) == 0)
		exec_child(request, error_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* Before the fork, so that a child never runs unwatched. */
static int
run_watch(struct run *run)
{
	struct event_base *base = run->runs->base;

	run->output = event_new(base, run->output_fd, EV_READ | EV_PERSIST, on_output, run);
	run->timer = evtimer_new(base, on_timer, run);
	return run->output == NULL || run->timer == NULL || event_add(run->output, NULL) == -1 ? -1
											       : 0;
}

int
run_start(struct runs *runs, const struct job *job, const struct conf_job *conf,
    char *const *global_environment, char *text, size_t text_size)
{
	struct run *run = run_new(runs, job, conf);
	char *environment[ENVIRONMENT_COUNT] = { NULL };
	struct exec_request request = { .command = conf->command,
		.shell = conf->shell,
		.arguments = job->arguments,
		.identity = &conf->identity,
		.global_environment = global_environment,
		.extra_environment = environment,
		.stdin_fd = -1,
		.extra_fd = -1,
		.keep_fd = -1 };
	const char *step = "prepare the job";
	struct pipes pipes;
	struct timeval limit;

	if (run == NULL || !environment_make(environment, run, job)) {
		errno = ENOMEM;
		goto failed;
	}
	step = "open a pipe";
	if (pipes_open(&pipes) == -1)
		goto failed;
	request.stdout_fd = request.stderr_fd = pipes.output[1];
	run->output_fd = pipes.output[0];
	run->failure_fd = pipes.failure[0];
	run->oom_before = oom_kills(runs->oom_fd);
	run->started = monotime_now();
	step = "fork";
	run->leader = run_watch(run) == -1 ? -1 : fork_child(&request, pipes.failure[1]);
	fd_close(pipes.output[1]);
	fd_close(pipes.failure[1]);
	if (run->leader == -1)
		goto failed;
	environment_free(environment);
	TAILQ_INSERT_TAIL(&runs->list, run, entry);
	runs->count++;
	run_limit_begin(run);
	limit = monotime_until(monotime_add_ms(run->started, run->timeout_ms));
	if (run->timeout_ms > 0)
		event_add(run->timer, &limit);
	return 0;
failed:
	snprintf(text, text_size, "can't %s: %s", step, strerror(errno));
	environment_free(environment);
	run_free(run);
	return -1;
}

static void
on_output(evutil_socket_t fd, short events, void *run)
{
	(void)fd;
	(void)events;
	read_once(run);
}

static void
on_timer(evutil_socket_t fd, short events, void *run)
{
	(void)fd;
	(void)events;
	run_overdue(run);
}

/* True if there may be more at once. */
static bool
read_once(struct run *run)
{
	static char buf[READ_BYTES];
	ssize_t len = read(run->output_fd, buf, sizeof(buf));

	if (len > 0) {
		capture_add(&run->capture, buf, (size_t)len);
		relay_add(run->runs->relay, &run->line, run->name, buf, (size_t)len);
		return true;
	}
	if (len == -1 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	/* The last writer is gone; that says nothing about the end of the job. */
	event_del(run->output);
	return false;
}

/* A pipe holds a bounded number of bytes: who still writes into it is no member any more. */
void
run_read_output(struct run *run)
{
	for (int i = 0; i < 64 && read_once(run); i++)
		continue;
}

bool
run_read_failure(struct run *run, char *text, size_t text_size)
{
	struct exec_failure failure;

	if (read(run->failure_fd, &failure, sizeof(failure)) != sizeof(failure))
		return false;
	failure.text[sizeof(failure.text) - 1] = '\0';
	snprintf(text, text_size, "%s", failure.text);
	return true;
}
