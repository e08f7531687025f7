/* What a store keeps beside jobs, and that a rollback forgets all of it: the same test on every
 * store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "store_jobs.h"

static void
a_schedule_keeps_its_state(void **state)
{
	struct store *store = *state;
	struct schedule_state schedule = { { 1 }, { 2 }, true, "x" }, got;
	static const char *const keep[] = { "b" };

	assert_int_equal(store->ops->schedule_get(store, "a", &got), STORE_NONE);
	DO(store->ops->schedule_put(store, "a", &schedule));
	DO(store->ops->schedule_put(store, "b", &schedule));
	schedule.cursor.us = 3;
	DO(store->ops->schedule_put(store, "a", &schedule));
	DO(store->ops->schedule_retire(store, keep, 1));
	DO(store->ops->commit(store));
	DO(store->ops->schedule_get(store, "a", &got));
	assert_int_equal(got.since.us, 1);
	assert_int_equal(got.cursor.us, 3);
	assert_true(got.paused);
	assert_string_equal(got.fingerprint, "");
	DO(store->ops->schedule_get(store, "b", &got));
	assert_string_equal(got.fingerprint, "x");
}

static bool
collect_tick(void *arg, const struct tick_record *tick)
{
	char text[40];

	snprintf(text, sizeof(text), "%d ", (int)tick->due_at.us);
	strlcat(arg, text, 2000);
	return true;
}

static const char *
ticks_of(struct store *store, const char *schedule, int64_t limit)
{
	static char text[2000];

	text[0] = '\0';
	DO(store->ops->tick_list(store, schedule, limit, collect_tick, text));
	return text;
}

static void
a_tick_is_recorded_once(void **state)
{
	struct store *store = *state;
	struct tick_record tick = { .due_at = { 100 }, .ran = true, .jid = "jid-0001" };

	DO(store->ops->tick_add(store, "a", &tick));
	assert_int_equal(store->ops->tick_add(store, "a", &tick), STORE_EXISTS);
	DO(store->ops->tick_add(store, "b", &tick));
	tick.due_at.us = 300;
	DO(store->ops->tick_add(store, "a", &tick));
	tick.due_at.us = 200;
	DO(store->ops->tick_add(store, "a", &tick));
	DO(store->ops->commit(store));
	assert_string_equal(ticks_of(store, "a", 10), "300 200 100 ");
	assert_string_equal(ticks_of(store, "a", 2), "300 200 ");
	assert_string_equal(ticks_of(store, "never", 2), "");
}

static bool
collect_outcome(void *arg, const struct tick_record *tick)
{
	char text[200];

	snprintf(
	    text, sizeof(text), "%s%s%s ", tick->ran ? "ran" : "skipped:", tick->reason, tick->jid);
	strlcat(arg, text, 2000);
	return true;
}

/* Only the tick that made this very job. */
static void
a_tick_may_turn_out_to_be_skipped(void **state)
{
	struct store *store = *state;
	struct tick_record tick = { .due_at = { 100 }, .ran = true, .jid = "jid-1" };
	char text[2000] = "";

	DO(store->ops->tick_add(store, "a", &tick));
	DO(store->ops->tick_add(store, "b", &tick));
	tick = (struct tick_record){ .due_at = { 200 }, .ran = true, .jid = "jid-2" };
	DO(store->ops->tick_add(store, "a", &tick));
	DO(store->ops->tick_skip(store, "a", (struct walltime){ 100 }, "jid-1", "only_if"));
	DO(store->ops->tick_skip(store, "a", (struct walltime){ 200 }, "jid-1", "only_if"));
	DO(store->ops->tick_skip(store, "never", (struct walltime){ 100 }, "jid-1", "only_if"));
	DO(store->ops->commit(store));
	DO(store->ops->tick_list(store, "a", 9, collect_outcome, text));
	DO(store->ops->tick_list(store, "b", 9, collect_outcome, text));
	assert_string_equal(text, "ranjid-2 skipped:only_ifjid-1 ranjid-1 ");
}

