/* When a store waits for the disk: one behaviour test, run on every store; then the syncs that the
 * one on disk asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-scheduler/store.h"
#include "stores.h"

static bool sync_fails;
static int log_syncs, other_syncs;

/* In the place of the C library's: SQLite calls this one. */
int
fdatasync(int fd)
{
	char link[64], name[4096];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, name, sizeof(name));
	if (len > 4 && memcmp(name + len - 4, "-wal", 4) == 0)
		log_syncs++;
	else
		other_syncs++;
	return sync_fails ? -1 : 0;
}

static void
add(struct store *store, int number)
{
	char jid[16];
	struct job job;

	snprintf(jid, sizeof(jid), "jid-%04d", number);
	job_init(&job);
	job.jid = jid;
	job.type = "Note";
	job.queue = "default";
	job.args = "[]";
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
}

static void
fill(struct store *store, int count)
{
	for (int number = 0; number < count; number++)
		add(store, number);
	DO(store->ops->commit(store));
}

static void
claim(struct store *store)
{
	struct job job;

	DO(store->ops->job_first(store, "default", false, &job));
	job_move(&job, JOB_EVENT_TAKE);
	job.worker = "w1";
	job.attempts++;
	DO(store->ops->job_start(store, &job));
	job_clear(&job);
}

static void
finish(struct store *store, const char *jid)
{
	struct job job;

	DO(store->ops->job_get_brief(store, jid, &job));
	job_move(&job, JOB_EVENT_SUCCEED);
	job.worker = "";
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
}

static void
forget(struct store *store, const char *jid)
{
	struct job job;

	DO(store->ops->job_get_brief(store, jid, &job));
	DO(store->ops->job_delete(store, &job));
	job_clear(&job);
}

static void
count(struct store *store)
{
	const struct stat_record stat = { .at = { 3600000000 }, .done = 1 };

	DO(store->ops->stat_add(store, &stat));
}

/* Commits, and says how often the log was synced for it. */
static int
commit(struct store *store)
{
	int before = log_syncs;

	DO(store->ops->commit(store));
	return log_syncs - before;
}

static void
claims_are_owed_until_a_sync(void **state)
{
	struct store *store = *state;
	int before;

	fill(store, 3);
	assert_false(store->durability.owes);
	claim(store);
	assert_int_equal(commit(store), 0);
	claim(store);
	assert_int_equal(commit(store), 0);
	assert_true(store->durability.owes);
	before = log_syncs;
	DO(store->ops->sync(store));
	assert_int_equal(log_syncs - before, stores_on_disk);
	assert_false(store->durability.owes);
	DO(store->ops->sync(store)); /* nothing is left to do */
	assert_int_equal(log_syncs - before, stores_on_disk);
}

static void
ends_are_held_until_a_sync(void **state)
{
	struct store *store = *state;

	fill(store, 3);
	claim(store);
	claim(store);
	assert_int_equal(commit(store), 0);
	assert_false(store->durability.holds);
	claim(store);
	finish(store, "jid-0000");
	count(store);
	assert_int_equal(commit(store), 0);
	assert_true(store->durability.holds);
	DO(store->ops->sync(store));
	assert_false(store->durability.holds);
	finish(store, "jid-0001");
	assert_int_equal(commit(store), 0);
	forget(store, "jid-0002");
	assert_int_equal(commit(store), 0);
	assert_true(store->durability.holds);
}

/* A worker that waits for a job need not wait for the disk; who pushed it does. */
static void
pushes_wait_unless_workers_wait_for_them(void **state)
{
	struct store *store = *state;

	fill(store, 3);
	add(store, 10);
	assert_int_equal(commit(store), stores_on_disk);
	assert_false(store->durability.owes);
	add(store, 11);
	claim(store);
	assert_int_equal(commit(store), 0);
	assert_true(store->durability.holds);
	DO(store->ops->sync(store));
	assert_false(store->durability.holds);
	/* It may follow from the end. */
	add(store, 12);
	claim(store);
	finish(store, "jid-0000");
	assert_int_equal(commit(store), stores_on_disk);
	assert_false(store->durability.owes);
}

/* Changes that are no claim, no end and no push, each of which waits and covers what came before.
 */

