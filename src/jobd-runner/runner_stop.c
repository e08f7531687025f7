#include "base/log.h"
#include "base/notify.h"
#include "runner_private.h"

/* How the runner ends: jobs get all the time that there is. */

/*
 * What is done when so much of the stop's time is left: a fraction of it, but not more than
 * most_ms.  Jobs get all the time that is not needed for what comes after.
 */
struct stop_step {
	int64_t divisor, most_ms;
	void (*act)(struct runner *);
};

static void stop_end_jobs(struct runner *);
static void stop_kill_jobs(struct runner *);
static void stop_now(struct runner *);
static void stop_wait_for_step(struct runner *);
static void stop_begin(struct runner *);

static const struct stop_step stop_steps[] = {
	{3,   3000, stop_end_jobs },
	{ 6,  1500, stop_kill_jobs},
	{ 20, 300,  stop_now      },
};
#define STOP_STEPS (sizeof(stop_steps) / sizeof(stop_steps[0]))

size_t
runner_running(const struct runner *runner)
{
	return runner->runs.count + net_count(&runner->net) + runner->conditions.passed;
}

/* Most calls have but one end, so they keep going for as long as they may. */
static void
stop_end_jobs(struct runner *runner)
{
	runs_end_all(&runner->runs, RESULT_STOPPED);
	net_end_all(&runner->net, RESULT_STOPPED, true);
}

static void
stop_kill_jobs(struct runner *runner)
{
	runs_end_all(&runner->runs, RESULT_STOPPED);
	net_end_all(&runner->net, RESULT_STOPPED, false);
	runs_kill_all(&runner->runs);
}

static void
stop_now(struct runner *runner)
{
	if (runner_running(runner) > 0)
		log_errx("%zu jobs can't be ended in time", runner_running(runner));
	event_base_loopbreak(runner->base);
}

static void
stop_wait_for_step(struct runner *runner)
{
	const struct stop_step *step = &stop_steps[runner->stop_step];
	int64_t total = runner->stop_timeout_ms, left = total / step->divisor;
	struct timeval delay;

	if (left > step->most_ms)
		left = step->most_ms;
	delay = monotime_until(monotime_add_ms(runner->stop_began, total - left));
	event_add(runner->stop_timer, &delay);
}

void
runner_on_stop_timer(evutil_socket_t fd, short events, void *arg)
{
	struct runner *runner = arg;

	(void)fd;
	(void)events;
	stop_steps[runner->stop_step++].act(runner);
	if (runner->stop_step < STOP_STEPS)
		stop_wait_for_step(runner);
}

/* A job may be on its way to us: it is run, for it was given. */
void
runner_stop_if_done(struct runner *runner)
{
	if (runner->slots.stopping && runner_running(runner) == 0 && runner->slots.unsaid == 0 &&
	    !slots_job_may_come(&runner->slots))
		event_base_loopbreak(runner->base);
}

static void
stop_begin(struct runner *runner)
{
	log_info("stopping; %zu jobs are running", runner_running(runner));
	notify_send("STOPPING=1");
	runner->slots.stopping = true;
	runner->stop_began = monotime_now();
	settings_give_up(runner->settings);
	guards_stop(&runner->guards);
	queue_client_ask(runner->client);
	stop_wait_for_step(runner);
	runner_stop_if_done(runner);
}

/* The second one takes the time away that the first one gave. */
void
runner_on_terminate(evutil_socket_t fd, short events, void *arg)
{
	struct runner *runner = arg;

	(void)fd;
	(void)events;
	if (!runner->slots.stopping)
		stop_begin(runner);
	else {
		stop_end_jobs(runner);
		net_end_all(&runner->net, RESULT_STOPPED, false);
	}
}