/* The ticks of users' schedules are none of the configuration's. */
static void
routines_have_ticks_of_their_own(void **state)
{
	struct store *store = *state;
	struct tick_record tick = { .ran = true, .jid = "jid-0001" };
	struct routine routine;
	char text[2000] = "";

	routine_init(&routine);
	routine.name = "user-1";
	routine.job = "Digest";
	routine.schedule = "0 * * * *";
	routine.cursor.us = 500;
	routine.next_at.us = 600;
	routine.enabled = true;
	DO(store->ops->routine_put(store, &routine));
	for (int i = 1; i <= 5; i++) {
		tick.due_at.us = i * 100;
		DO(store->ops->routine_tick_add(store, "user-1", &tick));
	}
	assert_int_equal(store->ops->routine_tick_add(store, "user-1", &tick), STORE_EXISTS);
	DO(store->ops->routine_tick_skip(
	    store, "user-1", (struct walltime){ 500 }, "jid-0001", "only_if"));
	DO(store->ops->routine_tick_skip(
	    store, "user-1", (struct walltime){ 400 }, "jid-0002", "only_if"));
	DO(store->ops->routine_tick_skip(
	    store, "user-2", (struct walltime){ 400 }, "jid-0001", "only_if"));
	DO(store->ops->routine_tick_list(store, "user-1", 2, collect_outcome, text));
	assert_string_equal(text, "skipped:only_ifjid-0001 ranjid-0001 ");
	text[0] = '\0';
	DO(store->ops->routine_tick_trim(store, "user-1", 2, (struct walltime){ 200 }));
	DO(store->ops->commit(store));
	DO(store->ops->routine_tick_list(store, "user-1", 2, collect_tick, text));
	assert_string_equal(text, "500 400 ");
	text[0] = '\0';
	DO(store->ops->routine_tick_list(store, "user-1", 10, collect_tick, text));
	assert_string_equal(text, "500 400 300 ");
	/* The clock was set back. */
	DO(store->ops->routine_rewind(store, (struct walltime){ 600 }));
	DO(store->ops->routine_get(store, "user-1", &routine));
	assert_int_equal(routine.cursor.us, 500);
	routine_clear(&routine);
	DO(store->ops->routine_rewind(store, (struct walltime){ 250 }));
	DO(store->ops->routine_get(store, "user-1", &routine));
	assert_int_equal(routine.cursor.us, 250);
	assert_int_equal(routine.next_at.us, 250);
	routine_clear(&routine);
	DO(store->ops->routine_delete(store, "user-1"));
	text[0] = '\0';
	DO(store->ops->routine_tick_list(store, "user-1", 10, collect_tick, text));
	assert_string_equal(text, "");
}

static void
ticks_ahead_of_the_cursor_are_not_forgotten(void **state)
{
	struct store *store = *state;

	for (int i = 1; i <= 6; i++) {
		struct tick_record tick = { .due_at = { i * 100 } };

		DO(store->ops->tick_add(store, "a", &tick));
	}
	DO(store->ops->tick_trim(
	    store, "a", 1, (struct walltime){ 0 }, (struct walltime){ 300 }, 100));
	assert_string_equal(ticks_of(store, "a", 10), "600 500 400 ");
	DO(store->ops->tick_trim(
	    store, "a", 10, (struct walltime){ 501 }, (struct walltime){ 600 }, 1));
	assert_string_equal(ticks_of(store, "a", 10), "600 500 ");
}

static bool
collect_exit(void *arg, const struct exit_record *record)
{
	char text[160];

	snprintf(text, sizeof(text), "%d:%s:%d:%d ", (int)record->pid, record->reason,
	    (int)record->code, (int)record->uptime_ms);
	strlcat(arg, text, 2000);
	return true;
}

