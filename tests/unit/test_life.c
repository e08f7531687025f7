/* What happens to a job between being taken and being forgotten, and what is told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue_jobs.h"

/* Leases and workers. */

static void
a_job_that_kills_its_workers_is_set_aside(void **state)
{
	struct job job;

	(void)state;
	conf.scheduler.crashes = 2;
	put("jid-0001");
	assert_string_equal(fetch(), "jid-0001");
	DO(queue_release(&queue, "w1"));
	assert_int_equal(state_of("jid-0001"), JOB_READY);
	assert_string_equal(fetch(), "jid-0001");
	DO(queue_release(&queue, "w1"));
	job = job_of("jid-0001");
	assert_int_equal(job.state, JOB_DEAD);
	assert_string_equal(job.reason, "crashes");
	assert_int_equal(job.attempts, 2);
	job_clear(&job);
}

static void
giving_back_costs_no_attempt(void **state)
{
	struct job job;

	(void)state;
	put("jid-0001");
	assert_string_equal(fetch(), "jid-0001");
	assert_int_equal(queue_return(&queue, "jid-0001", "w2", 0, ""), QUEUE_REFUSED);
	assert_int_equal(queue_return(&queue, "jid-0001", "w1", 5000, "breaker"), QUEUE_OK);
	job = job_of("jid-0001");
	assert_int_equal(job.state, JOB_SCHEDULED);
	assert_int_equal(job.attempts, 0);
	assert_int_equal(job.run_at.us, MIDNIGHT + 5 * SEC);
	job_clear(&job);
	queue.now.us += 5 * SEC;
	DO(queue_due(&queue));
	assert_string_equal(fetch(), "jid-0001");
	assert_int_equal(queue_return(&queue, "jid-0001", "w1", 0, ""), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
}

static void
a_clock_that_is_set_back_lengthens_no_lease(void **state)
{
	struct job job;

	(void)state;
	put("jid-0001");
	put("jid-0002");
	assert_string_equal(fetch(), "jid-0001");
	queue.now.us -= DAY;
	assert_string_equal(fetch(), "jid-0002");
	DO(queue_check_clock(&queue));
	DO(queue_check_clock(&queue));
	queue.now.us += MINUTE - SEC;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0001"), JOB_RUNNING);
	queue.now.us += SEC;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0001"), JOB_RETRY);
	assert_int_equal(state_of("jid-0002"), JOB_RETRY);
	job = job_of("jid-0001");
	assert_true(job.run_at.us < MIDNIGHT);
	job_clear(&job);
}

static void
a_lease_is_only_lengthened(void **state)
{
	struct job job;

	(void)state;
	put("jid-0001");
	assert_int_equal(
	    queue_extend(&queue, "jid-0001", (struct walltime){ MIDNIGHT + HOUR }), QUEUE_REFUSED);
	fetch();
	assert_int_equal(
	    queue_extend(&queue, "jid-0001", (struct walltime){ MIDNIGHT + HOUR }), QUEUE_OK);
	assert_int_equal(
	    queue_extend(&queue, "jid-0001", (struct walltime){ MIDNIGHT + SEC }), QUEUE_OK);
	job = job_of("jid-0001");
	assert_int_equal(job.wake_at.us, MIDNIGHT + HOUR);
	job_clear(&job);
	assert_int_equal(
	    queue_extend(&queue, "jid-0001", (struct walltime){ MIDNIGHT + 9 * DAY }), QUEUE_OK);
	job = job_of("jid-0001");
	assert_int_equal(job.wake_at.us, MIDNIGHT + DAY);
	job_clear(&job);
}

static void
progress_and_results_are_kept(void **state)
{
	struct report report = { .jid = "jid-0001",
		.worker = "w1",
		.success = true,
		.retry_after_ms = -1,
		.result = "{\"url\":\"x\"}" };
	struct job job;

	(void)state;
	put("jid-0001");
	fetch();
	assert_int_equal(queue_progress(&queue, "jid-0001", 40, "resizing"), QUEUE_OK);
	assert_int_equal(queue_progress(&queue, "jid-0001", 50, NULL), QUEUE_OK);
	attempt_init(&report.attempt);
	report.attempt.reason = "done";
	assert_int_equal(queue_report(&queue, &report), QUEUE_OK);
	job = job_of("jid-0001");
	assert_int_equal(job.state, JOB_DONE);
	assert_int_equal(job.percent, 50);
	assert_string_equal(job.desc, "resizing");
	assert_string_equal(job.result, "{\"url\":\"x\"}");
	job_clear(&job);
}

/* Wishes. */

static void
a_waiting_job_can_be_changed(void **state)
{
	struct job_change change = { .priority = 9 };
	struct job_change later = { .run_at = { MIDNIGHT + HOUR } };
	struct job_change other = { .queue = "other" };

	(void)state;
	put("jid-0001");
	put("jid-0002");
	put("jid-0003");
	assert_int_equal(queue_change(&queue, "jid-0002", &change), QUEUE_OK);
	assert_int_equal(queue_change(&queue, "jid-0001", &later), QUEUE_OK);
	assert_int_equal(queue_change(&queue, "jid-0003", &other), QUEUE_OK);
	assert_int_equal(state_of("jid-0001"), JOB_SCHEDULED);
	assert_string_equal(fetch(), "jid-0002");
	assert_string_equal(fetch(), "");
	assert_int_equal(queue_change(&queue, "jid-0002", &change), QUEUE_REFUSED);
	later.run_at.us = MIDNIGHT;
	assert_int_equal(queue_change(&queue, "jid-0001", &later), QUEUE_OK);
	assert_string_equal(fetch(), "jid-0001");
}

static void
many_are_changed_in_bounded_steps(void **state)
{
	struct job_filter filter = { .states = 1u << JOB_READY, .limit = 4 };
	int64_t changed, last, removed, after = 0;
	char jid[16];
	bool more;

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(jid, sizeof(jid), "jid-%04d", i);
		put(jid);
	}
	DO(queue_bulk(&queue, queue_cancel, &filter, NULL, &changed, &last, &more));
	assert_int_equal(changed, 4);
	assert_true(more);
	assert_int_equal(state_of("jid-0003"), JOB_CANCELLED);
	assert_int_equal(state_of("jid-0004"), JOB_READY);
	DO(queue_clear_ready(&queue, "default", NULL, &after, &removed, &more));
	assert_int_equal(removed, 6);
	assert_string_equal(fetch(), "");
}

