#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert.h"
#include "base/log.h"
#include "queue_private.h"

#define NOTE_PREFIX "alert/"

/* With a job in the section `alerts`. */
static const struct {
	const char *name, *when;
} defaults[] = {
	{"dead",     "dead > 100"    },
	{ "waiting", "waiting > 1000"},
	{ "breaker", "breaker > 0"   },
};
#define DEFAULT_COUNT (sizeof(defaults) / sizeof(defaults[0]))

struct alerts *
alerts_new(struct scheduler *scheduler)
{
	struct alerts *alerts = calloc(1, sizeof(*alerts));

	if (alerts == NULL)
		return NULL;
	alerts->scheduler = scheduler;
	alerts->begun = walltime_now();
	return alerts;
}

static void
list_free(struct alert *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].condition);
		free(list[i].job);
	}
	free(list);
}

void
alerts_free(struct alerts *alerts)
{
	if (alerts == NULL)
		return;
	list_free(alerts->list, alerts->count);
	free(alerts);
}

/* The configuration. */

/* Of a measure that nobody keeps, what was before the start is not known. */
static struct walltime
trusted_from(const struct alerts *alerts, const struct alert_when *when)
{
	int64_t wait_ms = when->measure == ALERT_BREAKER ? ALERT_BREAKERS_MS : when->over_ms;

	return wait_ms > 0 ? walltime_add_ms(alerts->begun, wait_ms) : (struct walltime){ 0 };
}

static int
add(struct alerts *alerts, const char *name, const char *condition, const char *job)
{
	const struct conf_alerting *alerting = &alerts->scheduler->conf->alerting;
	struct alert *list = reallocarray(alerts->list, alerts->count + 1, sizeof(*list)), *alert;
	char why[ALERT_ERROR_MAX];

	if (list == NULL)
		return -1;
	alerts->list = list;
	alert = &list[alerts->count];
	memset(alert, 0, sizeof(*alert));
	strlcpy(alert->name, name, sizeof(alert->name));
	/* The configuration was checked. */
	if (alert_when_parse(condition, &alert->when, why) == -1)
		return 0;
	alert->condition = strdup(condition);
	alert->job = strdup(job != NULL && job[0] != '\0' ? job : alerting->job);
	alert->rule.repeat_ms = alerting->repeat_ms;
	alert->trusted_from = trusted_from(alerts, &alert->when);
	alert_window_init(&alert->window, alert->when.over_ms);
	alerts->count++;
	return alert->condition == NULL || alert->job == NULL ? -1 : 0;
}

static bool
is_configured(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->alert_count; i++)
		if (strcmp(conf->alerts[i].name, name) == 0)
			return true;
	return false;
}

static int
add_all(struct alerts *alerts)
{
	const struct conf *conf = alerts->scheduler->conf;

	for (size_t i = 0; i < conf->alert_count; i++) {
		const struct conf_alert *given = &conf->alerts[i];
		size_t before = alerts->count;

		if (!given->enabled)
			continue;
		if (add(alerts, given->name, given->when, given->job) == -1)
			return -1;
		if (alerts->count == before)
			continue;
		alerts->list[before].rule.hold_ms = given->hold_ms;
		if (given->repeat_ms != CONF_UNSET)
			alerts->list[before].rule.repeat_ms = given->repeat_ms;
	}
	/* A configuration of a test has no texts. */
	if (conf->alerting.job == NULL || conf->alerting.job[0] == '\0' || !conf->alerting.defaults)
		return 0;
	for (size_t i = 0; i < DEFAULT_COUNT; i++)
		if (!is_configured(conf, defaults[i].name) &&
		    add(alerts, defaults[i].name, defaults[i].when, NULL) == -1)
			return -1;
	return 0;
}