static void
exits_are_kept_once_and_bounded(void **state)
{
	struct store *store = *state;
	char text[2000] = "";
	struct exit_record record = {
		.name = "web", .reason = "exit", .code = 7, .signal = -1, .uptime_ms = 9
	};

	for (int i = 1; i <= 5; i++) {
		record.pid = i;
		record.at.us = i * 10;
		DO(store->ops->exit_add(store, &record));
	}
	assert_int_equal(store->ops->exit_add(store, &record), STORE_EXISTS);
	DO(store->ops->exit_trim(store, "web", 3));
	DO(store->ops->commit(store));
	DO(store->ops->exit_list(store, "web", 2, collect_exit, text));
	assert_string_equal(text, "5:exit:7:9 4:exit:7:9 ");
	text[0] = '\0';
	DO(store->ops->exit_list(store, "web", 10, collect_exit, text));
	assert_string_equal(text, "5:exit:7:9 4:exit:7:9 3:exit:7:9 ");
}

static bool
collect_bid(void *arg, const struct batch *batch)
{
	strlcat(arg, batch->bid, 2000);
	return true;
}

static const char *
batches_of(struct store *store, const char *before, const char *tag, int64_t limit)
{
	static char text[2000];
	struct batch_filter filter = { .before = before, .tag = tag, .limit = limit };

	text[0] = '\0';
	DO(store->ops->batch_list(store, &filter, collect_bid, text));
	return text;
}

static void
batches_are_listed_newest_first(void **state)
{
	static const char *const bids[] = { "a", "c", "b", "d" };
	struct store *store = *state;

	for (int i = 0; i < 4; i++) {
		struct batch batch;

		batch_init(&batch);
		batch.bid = bids[i];
		batch.tag = i == 1 ? "" : "tenant:1";
		batch.created_at.us = i < 3 ? 10 : 20;
		DO(store->ops->batch_put(store, &batch));
		batch_clear(&batch);
	}
	DO(store->ops->commit(store));
	assert_string_equal(batches_of(store, NULL, NULL, 10), "dcba");
	assert_string_equal(batches_of(store, NULL, "tenant:1", 10), "dba");
	assert_string_equal(batches_of(store, "c", NULL, 1), "b");
	assert_string_equal(batches_of(store, "none", NULL, 10), "");
}

static bool
collect_audit(void *arg, const struct audit_record *record)
{
	char text[400];

	snprintf(text, sizeof(text), "%d:%s:%s:%d ", (int)record->id, record->who, record->verb,
	    (int)record->count);
	strlcat(arg, text, 2000);
	return true;
}

static const char *
audit_of(struct store *store, int64_t before, const char *who, int64_t limit)
{
	static char text[2000];
	struct audit_filter filter = { .before = before, .who = who, .limit = limit };

	text[0] = '\0';
	DO(store->ops->audit_list(store, &filter, collect_audit, text));
	return text;
}

static void
audit_is_kept_in_order_and_bounded(void **state)
{
	struct store *store = *state;
	struct audit_record record = { .count = 1, .verb = "STOP", .from = "local" };

	for (int i = 1; i <= 5; i++) {
		snprintf(record.who, sizeof(record.who), "%s", i == 3 ? "ann" : "bob");
		record.at.us = record.until.us = i * 10;
		DO(store->ops->audit_add(store, &record));
		assert_int_equal(record.id, i);
	}
	record.count = 7;
	record.until.us = 90;
	DO(store->ops->audit_save(store, &record));
	DO(store->ops->commit(store));
	assert_string_equal(audit_of(store, 0, NULL, 3), "5:bob:STOP:7 4:bob:STOP:1 3:ann:STOP:1 ");
	assert_string_equal(audit_of(store, 3, NULL, 10), "2:bob:STOP:1 1:bob:STOP:1 ");
	assert_string_equal(audit_of(store, 0, "ann", 10), "3:ann:STOP:1 ");
	DO(store->ops->audit_trim(store, 4, (struct walltime){ 0 }, 100));
	assert_string_equal(audit_of(store, 3, NULL, 10), "2:bob:STOP:1 ");
	DO(store->ops->audit_trim(store, 100, (struct walltime){ 40 }, 1));
	assert_string_equal(audit_of(store, 4, NULL, 10), "3:ann:STOP:1 ");
	DO(store->ops->audit_trim(store, 100, (struct walltime){ 41 }, 100));
	assert_string_equal(audit_of(store, 0, NULL, 10), "5:bob:STOP:7 ");
}

