#include <sys/prctl.h>
#include <sys/signalfd.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/notify.h"
#include "exec/oom.h"
#include "proto/verbs.h"
#include "runner.h"
#include "runner_private.h"

#define DEFAULT_QUEUE "default"

static void on_hangup(evutil_socket_t, short events, void *runner);
static void on_child(evutil_socket_t, short events, void *runner);
static char *queues_of(const struct conf *);
static void loaded(void *runner, struct conf *);
static void each_running(void *runner, void (*each)(void *, const char *), void *each_arg);
static void greeted(void *runner);
static void settled(void *runner);
static void calls_settled(void *runner);
static void breaker_changed(void *runner, const char *target, const struct breaker *);
static void watch_children(struct runner *);
static void runner_set_up(struct runner *, const char *queue_path, const char *control_path);
static void runner_clean_up(struct runner *);

static const struct queue_owner owner = {
	.job = runner_job_came,
	.each_running = each_running,
	.greeted = greeted,
	.settled = settled,
};

static const struct net_owner net_owner = {
	.finished = runner_job_ended,
	.settled = calls_settled,
	.breaker_changed = breaker_changed,
};

static void
on_hangup(evutil_socket_t fd, short events, void *arg)
{
	struct runner *runner = arg;

	(void)fd;
	(void)events;
	if (!runner->slots.stopping)
		settings_fetch(runner->settings);
}

static void
on_child(evutil_socket_t fd, short events, void *arg)
{
	struct runner *runner = arg;

	struct signalfd_siginfo info;

	(void)events;
	if (read(fd, &info, sizeof(info)) == -1 && errno != EAGAIN && errno != EINTR)
		log_warn("signalfd");
	runs_reap(&runner->runs);
}

/* " default mail": every queue once. */
static char *
queues_of(const struct conf *conf)
{
	char *queues = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&queues, &len);

	if (out == NULL)
		return NULL;
	/* Orders need a queue, too, and so does the test of mails. */
	fputs(" " DEFAULT_QUEUE, out);
	for (size_t i = 0; i < conf->job_count; i++) {
		size_t before = 0;

		while (before < i && strcmp(conf->jobs[before].queue, conf->jobs[i].queue) != 0)
			before++;
		if (before == i && strcmp(conf->jobs[i].queue, DEFAULT_QUEUE) != 0)
			fprintf(out, " %s", conf->jobs[i].queue);
	}
	if (fclose(out) != 0) {
		free(queues);
		return NULL;
	}
	return queues;
}

static bool
has_scheduler(const struct conf *conf)
{
	for (size_t i = 0; i < conf->program_count; i++)
		if (conf->programs[i].role == CONF_ROLE_SCHEDULER)
			return true;
	return false;
}

/* Without jobs there may be programs to look after, and then nobody is at the queue's socket.  What
 * is still to be said there keeps us. */
static void
join_queue(struct runner *runner, bool wanted)
{
	if (!runner->has_queue && wanted) {
		runner->has_queue = true;
		queue_client_open(runner->client);
	} else if (runner->has_queue && !wanted && guards_any(&runner->guards) &&
		   runner_running(runner) == 0 && runner->slots.unsaid == 0) {
		runner->has_queue = false;
		queue_client_finish(runner->client);
	} else if (runner->has_queue) {
		queue_client_ask(runner->client);
	}
}

static void
loaded(void *arg, struct conf *conf)
{
	struct runner *runner = arg;
	char *queues = queues_of(conf);
	bool first = runner->conf == NULL;

	if (queues == NULL || queue_client_set_queues(runner->client, queues) == -1) {
		log_errx("the new configuration is not used: out of memory");
		free(queues);
		conf_free(conf);
		return;
	}
	free(queues);
	guards_load(&runner->guards, conf);
	conf_free(runner->conf);
	runner->conf = conf;
	/* Without a job nothing is ours to take. */
	runner->slots.size = conf->job_count == 0 ? 0 : conf->runner.concurrency;
	log_info("%s: %zu jobs, %lld at the same time", conf->file, conf->job_count,
	    (long long)conf->runner.concurrency);
	join_queue(runner, has_scheduler(conf));
	if (first)
		notify_send("READY=1");
}

static void
each_running(void *arg, void (*each)(void *, const char *), void *each_arg)
{
	struct runner *runner = arg;
	const struct condition *condition;
	const struct run *run;

	TAILQ_FOREACH (run, &runner->runs.list, entry)
		each(each_arg, run->jid);
	net_each(&runner->net, each, each_arg);
	TAILQ_FOREACH (condition, &runner->conditions.list, entry)
		if (condition->passed)
			each(each_arg, condition->jid);
}

static void
settled(void *arg)
{
	runner_stop_if_done(arg);
}

/* The calls of one turn of the loop were reported one by one. */
static void
calls_settled(void *arg)
{
	runner_stop_if_done(arg);
}

static void
breaker_changed(void *arg, const char *target, const struct breaker *breaker)
{
	struct runner *runner = arg;
	struct walltime until = { 0 };
	int64_t left_ms = monotime_diff_ms(breaker->until, monotime_now());

	if (breaker->state == BREAKER_OPEN)
		until = walltime_add_ms(walltime_now(), left_ms);
	queue_client_breaker(
	    runner->client, target, breaker_state_word(breaker->state), until, breaker->failures);
}

