#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/job.h"

static enum job_state
after(enum job_state state, enum job_event event)
{
	struct job job;

	job_init(&job);
	job.state = state;
	assert_int_equal(job_move(&job, event), 0);
	state = job.state;
	job_clear(&job);
	return state;
}

/* Nothing is executed twice: a job runs only from ready, and nothing else leads to running. */
static void
only_a_ready_job_is_taken(void **unused)
{
	(void)unused;
	for (int s = 0; s < JOB_STATE_COUNT; s++) {
		for (int e = 0; e < JOB_EVENT_COUNT; e++) {
			if (!job_may((enum job_state)s, (enum job_event)e))
				continue;
			if (after((enum job_state)s, (enum job_event)e) == JOB_RUNNING) {
				assert_int_equal(s, JOB_READY);
				assert_int_equal(e, JOB_EVENT_TAKE);
			}
		}
	}
}

static void
done_is_done(void **unused)
{
	(void)unused;
	for (int e = 0; e < JOB_EVENT_COUNT; e++)
		assert_false(job_may(JOB_DONE, (enum job_event)e));
}

static void
every_unfinished_job_can_be_ended_by_an_operator(void **unused)
{
	(void)unused;
	for (int s = 0; s < JOB_STATE_COUNT; s++) {
		enum job_state state = (enum job_state)s;
		enum job_event event =
		    state == JOB_RUNNING ? JOB_EVENT_CANCELLED : JOB_EVENT_CANCEL;

		assert_int_equal(job_may(state, event), !job_is_finished(state));
		if (!job_is_finished(state))
			assert_int_equal(after(state, event), JOB_CANCELLED);
	}
}

static void
only_what_has_ended_badly_or_waits_can_be_requeued(void **unused)
{
	(void)unused;
	assert_int_equal(after(JOB_DEAD, JOB_EVENT_REQUEUE), JOB_READY);
	assert_int_equal(after(JOB_CANCELLED, JOB_EVENT_REQUEUE), JOB_READY);
	assert_int_equal(after(JOB_RETRY, JOB_EVENT_REQUEUE), JOB_READY);
	assert_false(job_may(JOB_RUNNING, JOB_EVENT_REQUEUE));
	assert_false(job_may(JOB_READY, JOB_EVENT_REQUEUE));
	assert_false(job_may(JOB_BLOCKED, JOB_EVENT_REQUEUE));
}

static void
an_illegal_move_changes_nothing(void **unused)
{
	struct job job;

	(void)unused;
	job_init(&job);
	job.state = JOB_DONE;
	assert_int_equal(job_move(&job, JOB_EVENT_TAKE), -1);
	assert_int_equal(job.state, JOB_DONE);
	job_clear(&job);
}

static void
states_have_words(void **unused)
{
	enum job_state state;

	(void)unused;
	for (int s = 0; s < JOB_STATE_COUNT; s++) {
		assert_int_equal(job_state_parse(job_state_word((enum job_state)s), &state), 0);
		assert_int_equal(state, s);
	}
	assert_int_equal(job_state_parse("nope", &state), -1);
}

static void
queue_names_are_checked(void **unused)
{
	char longest[JOB_NAME_MAX + 2];

	(void)unused;
	assert_true(job_is_queue_name("default"));
	assert_true(job_is_queue_name("a.b-C_9"));
	assert_false(job_is_queue_name(""));
	assert_false(job_is_queue_name("a b"));
	assert_false(job_is_queue_name("a\n"));
	assert_false(job_is_queue_name("\xc3\xa9"));
	memset(longest, 'x', sizeof(longest));
	longest[JOB_NAME_MAX + 1] = '\0';
	assert_false(job_is_queue_name(longest));
	longest[JOB_NAME_MAX] = '\0';
	assert_true(job_is_queue_name(longest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_ready_job_is_taken),
		cmocka_unit_test(done_is_done),
		cmocka_unit_test(every_unfinished_job_can_be_ended_by_an_operator),
		cmocka_unit_test(only_what_has_ended_badly_or_waits_can_be_requeued),
		cmocka_unit_test(an_illegal_move_changes_nothing),
		cmocka_unit_test(states_have_words),
		cmocka_unit_test(queue_names_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