static void
pause_queue(struct store *store, const char *name, bool paused)
{
	struct queue_record record = {
		.paused = paused, .limits = {CONF_UNSET, CONF_UNSET, CONF_UNSET, CONF_UNSET}
	};

	snprintf(record.name, sizeof(record.name), "%s", name);
	DO(store->ops->queue_put(store, &record));
}

static bool
collect_queue(void *arg, const struct queue_record *record)
{
	char text[300];

	if (!record->paused && record->size == 0)
		return true;
	snprintf(text, sizeof(text), "%s:%d:%d:%d ", record->name, record->paused,
	    (int)record->size, (int)record->oldest.us);
	strlcat(arg, text, 2000);
	return true;
}

static void
queues_are_listed(void **state)
{
	struct store *store = *state;
	char text[2000] = "";
	struct job job = store_job_make("jid-0001", "A", "two");

	job.enqueued_at.us = 44;
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
	store_job_put(store, "jid-0002", "A", "two", JOB_READY);
	store_job_put(store, "jid-0003", "A", "three", JOB_DONE);
	pause_queue(store, "one", true);
	pause_queue(store, "two", true);
	pause_queue(store, "two", true);
	pause_queue(store, "four", true);
	pause_queue(store, "four", false);
	DO(store->ops->commit(store));
	DO(store->ops->queue_list(store, collect_queue, text));
	assert_string_equal(text, "one:1:0:0 two:1:2:44 ");
}

static void
a_rollback_forgets_everything(void **state)
{
	struct store *store = *state;
	struct schedule_state schedule = { .fingerprint = "x" }, got;
	struct tick_record tick = { .due_at = { 100 } };
	struct walltime when;
	struct job job;

	store_job_put(store, "jid-0001", "A", "default", JOB_READY);
	DO(store->ops->commit(store));
	store_job_put(store, "jid-0002", "New", "new", JOB_READY);
	DO(store->ops->job_first(store, "default", false, &job));
	assert_int_equal(job_move(&job, JOB_EVENT_TAKE), 0);
	job.wake_at.us = 77;
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
	DO(store->ops->tick_add(store, "a", &tick));
	DO(store->ops->schedule_put(store, "a", &schedule));
	pause_queue(store, "default", true);
	store->ops->rollback(store);
	assert_string_equal(store_job_list(store, (struct job_filter){ 0 }), "jid-0001 ");
	DO(store->ops->job_first(store, "default", false, &job));
	assert_string_equal(job.jid, "jid-0001");
	assert_int_equal(job.state, JOB_READY);
	job_clear(&job);
	assert_int_equal(store->ops->job_next_wake(store, &when), STORE_NONE);
	assert_int_equal(store->ops->schedule_get(store, "a", &got), STORE_NONE);
	assert_string_equal(ticks_of(store, "a", 10), "");
	/* Names that were new in what was rolled back can be used again. */
	store_job_put(store, "jid-0003", "New", "new", JOB_READY);
	DO(store->ops->commit(store));
	DO(store->ops->job_first(store, "new", false, &job));
	assert_string_equal(job.type, "New");
	job_clear(&job);
	store->ops->rollback(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(a_schedule_keeps_its_state),
		ON_EVERY(a_tick_is_recorded_once),
		ON_EVERY(a_tick_may_turn_out_to_be_skipped),
		ON_EVERY(routines_have_ticks_of_their_own),
		ON_EVERY(ticks_ahead_of_the_cursor_are_not_forgotten),
		ON_EVERY(exits_are_kept_once_and_bounded),
		ON_EVERY(audit_is_kept_in_order_and_bounded),
		ON_EVERY(batches_are_listed_newest_first),
		ON_EVERY(queues_are_listed),
		ON_EVERY(a_rollback_forgets_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
