/* What jobs have to do with each other, batches, figures and what is kept beside them: the same
 * test on every store. */
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

static struct job
make_job(const char *jid, const char *gate, enum job_state state)
{
	struct job job;

	job_init(&job);
	job.state = state;
	job.block = state == JOB_BLOCKED ? JOB_BLOCK_GATE : 0;
	assert_int_equal(job_set(&job, &job.jid, jid), 0);
	assert_int_equal(job_set(&job, &job.type, "T"), 0);
	assert_int_equal(job_set(&job, &job.queue, "q"), 0);
	assert_int_equal(job_set(&job, &job.args, "[]"), 0);
	assert_int_equal(job_set(&job, &job.gate, gate), 0);
	return job;
}

static int64_t
add(struct store *store, const char *jid, const char *gate, enum job_state state, int64_t priority)
{
	struct job job = make_job(jid, gate, state);
	int64_t id;

	job.priority = priority;
	DO(store->ops->job_add(store, &job));
	id = job.id;
	job_clear(&job);
	return id;
}

static int64_t
active(struct store *store, const char *gate, int64_t limit)
{
	int64_t count = -1;

	DO(store->ops->gate_active(store, gate, limit, &count));
	return count;
}

static void
end(struct store *store, const char *jid, enum job_state state)
{
	struct job job;

	DO(store->ops->job_get(store, jid, &job));
	job.state = state;
	job.block = 0;
	DO(store->ops->job_save(store, &job));
	job_clear(&job);
}

static void
next_of_gate(struct store *store, const char *gate, const char *jid)
{
	struct job job;

	DO(store->ops->gate_next(store, gate, &job));
	assert_string_equal(job.jid, jid);
	assert_string_equal(job.gate, gate);
	job_clear(&job);
}

static void
a_gate_counts_those_that_are_ready_or_run(void **state)
{
	struct store *store = *state;
	struct job job;

	add(store, "jid-0001", "g", JOB_READY, 5);
	add(store, "jid-0002", "g", JOB_RUNNING, 5);
	add(store, "jid-0003", "other", JOB_READY, 5);
	add(store, "jid-0004", "g", JOB_SCHEDULED, 5);
	assert_int_equal(active(store, "g", 9), 2);
	assert_int_equal(active(store, "g", 1), 1);
	assert_int_equal(active(store, "nobody", 9), 0);
	NONE(store->ops->gate_next(store, "g", &job));
	add(store, "jid-0005", "g", JOB_BLOCKED, 5);
	add(store, "jid-0006", "g", JOB_BLOCKED, 9);
	add(store, "jid-0007", "g", JOB_BLOCKED, 9);
	next_of_gate(store, "g", "jid-0006");
	NONE(store->ops->gate_next(store, "other", &job));
	DO(store->ops->commit(store));
	end(store, "jid-0006", JOB_READY);
	next_of_gate(store, "g", "jid-0007");
	assert_int_equal(active(store, "g", 9), 3);
	end(store, "jid-0002", JOB_DONE);
	end(store, "jid-0001", JOB_DEAD);
	assert_int_equal(active(store, "g", 9), 1);
	store->ops->rollback(store);
	next_of_gate(store, "g", "jid-0006");
	assert_int_equal(active(store, "g", 9), 2);
}

static void
a_job_is_found_by_its_number(void **state)
{
	struct store *store = *state;
	int64_t id = add(store, "jid-0001", "", JOB_READY, 5);
	struct job job;

	DO(store->ops->job_get_id(store, id, &job));
	assert_string_equal(job.jid, "jid-0001");
	DO(store->ops->job_delete(store, &job));
	job_clear(&job);
	NONE(store->ops->job_get_id(store, id, &job));
	NONE(store->ops->job_get_id(store, 4711, &job));
}

static void
holds(struct store *store, const char *key, int64_t id, int64_t until)
{
	struct walltime when = { -1 };
	int64_t holder = -1;

	DO(store->ops->unique_get(store, key, &holder, &when));
	assert_int_equal(holder, id);
	assert_int_equal(when.us, until);
}