static bool
is_second(const struct queue *asked, const struct job *job)
{
	(void)asked;
	return strcmp(job->jid, "jid-0002") == 0;
}

static void
some_of_many_are_left_alone(void **state)
{
	struct job_filter filter = { .states = 1u << JOB_READY, .limit = 2 };
	int64_t changed, last, removed, after = 0;
	bool more;

	(void)state;
	put("jid-0001");
	put("jid-0002");
	put("jid-0003");
	DO(queue_bulk(&queue, queue_cancel, &filter, is_second, &changed, &last, &more));
	assert_int_equal(changed, 1);
	assert_true(more);
	filter.after = last;
	DO(queue_bulk(&queue, queue_cancel, &filter, is_second, &changed, &last, &more));
	assert_int_equal(changed, 1);
	assert_false(more);
	assert_int_equal(state_of("jid-0002"), JOB_READY);
	DO(queue_clear_ready(&queue, "default", is_second, &after, &removed, &more));
	assert_int_equal(removed, 0);
	assert_string_equal(fetch(), "jid-0002");
}

static bool
collect_event(void *arg, const struct queue_event *event)
{
	char text[100];

	snprintf(text, sizeof(text), "%d:%s:%s>%s ", (int)event->seq, event->jid, event->from,
	    event->to);
	strlcat(arg, text, 1000);
	return true;
}

static void
events_of_lost_turns_never_happened(void **state)
{
	char text[1000] = "";

	(void)state;
	put("jid-0001");
	queue_settle(&queue, true);
	put("jid-0002");
	queue_settle(&queue, false);
	fetch();
	finish("jid-0001", true);
	queue_settle(&queue, true);
	queue_events_list(&queue, 1, collect_event, text);
	assert_string_equal(
	    text, "1:jid-0001:>ready 2:jid-0001:ready>running 3:jid-0001:running>done ");
	assert_int_equal(queue_events_last(&queue), 3);
	text[0] = '\0';
	queue_events_list(&queue, 3, collect_event, text);
	assert_string_equal(text, "3:jid-0001:running>done ");
}

static bool
collect_attempt(void *arg, const struct attempt *attempt)
{
	char text[100];

	snprintf(text, sizeof(text), "%d:%s:%s ", (int)attempt->number, attempt->worker,
	    attempt->reason);
	strlcat(arg, text, 1000);
	return true;
}

static void
a_good_end_is_told_though_it_is_not_kept_twice(void **state)
{
	char text[1000] = "";
	struct job job;

	(void)state;
	put("jid-0001");
	fetch();
	finish("jid-0001", false);
	queue.now.us += HOUR;
	DO(queue_due(&queue));
	do_next("jid-0001");
	job = job_of("jid-0001");
	DO(queue_attempts(&queue, &job, collect_attempt, text));
	assert_string_equal(text, "1:w1:failed 2:w1:done ");
	job_clear(&job);
}

static void
nothing_is_kept_where_nothing_is_wanted(void **state)
{
	struct job got;

	(void)state;
	conf.scheduler.keep = 0;
	conf.scheduler.keep_age_ms = 1000;
	put("jid-0001");
	do_next("jid-0001");
	assert_int_equal(queue.store->ops->job_get(queue.store, "jid-0001", &got), STORE_NONE);
	conf.scheduler.keep_age_ms = 0;
}

/* Jobs of a type that nobody pushes any more. */
static void
old_jobs_are_forgotten_though_no_others_end(void **state)
{
	struct job got;

	(void)state;
	conf.scheduler.keep = 1000;
	conf.scheduler.keep_age_ms = 3600000;
	put("jid-0001");
	do_next("jid-0001");
	queue.now.us += HOUR;
	DO(queue_due(&queue));
	assert_int_equal(state_of("jid-0001"), JOB_DONE);
	queue.now.us += MINUTE;
	DO(queue_due(&queue));
	assert_int_equal(queue.store->ops->job_get(queue.store, "jid-0001", &got), STORE_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(a_job_that_kills_its_workers_is_set_aside),
		ON_EVERY(giving_back_costs_no_attempt),
		ON_EVERY(a_clock_that_is_set_back_lengthens_no_lease),
		ON_EVERY(a_lease_is_only_lengthened),
		ON_EVERY(progress_and_results_are_kept),
		ON_EVERY(a_waiting_job_can_be_changed),
		ON_EVERY(many_are_changed_in_bounded_steps),
		ON_EVERY(some_of_many_are_left_alone),
		ON_EVERY(events_of_lost_turns_never_happened),
		ON_EVERY(a_good_end_is_told_though_it_is_not_kept_twice),
		ON_EVERY(nothing_is_kept_where_nothing_is_wanted),
		ON_EVERY(old_jobs_are_forgotten_though_no_others_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
