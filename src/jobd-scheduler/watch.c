#include <string.h>

#include "alert.h"
#include "fields.h"
#include "meter.h"
#include "notify.h"
#include "program_states.h"
#include "tick.h"
#include "watch.h"

static void
on_moved(void *arg, const struct job *job, const char *from)
{
	struct scheduler *scheduler = arg;

	alerts_touch(scheduler->alerts);
	if (from[0] == '\0')
		meter_add(scheduler->meter, METER_QUEUE, job->queue, METER_PUSHED, 1);
	if (job->state == JOB_DEAD)
		meter_add(scheduler->meter, METER_QUEUE, job->queue, METER_DEAD, 1);
	notifier_job(scheduler->notifier, job, from);
}

/* The alerts' own events change nothing that is measured. */
static void
on_told(void *arg, const struct queue_event *event)
{
	struct scheduler *scheduler = arg;

	if (strcmp(event->kind, "alert") == 0)
		return;
	alerts_touch(scheduler->alerts);
	if (scheduler->alerts->count > 0)
		scheduler_work(scheduler);
}

/* They may be what an alert is about, and nothing else may happen for a long time. */
static void
on_gone(void *arg)
{
	struct scheduler *scheduler = arg;

	alerts_touch(scheduler->alerts);
}

static void
on_ended(void *arg, const struct job *job, bool success, int64_t run_ms, int64_t wait_ms)
{
	struct scheduler *scheduler = arg;

	figures_count(&scheduler->figures, job, scheduler->queue.now, success, run_ms, wait_ms);
	meter_attempt(scheduler->meter, job->queue, success, run_ms, wait_ms);
	alerts_attempt(scheduler->alerts, job, success);
}

/* A pause is meant, and what a later one runs for is not lost. */
static bool
is_missed(const struct tick_record *record)
{
	static const enum tick_reason reasons[] = { TICK_MISSED, TICK_TOO_OLD, TICK_OVERLAP,
		TICK_BACKLOG, TICK_REFUSED };

	for (size_t i = 0; !record->ran && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(record->reason, tick_reason_word(reasons[i])) == 0)
			return true;
	return false;
}

static void
on_ticked(void *arg, const char *type, const struct tick_record *record)
{
	struct scheduler *scheduler = arg;

	bool missed = is_missed(record);

	meter_add(scheduler->meter, METER_SCHEDULE, type,
	    record->ran ? METER_RAN
	    : missed    ? METER_MISSED
			: METER_SKIPPED,
	    1);
	if (missed)
		alerts_missed(scheduler->alerts, type);
}

const struct queue_watcher watch_queue = {
	.moved = on_moved,
	.told = on_told,
	.gone = on_gone,
	.ended = on_ended,
	.ticked = on_ticked,
};

/* jobd. */

void
watch_connected(struct scheduler *scheduler)
{
	program_states_begin(scheduler->programs, walltime_now());
}

/* "HI {"v":1,...,"boot":N}" */
void
watch_hello(struct scheduler *scheduler, const char *text, size_t len)
{
	struct fields *fields;
	char error[160];

	if (len < 4 || memcmp(text, "HI ", 3) != 0)
		return;
	fields = fields_read(text + 3, len - 3, error, sizeof(error));
	notifier_boot(scheduler->notifier, fields != NULL ? fields_int(fields, "boot", 0) : 0);
	fields_free(fields);
}

static void
look_again(struct scheduler *scheduler)
{
	alerts_touch(scheduler->alerts);
	if (scheduler->alerts->count > 0)
		scheduler_work(scheduler);
}

void
watch_status_end(struct scheduler *scheduler)
{
	program_states_told(scheduler->programs);
	look_again(scheduler);
}

static const char *
text_of(const struct fields *fields, const char *key, const char *otherwise)
{
	const char *text = fields_text(fields, key);

	return text != NULL ? text : otherwise;
}

static bool
watch_event(struct scheduler *scheduler, const char *text, size_t len, const struct fields *fields)
{
	const char *name = text_of(fields, "name", ""), *errstr;
	struct walltime at = { 0 };

	walltime_parse(text_of(fields, "at", ""), &at, &errstr);
	if (program_states_event(scheduler->programs, text_of(fields, "program", name), name,
		text_of(fields, "to", ""), at))
		look_again(scheduler);
	if (!scheduler_may_write(scheduler) || scheduler->failed)
		return scheduler->conf->notify_count > 0;
	if (!notifier_program(scheduler->notifier, text, len, fields))
		return false;
	scheduler_work(scheduler);
	return true;
}

bool
watch_jobd(struct scheduler *scheduler, const char *text, size_t len)
{
	char error[160];
	struct fields *fields = fields_read(text, len, error, sizeof(error));
	bool stored = false;

	if (fields == NULL)
		return false;
	if (fields_text(fields, "to") != NULL)
		stored = watch_event(scheduler, text, len, fields);
	else {
		const char *name = text_of(fields, "name", "");

		program_states_row(scheduler->programs, text_of(fields, "program", name), name,
		    text_of(fields, "state", ""));
	}
	fields_free(fields);
	return stored;
}