static void
a_key_has_one_holder_until_its_time(void **state)
{
	struct store *store = *state;
	struct walltime when;
	int64_t holder;

	NONE(store->ops->unique_get(store, "k", &holder, &when));
	DO(store->ops->unique_put(store, "k", 1, (struct walltime){ 100 }));
	DO(store->ops->unique_put(store, "k", 2, (struct walltime){ 200 }));
	holds(store, "k", 2, 200);
	DO(store->ops->unique_drop(store, "k", 1));
	holds(store, "k", 2, 200);
	DO(store->ops->unique_put(store, "endless", 3, (struct walltime){ 0 }));
	DO(store->ops->unique_put(store, "early", 4, (struct walltime){ 50 }));
	DO(store->ops->commit(store));
	/* No more at once than is allowed. */
	DO(store->ops->unique_trim(store, (struct walltime){ 200 }, 1));
	assert_int_equal((store->ops->unique_get(store, "k", &holder, &when) == STORE_NONE) +
			     (store->ops->unique_get(store, "early", &holder, &when) == STORE_NONE),
	    1);
	DO(store->ops->unique_trim(store, (struct walltime){ 200 }, 10));
	NONE(store->ops->unique_get(store, "k", &holder, &when));
	NONE(store->ops->unique_get(store, "early", &holder, &when));
	holds(store, "endless", 3, 0);
	DO(store->ops->unique_drop(store, "endless", 3));
	NONE(store->ops->unique_get(store, "endless", &holder, &when));
	store->ops->rollback(store);
	holds(store, "k", 2, 200);
}

static void
a_job_waits_for_each_of_the_others(void **state)
{
	struct store *store = *state;
	int64_t first = add(store, "jid-0001", "", JOB_READY, 5),
		second = add(store, "jid-0002", "", JOB_READY, 5),
		waits = add(store, "jid-0003", "", JOB_BLOCKED, 5),
		too = add(store, "jid-0004", "", JOB_BLOCKED, 5), id, left = -1;

	NONE(store->ops->after_first(store, waits, &id));
	NONE(store->ops->after_next(store, first, &id));
	DO(store->ops->after_add(store, waits, first));
	DO(store->ops->after_add(store, waits, second));
	DO(store->ops->after_add(store, waits, second));
	DO(store->ops->after_add(store, too, first));
	DO(store->ops->commit(store));
	DO(store->ops->after_first(store, waits, &id));
	assert_int_equal(id, first);
	DO(store->ops->after_next(store, second, &id));
	assert_int_equal(id, waits);
	DO(store->ops->after_drop(store, waits, first, &left));
	assert_int_equal(left, 1);
	DO(store->ops->after_next(store, first, &id));
	assert_int_equal(id, too);
	DO(store->ops->after_drop(store, waits, second, &left));
	assert_int_equal(left, 0);
	NONE(store->ops->after_first(store, waits, &id));
	NONE(store->ops->after_next(store, second, &id));
	store->ops->rollback(store);
	DO(store->ops->after_next(store, second, &id));
	assert_int_equal(id, waits);
}

static void
put_batch(struct store *store, const char *bid, int64_t created, int64_t finished)
{
	struct batch batch;

	batch_init(&batch);
	batch.bid = bid;
	batch.description = "three mails";
	batch.complete = "{\"jobtype\":\"C\"}";
	batch.total = 3;
	batch.pending = 2;
	batch.failed = 1;
	batch.children_open = 4;
	batch.children_unfinished = 5;
	batch.committed = true;
	batch.complete_state = 1;
	batch.success_state = 2;
	batch.created_at.us = created;
	batch.finished_at.us = finished;
	DO(store->ops->batch_put(store, &batch));
	batch_clear(&batch);
}

static bool
has_batch(struct store *store, const char *bid)
{
	struct batch batch;
	enum store_result result;

	batch_init(&batch);
	result = store->ops->batch_get(store, bid, &batch);
	batch_clear(&batch);
	return result == STORE_OK;
}

