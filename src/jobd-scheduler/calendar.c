#include <sys/queue.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "calendar_private.h"
#include "render.h"

/* Decided in one transaction: a long row of missed ticks must not keep others waiting. */
#define BATCH 64
/* Records of ticks that are kept of each schedule, and how often older ones are removed. */
#define TICKS_KEEP TICK_WINDOW
#define TRIM_EVERY 64

static enum store_result advance_entry(struct calendar *, struct entry *);
static enum store_result do_tick(
    struct calendar *, struct entry *, const struct tick *, bool catching_up);

struct calendar *
calendar_new(struct queue *queue)
{
	struct calendar *calendar = calloc(1, sizeof(*calendar));

	if (calendar != NULL)
		calendar->queue = queue;
	return calendar;
}

void
calendar_forget(struct calendar *calendar)
{
	for (size_t i = 0; i < calendar->count; i++)
		schedule_free(calendar->entries[i].schedule);
	free(calendar->entries);
	calendar->entries = NULL;
	calendar->count = 0;
	calendar->routine_next.us = 0;
}

void
calendar_free(struct calendar *calendar)
{
	if (calendar == NULL)
		return;
	calendar_forget(calendar);
	free(calendar);
}

static int
next_due(const void *arg, struct walltime after, struct walltime *next)
{
	const struct entry *entry = arg;

	return schedule_next(entry->schedule, after, &entry->rules, next, NULL);
}

static struct tick_rules
rules_of(const struct entry *entry)
{
	return (struct tick_rules){
		.name = entry->job->name,
		.catch_up = entry->job->catch_up,
		.max_age_ms = entry->job->catch_up_max_age_ms,
		.jitter_ms = entry->job->jitter_ms,
		.paused = entry->state.paused,
		.next = next_due,
		.next_arg = entry,
	};
}

static bool
is_active(const struct entry *entry)
{
	return entry->schedule != NULL && entry->job->enabled && !entry->job->manual_only;
}

static void
set_next(struct entry *entry)
{
	struct tick_rules rules = rules_of(entry);

	entry->next.us = 0;
	if (is_active(entry))
		entry->next = tick_next_fire(&rules, entry->state.cursor);
}

/* The options that say when it is due, as text; "" while it is not in use. */
static void
fingerprint(const struct entry *entry, char *text, size_t size)
{
	text[0] = '\0';
	if (is_active(entry))
		snprintf(text, size, "%" PRId64 "|%" PRId64 "|%s|%s", entry->job->dst_gap,
		    entry->job->dst_overlap, schedule_zone(entry->schedule), entry->job->schedule);
}

/* Reads an entry's state; one that is new, was not in use or has changed starts now. */
static enum store_result
load_state(struct calendar *calendar, struct entry *entry)
{
	struct store *store = calendar->queue->store;
	struct schedule_state *state = &entry->state;
	char print[sizeof(state->fingerprint)];
	enum store_result result;

	memset(state, 0, sizeof(*state));
	if ((result = store->ops->schedule_get(store, entry->job->name, state)) == STORE_FAILED)
		return result;
	fingerprint(entry, print, sizeof(print));
	if (result == STORE_NONE || strcmp(print, state->fingerprint) != 0) {
		memcpy(state->fingerprint, print, sizeof(print));
		state->since = state->cursor = calendar->queue->now;
		result = store->ops->schedule_put(store, entry->job->name, state);
	}
	set_next(entry);
	return result;
}

static void
make_entry(struct entry *entry, const struct conf_job *job, const char *zone)
{
	char error[SCHEDULE_ERROR_MAX];

	*entry = (struct entry){ .job = job };
	entry->rules.gap = (enum dst_gap)job->dst_gap;
	entry->rules.overlap = (enum dst_overlap)job->dst_overlap;
	if (job->schedule[0] == '\0')
		return;
	if (job->timezone[0] != '\0')
		zone = job->timezone;
	/* The configuration was checked; only its zone can have gone since. */
	entry->schedule = schedule_parse(job->schedule, zone, error, sizeof(error));
	if (entry->schedule == NULL)
		log_errx("%s:%" PRId64 ": job %s does not run: %s", job->file, job->line, job->name,
		    error);
}

static enum store_result
retire_others(struct calendar *calendar)
{
	struct store *store = calendar->queue->store;
	const char **names = calloc(calendar->count + 1, sizeof(*names));
	enum store_result result;

	if (names == NULL) {
		snprintf(store->error, sizeof(store->error), "out of memory");
		return STORE_FAILED;
	}
	for (size_t i = 0; i < calendar->count; i++)
		names[i] = calendar->entries[i].job->name;
	result = store->ops->schedule_retire(store, names, calendar->count);
	free(names);
	return result;
}

static enum store_result
load_states(struct calendar *calendar)
{
	enum store_result result = retire_others(calendar);

	for (size_t i = 0; i < calendar->count && result == STORE_OK; i++) {
		result = load_state(calendar, &calendar->entries[i]);
		/* Its overlap rule may be another one now. */
		if (result == STORE_OK)
			result = queue_unblock(calendar->queue, calendar->entries[i].job->name);
	}
	if (result == STORE_OK)
		result = calendar_look_routines(calendar);
	return result == STORE_OK ? calendar_check_clock(calendar) : result;
}