static void
give_back(struct store *store)
{
	struct job job;

	DO(store->ops->job_get_brief(store, "jid-0001", &job));
	job_move(&job, JOB_EVENT_RETURN);
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
}

static void
change_lease(struct store *store)
{
	struct job job;

	DO(store->ops->job_get_brief(store, "jid-0001", &job));
	job.wake_at.us = 99;
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
}

static void
note_exit(struct store *store)
{
	const struct exit_record record = { .name = "web", .at = { 5 }, .reason = "exit" };

	DO(store->ops->exit_add(store, &record));
}

static void
note_tick(struct store *store)
{
	const struct tick_record record = { .due_at = { 5 }, .decided_at = { 6 } };

	DO(store->ops->tick_add(store, "nightly", &record));
}

static void
put_schedule(struct store *store)
{
	const struct schedule_state record = { .since = { 5 }, .fingerprint = "x" };

	DO(store->ops->schedule_put(store, "nightly", &record));
}

static void
put_note(struct store *store)
{
	DO(store->ops->note_put(store, "key", "text"));
}

static void
take_key(struct store *store)
{
	DO(store->ops->unique_put(store, "key", 1, (struct walltime){ 9 }));
}

static void
set_limit(struct store *store)
{
	const struct queue_record record = { .name = "default", .paused = true };

	DO(store->ops->queue_put(store, &record));
}

static void
whatever_else_is_changed_waits_and_covers_them(void **state)
{
	static void (*const changes[])(struct store *) = { give_back, change_lease, note_exit,
		note_tick, put_schedule, put_note, take_key, set_limit };
	struct store *store = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		fill(store, 3);
		claim(store);
		claim(store);
		finish(store, "jid-0000");
		assert_int_equal(commit(store), 0);
		assert_true(store->durability.owes);
		claim(store);
		changes[i](store);
		assert_int_equal(commit(store), stores_on_disk);
		assert_false(store->durability.owes);
		assert_false(store->durability.holds);
		DO(store->ops->flush(store));
		DO(store->ops->commit(store));
	}
}

static void
a_claim_that_is_taken_back_owes_nothing(void **state)
{
	struct store *store = *state;

	fill(store, 2);
	add(store, 10);
	claim(store);
	store->ops->rollback(store);
	assert_false(store->durability.owes);
	claim(store);
	assert_int_equal(commit(store), 0);
	assert_true(store->durability.owes);
}

static void
nothing_to_commit_pays_nothing(void **state)
{
	struct store *store = *state;

	fill(store, 1);
	claim(store);
	DO(store->ops->commit(store));
	assert_int_equal(commit(store), 0);
	assert_true(store->durability.owes);
}

/* Checkpoints come in the midst of claims' commits, and the log begins anew: log and database are
 * synced for each, as ever. */
static void
checkpoints_are_safe(void **state)
{
	struct store *store = *state;
	int logs, others;

	fill(store, 4000);
	logs = log_syncs;
	others = other_syncs;
	for (int i = 0; i < 4000; i++) {
		claim(store);
		DO(store->ops->commit(store));
	}
	/* Two pages or more each, a thousand between two checkpoints. */
	assert_true(other_syncs - others >= 8);
	/* The log before the database; and its new head. */
	assert_true(log_syncs - logs >= 2 * (other_syncs - others) - 1);
	assert_true(log_syncs - logs < 400);
	DO(store->ops->inspect(store));
}

static void
a_sync_that_fails_is_told(void **state)
{
	struct store *store = *state;

	fill(store, 1);
	claim(store);
	DO(store->ops->commit(store));
	sync_fails = true;
	assert_int_equal(store->ops->sync(store), STORE_FAILED);
	sync_fails = false;
	assert_true(store->broken);
	assert_non_null(strstr(store->error, stores_path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(claims_are_owed_until_a_sync),
		ON_EVERY(ends_are_held_until_a_sync),
		ON_EVERY(pushes_wait_unless_workers_wait_for_them),
		ON_EVERY(whatever_else_is_changed_waits_and_covers_them),
		ON_EVERY(a_claim_that_is_taken_back_owes_nothing),
		ON_EVERY(nothing_to_commit_pays_nothing),
		ON_SQLITE(checkpoints_are_safe),
		ON_SQLITE(a_sync_that_fails_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
