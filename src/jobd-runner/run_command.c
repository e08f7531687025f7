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
#include "exec/quick.h"
#include "run.h"

/* The most that is read at one go, so that one loud job does not keep others waiting. */
#define READ_BYTES (64 * 1024)
/* JOBD_JOB, _JID, _ATTEMPT, _ARGS, _DUE_AT, _STOP_TIMEOUT_MS, _RUN_ID and the final NULL. */
#define ENVIRONMENT_COUNT 8

static struct run *run_new(struct runs *, const struct job *, const struct conf_job *);
static bool environment_make(char **entries, const struct run *, const struct job *);
static void environment_free(char **entries);
static int pipe_open(int ends[2]);
static pid_t start_quickly(struct run *, const struct exec_request *, const struct job *);
static pid_t start_by_fork(struct run *, const struct exec_request *);
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
	free(run->job);
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

/* The command's end blocks, as it expects. */
static int
pipe_open(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	fd_close(ends[0]);
	fd_close(ends[1]);
	return -1;
}

/* Signals wait until the child has its own dispositions: our handlers must not run in it. */
static void
block_signals(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, before);
}

/* 0 if it does not go so. */
static pid_t
start_quickly(struct run *run, const struct exec_request *request, const struct job *job)
{
	sigset_t before;
	pid_t pid;

	if ((run->job = strndup(job->text, job->text_len)) == NULL)
		return 0;
	run->job_len = job->text_len;
	block_signals(&before);
	pid = exec_quick(request);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static pid_t
start_by_fork(struct run *run, const struct exec_request *request)
{
	sigset_t before;
	int report[2];
	pid_t pid;

	/* A report always fits. */
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	block_signals(&before);
	if ((pid = fork()) == 0)
		exec_child(request, report[1]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	fd_close(report[1]);
	run->failure_fd = report[0];
	/* What a quick start would have needed. */
	free(run->job);
	run->job = NULL;
	return pid;
}

void
run_misfire(struct run *run)
{
	struct runs *runs = run->runs;

	run_limit_end(run);
	TAILQ_REMOVE(&runs->list, run, entry);
	runs->count--;
	runs->misfired(runs->arg, run->job, run->job_len);
	run_free(run);
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
    char *const *global_environment, bool quickly, char *text, size_t text_size)
{
	struct run *run = run_new(runs, job, conf);
	char *environment[ENVIRONMENT_COUNT] = { NULL };
	struct exec_request request = { .command = conf->command,
		.shell = conf->shell,
		.arguments = job->arguments[0] != NULL ? job->arguments : NULL,
		.identity = &conf->identity,
		.global_environment = global_environment,
		.extra_environment = environment,
		.stdin_fd = -1,
		.extra_fd = -1,
		.keep_fd = -1 };
	const char *step = "prepare the job";
	struct timeval limit;
	int pipe[2];

	if (run == NULL || !environment_make(environment, run, job)) {
		errno = ENOMEM;
		goto failed;
	}
	step = "open a pipe";
	if (pipe_open(pipe) == -1)
		goto failed;
	request.stdout_fd = request.stderr_fd = pipe[1];
	run->output_fd = pipe[0];
	run->oom_before = oom_kills(runs->oom_fd);
	run->started = monotime_now();
	step = "fork";
	if (run_watch(run) == -1)
		run->leader = -1;
	else if (!quickly || (run->leader = start_quickly(run, &request, job)) == 0)
		run->leader = start_by_fork(run, &request);
	fd_close(pipe[1]);
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
