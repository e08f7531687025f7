/* What the measures are at this moment. */
#include <sys/statvfs.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alert.h"
#include "base/log.h"
#include "program_states.h"
#include "server.h"

typedef enum store_result (*measure_fn)(struct alerts *, struct alert *);

static enum store_result measure_state(struct alerts *, struct alert *),
    measure_oldest(struct alerts *, struct alert *),
    measure_breakers(struct alerts *, struct alert *),
    measure_outboxes(struct alerts *, struct alert *),
    measure_programs(struct alerts *, struct alert *),
    measure_missed(struct alerts *, struct alert *), measure_rate(struct alerts *, struct alert *),
    measure_disk(struct alerts *, struct alert *);

static const measure_fn measures[ALERT_MEASURE_COUNT] = {
	[ALERT_DEAD] = measure_state,
	[ALERT_WAITING] = measure_state,
	[ALERT_OLDEST_WAITING] = measure_oldest,
	[ALERT_RETRY] = measure_state,
	[ALERT_BREAKER] = measure_breakers,
	[ALERT_OUTBOX] = measure_outboxes,
	[ALERT_PROGRAM] = measure_programs,
	[ALERT_MISSED] = measure_missed,
	[ALERT_FAILURE_RATE] = measure_rate,
	[ALERT_DISK] = measure_disk,
};

enum store_result
alert_measure(struct alerts *alerts, struct alert *alert)
{
	alert->known = true;
	alert->value = 0;
	alert->detail[0] = '\0';
	alert->again_at.us = 0;
	alert->pace_ms = ALERT_PACE_MS;
	return measures[alert->when.measure](alerts, alert);
}

/* Names are listed as far as there is room. */
static void
add_detail(struct alert *alert, const char *name)
{
	if (alert->detail[0] != '\0')
		strlcat(alert->detail, ", ", sizeof(alert->detail));
	strlcat(alert->detail, name, sizeof(alert->detail));
}

static enum store_result
measure_state(struct alerts *alerts, struct alert *alert)
{
	static const enum job_state states[ALERT_MEASURE_COUNT] = {
		[ALERT_DEAD] = JOB_DEAD,
		[ALERT_WAITING] = JOB_READY,
		[ALERT_RETRY] = JOB_RETRY,
	};
	enum job_state state = states[alert->when.measure];
	struct store *store = alerts->scheduler->store;
	int64_t counts[JOB_STATE_COUNT];
	struct job_filter filter = { .states = 1u << state };
	enum store_result result;

	if (alert->when.scope == ALERT_OF_QUEUE)
		filter.queue = alert->when.name;
	if (alert->when.scope == ALERT_OF_TYPE)
		filter.type = alert->when.name;
	result = store->ops->job_count(store, &filter, counts);
	alert->value = result == STORE_OK ? counts[state] : 0;
	return result;
}

struct oldest {
	const struct alert *alert;
	struct walltime at;
	int64_t ready;
};

static bool
look_at_queue(void *arg, const struct queue_record *record)
{
	struct oldest *oldest = arg;
	const struct alert_when *when = &oldest->alert->when;

	oldest->ready += record->size;
	if (when->scope == ALERT_OF_QUEUE && strcmp(when->name, record->name) != 0)
		return true;
	if (walltime_is_set(record->oldest) &&
	    (!walltime_is_set(oldest->at) || record->oldest.us < oldest->at.us))
		oldest->at = record->oldest;
	return true;
}

/* It comes true by itself. */
static enum store_result
measure_oldest(struct alerts *alerts, struct alert *alert)
{
	struct store *store = alerts->scheduler->store;
	struct oldest oldest = { .alert = alert };
	struct walltime now = alerts->scheduler->queue.now;
	enum store_result result = store->ops->queue_list(store, look_at_queue, &oldest);

	if (oldest.ready > ALERT_MANY)
		alert->pace_ms = ALERT_SLOW_PACE_MS;
	if (result != STORE_OK || !walltime_is_set(oldest.at))
		return result;
	alert->value = walltime_diff_ms(now, oldest.at);
	if (alert->value < 0)
		alert->value = 0;
	if (!alert_when_holds(&alert->when, alert->value))
		alert->again_at = walltime_add_ms(oldest.at, alert->when.threshold + 1);
	return STORE_OK;
}