static void
a_batch_comes_back_as_it_was(void **state)
{
	struct store *store = *state;
	struct batch batch;

	put_batch(store, "b-1", 10, 0);
	batch_init(&batch);
	DO(store->ops->batch_get(store, "b-1", &batch));
	assert_string_equal(batch.description, "three mails");
	assert_string_equal(batch.complete, "{\"jobtype\":\"C\"}");
	assert_string_equal(batch.success, "");
	assert_string_equal(batch.parent, "");
	assert_string_equal(batch.tag, "");
	assert_int_equal(batch.total * 100 + batch.pending * 10 + batch.failed, 321);
	assert_int_equal(batch.children_open * 10 + batch.children_unfinished, 45);
	assert_int_equal(batch.complete_state * 10 + batch.success_state, 12);
	assert_true(batch.committed);
	assert_int_equal(batch.created_at.us, 10);
	assert_false(walltime_is_set(batch.finished_at));
	batch_clear(&batch);
	put_batch(store, "b-1", 10, 99);
	batch_init(&batch);
	DO(store->ops->batch_get(store, "b-1", &batch));
	assert_int_equal(batch.finished_at.us, 99);
	batch_clear(&batch);
	DO(store->ops->batch_delete(store, "b-1"));
	assert_false(has_batch(store, "b-1"));
	DO(store->ops->batch_delete(store, "b-1"));
}

static void
stale_is(struct store *store, int64_t older_than, const char *bid)
{
	struct batch batch;

	batch_init(&batch);
	DO(store->ops->batch_stale(store, (struct walltime){ older_than }, &batch));
	assert_string_equal(batch.bid, bid);
	batch_clear(&batch);
}

static void
old_batches_are_found_and_forgotten(void **state)
{
	struct store *store = *state;
	struct batch batch;
	struct job job = make_job("jid-0001", "", JOB_READY);

	assert_int_equal(job_set(&job, &job.bid, "b-busy"), 0);
	DO(store->ops->job_add(store, &job));
	put_batch(store, "b-busy", 10, 0);
	put_batch(store, "b-left", 20, 0);
	put_batch(store, "b-later", 30, 0);
	put_batch(store, "b-over", 5, 50);
	put_batch(store, "b-over-2", 5, 60);
	stale_is(store, 100, "b-left");
	batch_init(&batch);
	NONE(store->ops->batch_stale(store, (struct walltime){ 20 }, &batch));
	batch_clear(&batch);
	DO(store->ops->job_delete(store, &job));
	job_clear(&job);
	stale_is(store, 100, "b-busy");
	DO(store->ops->commit(store));
	DO(store->ops->batch_trim(store, (struct walltime){ 60 }, 10));
	assert_false(has_batch(store, "b-over"));
	assert_true(has_batch(store, "b-over-2") && has_batch(store, "b-left"));
	store->ops->rollback(store);
	assert_true(has_batch(store, "b-over"));
	DO(store->ops->batch_trim(store, (struct walltime){ 100 }, 1));
	assert_int_equal(has_batch(store, "b-over") + has_batch(store, "b-over-2"), 1);
}

static struct figure
make_figure(enum figure_kind kind, const char *name, int64_t at, int64_t done)
{
	struct figure figure = { .kind = kind, .at = { at }, .done = done, .failed = 2, .late = 3 };

	snprintf(figure.name, sizeof(figure.name), "%s", name);
	figure.run_ms = 4;
	figure.wait_ms_max = 5;
	figure.run[0] = 6;
	figure.wait[FIGURE_STEPS - 1] = 7;
	return figure;
}

static bool
collect_figure(void *arg, const struct figure *figure)
{
	char *text = arg;
	size_t len = strlen(text);

	snprintf(text + len, 200 - len, "%s@%d=%d ", figure->name, (int)figure->at.us,
	    (int)figure->done);
	return true;
}

static const char *
figures(struct store *store, enum figure_kind kind, int64_t since)
{
	static char text[200];

	text[0] = '\0';
	DO(store->ops->figure_list(store, kind, (struct walltime){ since }, collect_figure, text));
	return text;
}