enum store_result
calendar_load(struct calendar *calendar)
{
	const struct conf *conf = calendar->queue->conf;

	calendar_forget(calendar);
	calendar->entries = calloc(conf->job_count + 1, sizeof(*calendar->entries));
	if (calendar->entries == NULL) {
		snprintf(calendar->queue->store->error, STORE_ERROR_MAX, "out of memory");
		return STORE_FAILED;
	}
	calendar->count = conf->job_count;
	for (size_t i = 0; i < conf->job_count; i++)
		make_entry(&calendar->entries[i], &conf->jobs[i], conf->scheduler.timezone);
	return load_states(calendar);
}

struct walltime
calendar_next_fire(const struct calendar *calendar)
{
	struct walltime next = calendar->routine_next;

	for (size_t i = 0; i < calendar->count; i++) {
		struct walltime when = calendar->entries[i].next;

		if (walltime_is_set(when) && (!walltime_is_set(next) || when.us < next.us))
			next = when;
	}
	return next;
}

enum store_result
calendar_advance(struct calendar *calendar)
{
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < calendar->count && result == STORE_OK; i++) {
		struct entry *entry = &calendar->entries[i];

		if (walltime_is_set(entry->next) && entry->next.us <= calendar->queue->now.us)
			result = advance_entry(calendar, entry);
	}
	return result == STORE_OK ? calendar_advance_routines(calendar) : result;
}

static enum store_result
trim_records(struct calendar *calendar, struct entry *entry, size_t decided)
{
	struct store *store = calendar->queue->store;
	struct walltime oldest = walltime_add_ms(calendar->queue->now, -entry->job->keep_age_ms);

	entry->decided += (unsigned)decided;
	if (entry->decided < TRIM_EVERY)
		return STORE_OK;
	entry->decided = 0;
	return store->ops->tick_trim(
	    store, entry->job->name, TICKS_KEEP, oldest, entry->state.cursor, 2 * TRIM_EVERY);
}

static enum store_result
advance_entry(struct calendar *calendar, struct entry *entry)
{
	struct store *store = calendar->queue->store;
	struct tick_rules rules = rules_of(entry);
	struct tick ticks[BATCH];
	size_t count = tick_plan(&rules, entry->state.cursor, calendar->queue->now, ticks, BATCH);
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < count && result == STORE_OK; i++)
		result = do_tick(calendar, entry, &ticks[i], count > 1);
	if (result != STORE_OK)
		return result;
	if (count > 0) {
		entry->state.cursor = tick_end(&ticks[count - 1]);
		result = store->ops->schedule_put(store, entry->job->name, &entry->state);
	}
	set_next(entry);
	return result == STORE_OK ? trim_records(calendar, entry, count) : result;
}

void
tick_record_fill(struct tick_record *record, const struct tick *tick, struct walltime now)
{
	*record = (struct tick_record){
		.due_at = tick->due_at,
		.decided_at = now,
		.until = tick->until,
		.ran = tick->run,
		.late_us = now.us - tick->fire_at.us,
	};
	snprintf(record->reason, sizeof(record->reason), "%s", tick_reason_word(tick->reason));
}

void
tick_record_skip(struct tick_record *record, enum tick_reason reason)
{
	record->ran = false;
	snprintf(record->reason, sizeof(record->reason), "%s", tick_reason_word(reason));
}

enum store_result
tick_record_keep(struct calendar *calendar, const char *name, const struct tick_record *record)
{
	struct queue *queue = calendar->queue;
	enum store_result result = queue->store->ops->tick_add(queue->store, name, record);

	if (result == STORE_OK && queue->watcher != NULL)
		queue->watcher->ticked(queue->watcher_arg, name, record);
	return result;
}

/* With catch_up = all, what was missed runs one after the other, whatever the overlap rule says. */
static enum tick_action
action_of(const struct entry *entry, enum tick_action action, bool catching_up)
{
	bool skip = action == TICK_SKIP_OVERLAP || action == TICK_SKIP_BACKLOG;

	if (skip && catching_up && entry->job->catch_up == CONF_CATCH_UP_ALL)
		return TICK_BLOCK;
	return action;
}

static enum store_result
run_tick(struct calendar *calendar, struct entry *entry, struct tick_record *record,
    struct job *job, bool catching_up)
{
	static const struct {
		enum tick_action action;
		enum tick_reason reason;
	} skips[] = {
		{TICK_SKIP_OVERLAP,  TICK_OVERLAP},
                { TICK_SKIP_BACKLOG, TICK_BACKLOG}
	};
	enum tick_action action;
	enum store_result result = queue_overlap(calendar->queue, entry->job, &action);

