#include <stdlib.h>
#include <string.h>

#include "hold.h"

struct held_job {
	TAILQ_ENTRY(held_job) entry;
	const struct peer *peer;
	char jid[JOB_JID_MAX + 1];
};

static void on_alarm(evutil_socket_t, short what, void *hold);

static void
forget(struct held_list *list, struct held_job *held)
{
	TAILQ_REMOVE(list, held, entry);
	free(held);
}

static void
forget_all(struct held_list *list)
{
	while (!TAILQ_EMPTY(list))
		forget(list, TAILQ_FIRST(list));
}

int
hold_open(struct hold *hold, struct event_base *base, void (*release)(void *arg), void *arg)
{
	TAILQ_INIT(&hold->jobs);
	TAILQ_INIT(&hold->lost);
	hold->release = release;
	hold->arg = arg;
	return alarm_open(&hold->alarm, base, on_alarm, hold);
}

void
hold_close(struct hold *hold)
{
	forget_all(&hold->jobs);
	forget_all(&hold->lost);
	alarm_close(&hold->alarm);
}

void
hold_begin(struct hold *hold, struct walltime until)
{
	hold->on = true;
	hold->until = until;
	if (!alarm_set(&hold->alarm, until))
		event_active(hold->alarm.event, EV_READ, 0);
}

/* A clock that was set does not matter: it is a matter of milliseconds. */
static void
on_alarm(evutil_socket_t fd, short what, void *arg)
{
	struct hold *hold = arg;

	(void)fd;
	(void)what;
	(void)alarm_cause(&hold->alarm);
	if (!hold->on)
		return;
	hold->on = false;
	forget_all(&hold->jobs);
	hold->release(hold->arg);
}

bool
hold_is_for(const struct hold *hold, const struct job *job)
{
	return hold->on && job->created_at.us > walltime_now().us;
}

/* Without memory it is given back as if it had been taken. */
void
hold_job(struct hold *hold, const struct peer *peer, const char *jid)
{
	struct held_job *held = calloc(1, sizeof(*held));

	if (held == NULL)
		return;
	held->peer = peer;
	strlcpy(held->jid, jid, sizeof(held->jid));
	TAILQ_INSERT_TAIL(&hold->jobs, held, entry);
}

void
hold_undo(struct hold *hold, const struct peer *peer)
{
	struct held_job *held, *next;

	TAILQ_FOREACH_SAFE (held, &hold->jobs, entry, next)
		if (held->peer == peer)
			forget(&hold->jobs, held);
}

bool
hold_lose(struct hold *hold, const struct peer *peer)
{
	struct held_job *held, *next;

	TAILQ_FOREACH_SAFE (held, &hold->jobs, entry, next) {
		if (held->peer != peer)
			continue;
		TAILQ_REMOVE(&hold->jobs, held, entry);
		TAILQ_INSERT_TAIL(&hold->lost, held, entry);
	}
	return !TAILQ_EMPTY(&hold->lost);
}

/* Of those that were ended meanwhile nothing is left to give. */
enum store_result
hold_give_back(struct hold *hold, struct queue *queue)
{
	enum store_result result = STORE_OK;
	struct held_job *held;
	struct job job;

	while (result == STORE_OK && (held = TAILQ_FIRST(&hold->lost)) != NULL) {
		result = queue->store->ops->job_get_brief(queue->store, held->jid, &job);
		if (result == STORE_OK) {
			if (job.state == JOB_RUNNING)
				result = queue_give_back(queue, &job);
			job_clear(&job);
		} else if (result == STORE_NONE)
			result = STORE_OK;
		if (result == STORE_OK)
			forget(&hold->lost, held);
	}
	return result;
}