static struct alert *
find(struct alert *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

/* What was counted goes on if it is still the same that is counted. */
static void
take_over(struct alerts *alerts, struct alert *list, size_t count)
{
	for (size_t i = 0; i < alerts->count; i++) {
		struct alert *alert = &alerts->list[i], *old = find(list, count, alert->name);

		if (old == NULL || strcmp(old->condition, alert->condition) != 0)
			continue;
		alert->window = old->window;
		alert->trusted_from = old->trusted_from;
	}
}

struct gone {
	struct alerts *alerts;
	char key[NOTE_KEY_MAX]; /* of an alert that is not there any more */
};

static bool
take_note(void *arg, const char *key, const char *text)
{
	struct gone *gone = arg;
	struct alert *alert =
	    find(gone->alerts->list, gone->alerts->count, key + sizeof(NOTE_PREFIX) - 1);

	if (alert != NULL)
		alert_progress_read(text, &alert->progress);
	else
		strlcpy(gone->key, key, sizeof(gone->key));
	return true;
}

static enum store_result
read_notes(struct alerts *alerts)
{
	struct store *store = alerts->scheduler->store;
	struct gone gone = { .alerts = alerts };
	enum store_result result;

	do {
		gone.key[0] = '\0';
		result = store->ops->note_list(store, NOTE_PREFIX, take_note, &gone);
		if (result == STORE_OK && gone.key[0] != '\0')
			result = store->ops->note_put(store, gone.key, NULL);
	} while (result == STORE_OK && gone.key[0] != '\0');
	return result;
}

enum store_result
alerts_load(struct alerts *alerts)
{
	struct alert *old = alerts->list;
	size_t old_count = alerts->count;
	enum store_result result = STORE_OK;

	alerts->list = NULL;
	alerts->count = 0;
	if (add_all(alerts) == -1)
		result = queue_no_memory(&alerts->scheduler->queue);
	take_over(alerts, old, old_count);
	list_free(old, old_count);
	alerts->touched = true;
	return result == STORE_OK ? read_notes(alerts) : result;
}

/* What happened. */

void
alerts_touch(struct alerts *alerts)
{
	alerts->touched = true;
}

static bool
is_about(const struct alert *alert, const struct job *job)
{
	switch (alert->when.scope) {
	case ALERT_OF_QUEUE:
		return strcmp(alert->when.name, job->queue) == 0;
	case ALERT_OF_TYPE:
		return strcmp(alert->when.name, job->type) == 0;
	case ALERT_EVERYTHING:
	case ALERT_OF_PROGRAM:
		break;
	}
	return true;
}

void
alerts_attempt(struct alerts *alerts, const struct job *job, bool success)
{
	for (size_t i = 0; i < alerts->count; i++) {
		struct alert *alert = &alerts->list[i];

		if (alert->when.measure != ALERT_FAILURE_RATE || !is_about(alert, job))
			continue;
		alert->staged_all++;
		alert->staged_bad += !success;
	}
	alerts->touched = true;
}

void
alerts_missed(struct alerts *alerts, const char *type)
{
	for (size_t i = 0; i < alerts->count; i++) {
		struct alert *alert = &alerts->list[i];

		if (alert->when.measure != ALERT_MISSED ||
		    (alert->when.scope == ALERT_OF_TYPE && strcmp(alert->when.name, type) != 0))
			continue;
		alert->staged_all++;
		alert->staged_bad++;
	}
	alerts->touched = true;
}

void
alerts_settle(struct alerts *alerts, bool committed)
{
	for (size_t i = 0; i < alerts->count; i++) {
		struct alert *alert = &alerts->list[i];

		if (committed && alert->staged_all > 0)
			alert_window_add(&alert->window, alerts->scheduler->queue.now,
			    alert->staged_all, alert->staged_bad);
		alert->staged_all = alert->staged_bad = 0;
	}
}

/* Looks. */

static bool
has_come(struct walltime when, struct walltime now)
{
	return walltime_is_set(when) && when.us <= now.us;
}

static bool
is_time(const struct alert *alert, struct walltime now)
{
	int64_t waited = walltime_diff_ms(now, alert->looked_at);

	/* A clock that was set back must not blind it. */
	if (!walltime_is_set(alert->looked_at) || waited < 0)
		return true;
	return (alert->behind && waited >= alert->pace_ms) ||
	       has_come(alert_due(&alert->rule, &alert->progress), now) ||
	       has_come(alert->again_at, now);
}

static enum store_result
tell(struct alerts *alerts, struct alert *alert, enum alert_action action)
{
	struct queue *queue = &alerts->scheduler->queue;
	char *args = alert_arguments(alert, action, queue->now);
	enum queue_answer answer;
	char why[QUEUE_WHY_MAX];
	struct job job;

	if (args == NULL || queue_make_named(queue, alert->job, args, &job) == -1) {
		free(args);
		return queue_no_memory(queue);
	}
	answer = queue_push_made(queue, &job, why);
	if (answer == QUEUE_REFUSED || answer == QUEUE_NOT_UNIQUE)
		log_warnx("alert %s can't be told: %s", alert->name, why);
	job_clear(&job);
	free(args);
	return answer == QUEUE_FAILED ? STORE_FAILED : STORE_OK;
}

static void
tell_followers(struct alerts *alerts, const struct alert *alert, enum alert_action action)
{
	struct queue *queue = &alerts->scheduler->queue;
	bool firing = action == ALERT_SAY_FIRING;
	char text[ALERT_TEXT_MAX];

	alert_sentence(alert, action, queue->now, text, sizeof(text));
	queue_tell(queue, &(struct queue_event){ .kind = "alert",
			      .name = alert->name,
			      .jid = "",
			      .type = "",
			      .queue = "",
			      .tags = "",
			      .reason = text,
			      .from = firing ? "ok" : "firing",
			      .to = firing ? "firing" : "ok" });
}

static enum store_result
keep(struct alerts *alerts, const struct alert *alert)
{
	struct store *store = alerts->scheduler->store;
	char key[NOTE_KEY_MAX + sizeof(NOTE_PREFIX)], text[NOTE_TEXT_MAX];

	snprintf(key, sizeof(key), NOTE_PREFIX "%s", alert->name);
	alert_progress_write(&alert->progress, text, sizeof(text));
	return store->ops->note_put(store, key, text);
}

/* It began before the start, since when this is counted. */
static bool
is_from_before(const struct alerts *alerts, const struct alert *alert)
{
	return alert->progress.state != ALERT_OK && alert->progress.since.us < alerts->begun.us;
}

static enum alert_found
found_by(const struct alerts *alerts, const struct alert *alert, struct walltime now)
{
	if (!alert->known)
		return ALERT_UNKNOWN;
	if (alert_when_holds(&alert->when, alert->value))
		return ALERT_HOLDS;
	return is_from_before(alerts, alert) && alert->trusted_from.us > now.us ? ALERT_UNKNOWN
										: ALERT_HOLDS_NOT;
}

static enum store_result
look(struct alerts *alerts, struct alert *alert)
{
	struct walltime now = alerts->scheduler->queue.now, since = alert->progress.since;
	enum alert_state before = alert->progress.state;
	enum alert_action action;
	enum store_result result;

	if ((result = alert_measure(alerts, alert)) != STORE_OK)
		return result;
	alert->looked_at = now;
	alert->behind = false;
	action = alert_step(&alert->rule, &alert->progress, found_by(alerts, alert, now), now);
	if (is_from_before(alerts, alert) && alert->trusted_from.us > now.us)
		alert->again_at = walltime_earlier(alert->again_at, alert->trusted_from);
	if (action == ALERT_SAY_NOTHING && alert->progress.state == before)
		return STORE_OK;
	if (action == ALERT_SAY_RESOLVED)
		alert->progress.since = since;
	if (action != ALERT_SAY_NOTHING) {
		tell_followers(alerts, alert, action);
		result = tell(alerts, alert, action);
	}
	if (action == ALERT_SAY_RESOLVED)
		alert->progress.since.us = 0;
	return result == STORE_OK ? keep(alerts, alert) : result;
}

enum store_result
alerts_advance(struct alerts *alerts)
{
	struct walltime now = alerts->scheduler->queue.now;
	bool touched = alerts->touched;
	enum store_result result = STORE_OK;

	alerts->touched = false;
	for (size_t i = 0; i < alerts->count && result == STORE_OK; i++) {
		struct alert *alert = &alerts->list[i];

		alert->behind |= touched;
		if (is_time(alert, now))
			result = look(alerts, alert);
	}
	return result;
}

struct walltime
alerts_next(struct alerts *alerts)
{
	struct walltime next = { 0 };

	for (size_t i = 0; i < alerts->count; i++) {
		struct alert *alert = &alerts->list[i];

		alert->behind |= alerts->touched;
		next = walltime_earlier(next, alert_due(&alert->rule, &alert->progress));
		next = walltime_earlier(next, alert->again_at);
		if (alert->behind)
			next = walltime_earlier(
			    next, walltime_add_ms(alert->looked_at, alert->pace_ms));
	}
	alerts->touched = false;
	return next;
}