static void
greeted(void *arg)
{
	struct runner *runner = arg;

	net_tell_breakers(&runner->net);
}

static bool
is_foreign(void *arg, pid_t pid)
{
	struct runner *runner = arg;

	return guards_has_child(&runner->guards, pid);
}

static void
foreign_ended(void *arg, pid_t pid, int wait_status)
{
	struct runner *runner = arg;

	guards_child_ended(&runner->guards, pid, wait_status);
}

static void
watch_children(struct runner *runner)
{
	sigset_t child;
	int fd;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, NULL) == -1 ||
	    (fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		fatal("signalfd");
	runner->children = event_new(runner->base, fd, EV_READ | EV_PERSIST, on_child, runner);
	if (runner->children == NULL || event_add(runner->children, NULL) == -1)
		fatalx("can't watch children");
}

static void
runs_set_up(struct runner *runner)
{
	struct runs *runs = &runner->runs;

	TAILQ_INIT(&runs->list);
	runs->base = runner->base;
	runs->relay = relay_new(runner->base, STDOUT_FILENO);
	runs->oom_fd = oom_open();
	runs->finished = runner_job_ended;
	runs->misfired = runner_job_misfired;
	runs->is_foreign = is_foreign;
	runs->foreign_ended = foreign_ended;
	runs->arg = runner;
}

/* At the start, so failing is fatal: jobd starts us again. */
static void
runner_set_up(struct runner *runner, const char *queue_path, const char *control_path)
{
	const struct {
		int signum;
		event_callback_fn callback;
	} signals[RUNNER_SIGNALS] = {
		{SIGHUP,   on_hangup          },
                { SIGTERM, runner_on_terminate},
		{ SIGINT,  runner_on_terminate}
	};
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	/* Orphans of jobs come to us, so that we see the last of them end. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		fatal("can't become a subreaper");
	sigaction(SIGPIPE, &ignore, NULL);
	if ((runner->base = event_base_new()) == NULL)
		fatalx("can't make an event loop");
	runs_set_up(runner);
	runner->net = (struct net){ .base = runner->base, .owner = &net_owner, .arg = runner };
	runner->settings = settings_new(runner->base, control_path, loaded, runner);
	runner->client = queue_client_new(runner->base, queue_path, &runner->slots, &owner, runner);
	runner->stop_timer = evtimer_new(runner->base, runner_on_stop_timer, runner);
	conditions_init(&runner->conditions);
	runner->passed = event_new(runner->base, -1, 0, runner_on_passed, runner);
	if (runner->runs.relay == NULL || runner->settings == NULL || runner->client == NULL ||
	    runner->stop_timer == NULL || runner->passed == NULL ||
	    guards_init(&runner->guards, runner->base, control_path, &runner->net) == -1)
		fatalx("out of memory");
	runner->runs.wid = queue_client_wid(runner->client);
	watch_children(runner);
	for (size_t i = 0; i < RUNNER_SIGNALS; i++) {
		runner->signals[i] =
		    evsignal_new(runner->base, signals[i].signum, signals[i].callback, runner);
		if (runner->signals[i] == NULL || event_add(runner->signals[i], NULL) == -1)
			fatalx("can't watch signals");
	}
}

static void
runner_clean_up(struct runner *runner)
{
	queue_client_finish(runner->client);
	guards_clear(&runner->guards);
	/* A thread that waits for a server has no end to wait for; exit(3) would pull the libraries
	 * away under it. */
	if (!net_close(&runner->net))
		_exit(EXIT_SUCCESS);
	for (size_t i = 0; i < RUNNER_SIGNALS; i++)
		event_free(runner->signals[i]);
	close(event_get_fd(runner->children));
	event_free(runner->children);
	event_free(runner->stop_timer);
	event_free(runner->passed);
	conditions_clear(&runner->conditions);
	if (runner->runs.look != NULL)
		event_free(runner->runs.look);
	while (!TAILQ_EMPTY(&runner->runs.list)) {
		struct run *run = TAILQ_FIRST(&runner->runs.list);

		TAILQ_REMOVE(&runner->runs.list, run, entry);
		run_free(run);
	}
	settings_free(runner->settings);
	queue_client_free(runner->client);
	relay_free(runner->runs.relay);
	conf_free(runner->conf);
	event_base_free(runner->base);
}

int
runner_main(const char *run_dir, int64_t stop_timeout_ms)
{
	struct runner runner = { .stop_timeout_ms = stop_timeout_ms };
	char *queue_path, *control_path;

	if (asprintf(&queue_path, "%s/" PROTO_QUEUE_SOCKET, run_dir) == -1 ||
	    asprintf(&control_path, "%s/" PROTO_CONTROL_SOCKET, run_dir) == -1)
		fatalx("out of memory");
	runner_set_up(&runner, queue_path, control_path);
	settings_fetch(runner.settings);
	event_base_dispatch(runner.base);
	runner_clean_up(&runner);
	free(queue_path);
	free(control_path);
	return EXIT_SUCCESS;
}