static void
figures_are_kept_by_hour_kind_and_name(void **state)
{
	struct store *store = *state;
	struct figure one = make_figure(FIGURE_TYPE, "mail", 10, 1), got;
	struct figure queue = make_figure(FIGURE_QUEUE, "mail", 10, 9);
	struct figure later = make_figure(FIGURE_TYPE, "mail", 20, 3);

	NONE(store->ops->figure_get(store, &one, &got));
	DO(store->ops->figure_put(store, &one));
	DO(store->ops->figure_put(store, &queue));
	DO(store->ops->figure_put(store, &later));
	one.done = 11;
	DO(store->ops->figure_put(store, &one));
	DO(store->ops->figure_get(store, &one, &got));
	assert_memory_equal(&got, &one, sizeof(got));
	assert_string_equal(figures(store, FIGURE_TYPE, 0), "mail@10=11 mail@20=3 ");
	assert_string_equal(figures(store, FIGURE_TYPE, 11), "mail@20=3 ");
	assert_string_equal(figures(store, FIGURE_QUEUE, 0), "mail@10=9 ");
	DO(store->ops->commit(store));
	DO(store->ops->figure_trim(store, (struct walltime){ 20 }, 1));
	assert_true(strlen(figures(store, FIGURE_TYPE, 0)) < 20 ||
		    strlen(figures(store, FIGURE_QUEUE, 0)) == 0);
	DO(store->ops->figure_trim(store, (struct walltime){ 20 }, 10));
	assert_string_equal(figures(store, FIGURE_TYPE, 0), "mail@20=3 ");
	assert_string_equal(figures(store, FIGURE_QUEUE, 0), "");
}

static void
put_routine(struct store *store, const char *name, int64_t next)
{
	struct routine routine;

	routine_init(&routine);
	routine.name = name;
	routine.job = "digest";
	routine.schedule = "0 8 * * *";
	routine.enabled = next != 0;
	routine.next_at.us = next;
	DO(store->ops->routine_put(store, &routine));
	routine_clear(&routine);
}

static void
the_next_routine_is_the_earliest(void **state)
{
	struct store *store = *state;
	struct routine routine;

	NONE(store->ops->routine_next(store, &routine));
	put_routine(store, "never", 0);
	NONE(store->ops->routine_next(store, &routine));
	put_routine(store, "late", 200);
	put_routine(store, "early", 100);
	DO(store->ops->routine_next(store, &routine));
	assert_string_equal(routine.name, "early");
	assert_int_equal(routine.next_at.us, 100);
	routine_clear(&routine);
	put_routine(store, "early", 300);
	DO(store->ops->routine_next(store, &routine));
	assert_string_equal(routine.name, "late");
	routine_clear(&routine);
}

static void
a_probe_changes_nothing_that_is_seen(void **state)
{
	struct store *store = *state;
	int64_t counts[JOB_STATE_COUNT];

	store->ops->patience(store, 50);
	DO(store->ops->check(store));
	DO(store->ops->probe(store));
	DO(store->ops->commit(store));
	DO(store->ops->job_count(store, NULL, counts));
	for (size_t i = 0; i < JOB_STATE_COUNT; i++)
		assert_int_equal(counts[i], 0);
	DO(store->ops->inspect(store));
	assert_true(
	    store->ops->path(store) == NULL || strcmp(store->ops->path(store), stores_path) == 0);
	assert_true(store->ops->bytes(store) >= 0);
	if (store->ops->path(store) != NULL)
		assert_true(store->ops->bytes(store) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(a_gate_counts_those_that_are_ready_or_run),
		ON_EVERY(a_job_is_found_by_its_number),
		ON_EVERY(a_key_has_one_holder_until_its_time),
		ON_EVERY(a_job_waits_for_each_of_the_others),
		ON_EVERY(a_batch_comes_back_as_it_was),
		ON_EVERY(old_batches_are_found_and_forgotten),
		ON_EVERY(figures_are_kept_by_hour_kind_and_name),
		ON_EVERY(the_next_routine_is_the_earliest),
		ON_EVERY(a_probe_changes_nothing_that_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
