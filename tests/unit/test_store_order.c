/* Which job comes first, whatever happened before: the store on disk, which remembers the first
 * ones and removes many at once, beside the one in memory, which looks at all. */
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

#define ROUNDS   20000
#define JID_SIZE 16

static const char *const queues[] = { "one", "two" };
static char dir[64], path[96];
static struct store *both[2]; /* in memory, on disk */
static unsigned seed = 7;

static unsigned
chance(unsigned below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

static void
open_both(void)
{
	char error[STORE_ERROR_MAX] = "";

	both[0] = store_memory_open();
	both[1] = store_sqlite_open(path, 100, error);
	assert_non_null(both[0]);
	assert_non_null(both[1]);
}

static void
add(struct store *store, int number, const char *type, const char *queue, int64_t priority)
{
	char jid[JID_SIZE];
	struct job job;

	snprintf(jid, sizeof(jid), "jid-%d", number);
	job_init(&job);
	job.jid = jid;
	job.type = type;
	job.queue = queue;
	job.priority = priority;
	job.args = "[]";
	assert_int_equal(store->ops->job_add(store, &job), STORE_OK);
	job_clear(&job);
}

/* Its name; "" if there was none. */
static void
claim(struct store *store, const char *queue, char jid[JID_SIZE])
{
	struct job job;
	enum store_result result = store->ops->job_first(store, queue, false, &job);

	jid[0] = '\0';
	if (result == STORE_NONE)
		return;
	assert_int_equal(result, STORE_OK);
	snprintf(jid, JID_SIZE, "%s", job.jid);
	job_move(&job, JOB_EVENT_TAKE);
	job.worker = "w1";
	assert_int_equal(store->ops->job_start(store, &job), STORE_OK);
	job_clear(&job);
}

/* The job of this number, if there is one in such a state. */
static enum store_result
change(struct store *store, int number, enum job_state from, enum job_event event, int64_t priority)
{
	char jid[JID_SIZE];
	struct job job;
	enum store_result result;

	snprintf(jid, sizeof(jid), "jid-%d", number);
	if ((result = store->ops->job_get(store, jid, &job)) != STORE_OK)
		return result;
	if (job.state != from)
		result = STORE_NONE;
	else {
		if (priority > 0)
			job.priority = priority;
		else
			job_move(&job, event);
		job.worker = "";
		result = store->ops->job_save(store, &job);
	}
	job_clear(&job);
	return result;
}

static enum store_result
forget(struct store *store, int number)
{
	char jid[JID_SIZE];
	struct job job;
	enum store_result result;

	snprintf(jid, sizeof(jid), "jid-%d", number);
	if ((result = store->ops->job_get(store, jid, &job)) != STORE_OK)
		return result;
	result = store->ops->job_delete(store, &job);
	job_clear(&job);
	return result;
}

static int64_t
trim(struct store *store, const char *type)
{
	struct job_trim rule = { .type = type, .state = JOB_DONE, .keep = 3, .limit = 10 };
	int64_t removed;

	assert_int_equal(store->ops->job_trim(store, &rule, &removed), STORE_OK);
	return removed;
}

static void
step(int *last)
{
	const char *queue = queues[chance(2)];
	int number = *last > 60 ? *last - (int)chance(60) : 1 + (int)chance(60);
	int64_t priority = chance(4) == 0 ? 1 + chance(9) : 5;
	unsigned what = chance(26);
	int first = *last + 1, added = what < 6 ? 1 + (int)chance(5) : 0;
	const char *type = chance(8) == 0 ? "Call" : "Note";
	char jids[2][JID_SIZE];
	enum store_result results[2] = { STORE_OK, STORE_OK };
	int64_t removed[2] = { 0 };

	*last += added;
	for (int i = 0; i < 2; i++) {
		struct store *store = both[i];

		jids[i][0] = '\0';
		for (int n = 0; n < added; n++)
			add(store, first + n, type, queue, priority);
		if (what < 6)
			continue;
		if (what < 14)
			claim(store, queue, jids[i]);
		else if (what < 16)
			results[i] = change(store, number, JOB_RUNNING, JOB_EVENT_RETURN, 0);
		else if (what == 16)
			results[i] = change(store, number, JOB_RUNNING, JOB_EVENT_SUCCEED, 0);
		else if (what == 17)
			results[i] = change(store, number, JOB_READY, JOB_EVENT_CANCEL, 0);
		else if (what == 18)
			results[i] = change(store, number, JOB_READY, JOB_EVENT_TAKE, priority);
		else if (what == 19)
			results[i] = forget(store, number);
		else if (what == 20)
			store->ops->rollback(store);
		else if (what == 21)
			removed[i] = trim(store, type);
		else if (what == 22)
			results[i] = change(store, number, JOB_RUNNING, JOB_EVENT_SUCCEED, 0);
		else
			assert_int_equal(store->ops->commit(store), STORE_OK);
	}
	assert_string_equal(jids[0], jids[1]);
	assert_int_equal(results[0], results[1]);
	assert_int_equal(removed[0], removed[1]);
}

static void
the_same_are_there(void)
{
	int64_t counts[2][JOB_STATE_COUNT], ready[2], running[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(both[i]->ops->job_count(both[i], NULL, counts[i]), STORE_OK);
	assert_memory_equal(counts[0], counts[1], sizeof(counts[0]));
	for (size_t q = 0; q < 2; q++) {
		for (int i = 0; i < 2; i++)
			assert_int_equal(both[i]->ops->queue_size(
					     both[i], queues[q], false, &ready[i], &running[i]),
			    STORE_OK);
		assert_int_equal(ready[0], ready[1]);
		assert_int_equal(running[0], running[1]);
	}
}

static void
the_same_job_comes_first(void **state)
{
	int last = 0;

	(void)state;
	open_both();
	for (int i = 0; i < ROUNDS; i++) {
		step(&last);
		the_same_are_there();
		if (i % 4000 != 3999)
			continue;
		/* What stands in the tables is what was said of them. */
		assert_int_equal(both[0]->ops->flush(both[0]), STORE_OK);
		assert_int_equal(both[0]->ops->commit(both[0]), STORE_OK);
		assert_int_equal(both[1]->ops->inspect(both[1]), STORE_OK);
		assert_int_equal(both[1]->ops->flush(both[1]), STORE_OK);
		assert_int_equal(both[1]->ops->commit(both[1]), STORE_OK);
	}
	for (int i = 0; i < 2; i++)
		both[i]->ops->close(both[i]);
}

/* The rest is handed out in the same order by one that reads it anew. */
static void
also_after_opening_again(void **state)
{
	char error[STORE_ERROR_MAX] = "", jids[2][JID_SIZE];
	int last = 0;

	(void)state;
	open_both();
	for (int i = 0; i < 3000; i++)
		step(&last);
	for (int i = 0; i < 2; i++)
		assert_int_equal(both[i]->ops->commit(both[i]), STORE_OK);
	both[1]->ops->close(both[1]);
	both[1] = store_sqlite_open(path, 100, error);
	assert_non_null(both[1]);
	the_same_are_there();
	for (size_t q = 0; q < 2; q++) {
		do
			for (int i = 0; i < 2; i++)
				claim(both[i], queues[q], jids[i]);
		while (strcmp(jids[0], jids[1]) == 0 && jids[0][0] != '\0');
		assert_string_equal(jids[0], jids[1]);
	}
	for (int i = 0; i < 2; i++)
		both[i]->ops->close(both[i]);
}

int
main(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_job_comes_first),
		cmocka_unit_test(also_after_opening_again),
	};
	char name[128];
	int failed;

	snprintf(dir, sizeof(dir), "/tmp/jobd-test-order-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/a.db", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(dir);
	return failed;
}