	action = action_of(entry, action, catching_up);
	for (size_t i = 0; i < 2; i++) {
		if (action == skips[i].action)
			tick_record_skip(record, skips[i].reason);
	}
	if (record->ran)
		snprintf(record->jid, sizeof(record->jid), "%s", job->jid);
	job->due_at = record->due_at;
	if (result == STORE_OK)
		result = tick_record_keep(calendar, entry->job->name, record);
	if (result == STORE_OK && record->ran)
		result = queue_start(calendar->queue, job, action);
	return result;
}

/* Records the tick, and its job; one that has a record already is done (the clock was set back). */
static enum store_result
do_tick(struct calendar *calendar, struct entry *entry, const struct tick *tick, bool catching_up)
{
	struct store *store = calendar->queue->store;
	struct tick_record record;
	enum store_result result;
	struct job job;

	tick_record_fill(&record, tick, calendar->queue->now);
	if (!tick->run)
		result = tick_record_keep(calendar, entry->job->name, &record);
	else if (queue_make_job(calendar->queue, entry->job, entry->job->args, &job) == -1) {
		snprintf(store->error, sizeof(store->error), "out of memory");
		result = STORE_FAILED;
	} else {
		catching_up |= tick->reason == TICK_CAUGHT_UP;
		result = run_tick(calendar, entry, &record, &job, catching_up);
		job_clear(&job);
	}
	return result == STORE_EXISTS ? STORE_OK : result;
}

enum store_result
calendar_check_clock(struct calendar *calendar)
{
	struct store *store = calendar->queue->store;
	struct walltime now = calendar->queue->now;
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < calendar->count && result == STORE_OK; i++) {
		struct entry *entry = &calendar->entries[i];

		if (!is_active(entry) || entry->state.cursor.us <= now.us)
			continue;
		log_warnx("the clock was set back: schedule %s goes on from now", entry->job->name);
		entry->state.cursor = now;
		if (entry->state.since.us > now.us)
			entry->state.since = now;
		result = store->ops->schedule_put(store, entry->job->name, &entry->state);
		set_next(entry);
	}
	return result == STORE_OK ? calendar_rewind_routines(calendar) : result;
}

static struct entry *
find(struct calendar *calendar, const char *name)
{
	for (size_t i = 0; i < calendar->count; i++)
		if (strcmp(calendar->entries[i].job->name, name) == 0)
			return &calendar->entries[i];
	return NULL;
}

enum queue_answer
calendar_pause(struct calendar *calendar, const char *name, bool paused)
{
	struct store *store = calendar->queue->store;
	struct entry *entry = find(calendar, name);

	if (entry == NULL)
		return QUEUE_NO_JOB;
	if (entry->schedule == NULL)
		return QUEUE_REFUSED;
	/* What is due already is decided by what was in force until now. */
	while (walltime_is_set(entry->next) && entry->next.us <= calendar->queue->now.us)
		if (advance_entry(calendar, entry) != STORE_OK)
			return QUEUE_FAILED;
	entry->state.paused = paused;
	if (store->ops->schedule_put(store, name, &entry->state) != STORE_OK)
		return QUEUE_FAILED;
	return QUEUE_OK;
}

size_t
calendar_count(const struct calendar *calendar)
{
	return calendar->count;
}

const char *
calendar_name(const struct calendar *calendar, size_t index)
{
	return calendar->entries[index].job->name;
}

struct last {
	struct tick_record *record;
	bool *found;
};

static bool
take_last(void *arg, const struct tick_record *record)
{
	struct last *last = arg;

	*last->record = *record;
	*last->found = true;
	return false;
}

enum store_result
calendar_last(
    const struct calendar *calendar, size_t index, struct tick_record *record, bool *found)
{
	struct store *store = calendar->queue->store;
	struct last last = { record, found };

	*found = false;
	return store->ops->tick_list(
	    store, calendar->entries[index].job->name, 1, take_last, &last);
}

void
calendar_render(const struct calendar *calendar, size_t index, const struct tick_record *last,
    struct json *json)
{
	const struct entry *entry = &calendar->entries[index];
	bool scheduled = entry->schedule != NULL;

	json_object(json, NULL);
	json_string(json, "name", entry->job->name);
	json_string(json, "schedule", scheduled ? entry->job->schedule : NULL);
	json_string(json, "timezone", scheduled ? schedule_zone(entry->schedule) : NULL);
	json_string(json, "dst_gap", dst_gap_words[entry->rules.gap]);
	json_string(json, "dst_overlap", dst_overlap_words[entry->rules.overlap]);
	json_string(json, "description", entry->job->description);
	json_string(json, "queue", entry->job->queue);
	json_bool(json, "enabled", entry->job->enabled);
	json_bool(json, "paused", entry->state.paused);
	json_bool(json, "manual_only", entry->job->manual_only);
	json_string(json, "role", entry->job->role == CONF_JOB_ROLE_ADMIN ? "admin" : "operate");
	render_time(json, "next_at", entry->next);
	if (last != NULL)
		render_tick(json, "last", last);
	else
		json_null(json, "last");
	json_object_end(json);
}