static enum store_result
measure_breakers(struct alerts *alerts, struct alert *alert)
{
	const struct breaker *breaker;

	TAILQ_FOREACH (breaker, &alerts->scheduler->server->breakers.list, entry) {
		if (breaker->state == BREAKER_CLOSED)
			continue;
		alert->value++;
		add_detail(alert, breaker->target);
	}
	return STORE_OK;
}

/* Of those that nobody has told of yet nothing is said, neither good nor bad. */
static enum store_result
measure_outboxes(struct alerts *alerts, struct alert *alert)
{
	const struct conf *conf = alerts->scheduler->conf;
	bool knows_all = true;

	for (size_t i = 0; i < conf->outbox_count; i++) {
		const struct outbox_state *state = outbox_states_find(
		    &alerts->scheduler->server->outboxes, conf->outboxes[i].name);

		if (!conf->outboxes[i].enabled)
			continue;
		knows_all &= state != NULL;
		if (state == NULL || state->trouble[0] == '\0')
			continue;
		alert->value++;
		add_detail(alert, state->name);
	}
	alert->known = knows_all || alert_when_holds(&alert->when, alert->value);
	return STORE_OK;
}

struct fatal_look {
	struct alert *alert;
	const struct conf *conf;
};

static bool
look_at_program(void *arg, const char *program, const char *name)
{
	struct fatal_look *look = arg;
	struct alert *alert = look->alert;

	/* One that a reload took away is not told as such. */
	if (conf_find_program(look->conf, program) == NULL ||
	    (alert->when.scope == ALERT_OF_PROGRAM && strcmp(alert->when.name, program) != 0))
		return true;
	alert->value++;
	add_detail(alert, name);
	return true;
}

static enum store_result
measure_programs(struct alerts *alerts, struct alert *alert)
{
	const struct program_states *states = alerts->scheduler->programs;
	struct fatal_look look = { alert, alerts->scheduler->conf };

	alert->known = program_states_known(states);
	if (alert->known)
		program_states_fatal(states, look_at_program, &look);
	return STORE_OK;
}

/* What is told as bad gets better by itself. */
static void
sum(struct alerts *alerts, struct alert *alert, int64_t *all, int64_t *bad)
{
	struct walltime now = alerts->scheduler->queue.now;

	alert_window_sum(&alert->window, now, all, bad);
	*all += alert->staged_all;
	*bad += alert->staged_bad;
	if (*bad > 0)
		alert->again_at = alert_window_next(&alert->window, now);
}

static enum store_result
measure_missed(struct alerts *alerts, struct alert *alert)
{
	int64_t all, bad;

	sum(alerts, alert, &all, &bad);
	alert->value = bad;
	/* Nothing that is told comes of forgetting. */
	if (alert->progress.state == ALERT_OK && !alert_when_holds(&alert->when, bad))
		alert->again_at.us = 0;
	return STORE_OK;
}

static enum store_result
measure_rate(struct alerts *alerts, struct alert *alert)
{
	int64_t all, bad;

	sum(alerts, alert, &all, &bad);
	alert->value = all >= alert->when.least && all > 0 ? bad * 100 / all : 0;
	if (all > 0)
		snprintf(alert->detail, sizeof(alert->detail), "%lld of %lld", (long long)bad,
		    (long long)all);
	if (alert->progress.state == ALERT_OK && !alert_when_holds(&alert->when, alert->value))
		alert->again_at.us = 0;
	return STORE_OK;
}

static enum store_result
measure_disk(struct alerts *alerts, struct alert *alert)
{
	const struct scheduler *scheduler = alerts->scheduler;
	struct statvfs fs;

	alert->again_at = walltime_add_ms(scheduler->queue.now, ALERT_DISK_MS);
	alert->pace_ms = ALERT_SLOW_PACE_MS;
	if (statvfs(scheduler->conf->state_dir, &fs) == -1 || fs.f_blocks == 0) {
		alert->known = false;
		log_debug("%s: %s", scheduler->conf->state_dir, strerror(errno));
	} else if (alert->when.unit == ALERT_PERCENT)
		alert->value = (int64_t)((double)fs.f_bavail * 100 / (double)fs.f_blocks);
	else
		alert->value = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	return STORE_OK;
}
