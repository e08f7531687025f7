/* Laws of the table of program states, not examples of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state.h"

static enum state
after(enum state state, enum state_event event)
{
	struct state_move move = state_move(state, event);

	return move.valid ? move.next : state;
}

static void
stop_leads_to_rest_from_every_state(void **arg)
{
	(void)arg;
	for (int s = 0; s < STATE_COUNT; s++) {
		enum state state = after((enum state)s, EVENT_STOP);

		/* Its leader is reaped, then its last member. */
		state = after(state, EVENT_EXIT);
		state = after(state, EVENT_FINISH);
		if (!state_is_at_rest(state))
			fail_msg("stop from state %d ends in %s", s, state_word(state));
	}
}

static void
a_stopped_program_never_goes_on_by_itself(void **arg)
{
	(void)arg;
	for (int s = 0; s < STATE_COUNT; s++) {
		if (!state_is_at_rest((enum state)s))
			continue;
		for (int e = 0; e < EVENT_COUNT; e++)
			if (e != EVENT_START &&
			    state_move((enum state)s, (enum state_event)e).valid)
				fail_msg("%s moves by '%s'", state_word((enum state)s),
				    state_event_word((enum state_event)e));
	}
}

static void
nothing_is_spawned_where_a_member_may_be_alive(void **arg)
{
	(void)arg;
	for (int s = 0; s < STATE_COUNT; s++) {
		for (int e = 0; e < EVENT_COUNT; e++) {
			struct state_move move = state_move((enum state)s, (enum state_event)e);

			/* Preparing ends the old copy before it says "prepared". */
			if (move.valid && move.action == ACTION_SPAWN)
				assert_true(s == STATE_PREPARING && e == EVENT_PREPARED);
			if (move.valid && move.action == ACTION_PREPARE)
				assert_false(state_may_be_alive((enum state)s));
		}
	}
}

static void
whoever_may_be_alive_is_swept_before_it_rests(void **arg)
{
	(void)arg;
	for (int s = 0; s < STATE_COUNT; s++) {
		for (int e = 0; e < EVENT_COUNT; e++) {
			struct state_move move = state_move((enum state)s, (enum state_event)e);

			if (!move.valid || !state_may_be_alive((enum state)s) ||
			    state_may_be_alive(move.next))
				continue;
			/* Only the end of a sweep leads from alive to not alive. */
			if (s != STATE_SWEEPING && s != STATE_STOPPING)
				fail_msg("%s comes to %s by '%s' without a sweep",
				    state_word((enum state)s), state_word(move.next),
				    state_event_word((enum state_event)e));
		}
	}
}

static void
rest_is_settled(void **arg)
{
	(void)arg;
	for (int s = 0; s < STATE_COUNT; s++) {
		for (int e = 0; e < EVENT_COUNT; e++) {
			struct state_move move = state_move((enum state)s, (enum state_event)e);

			if (move.valid && state_is_at_rest(move.next))
				assert_int_equal(move.action, ACTION_SETTLE);
		}
	}
}

static void
every_state_can_be_reached_and_left(void **arg)
{
	bool reached[STATE_COUNT] = { [STATE_STOPPED] = true }, left[STATE_COUNT] = { false };

	(void)arg;
	for (int s = 0; s < STATE_COUNT; s++) {
		for (int e = 0; e < EVENT_COUNT; e++) {
			struct state_move move = state_move((enum state)s, (enum state_event)e);

			if (!move.valid || (int)move.next == s)
				continue;
			reached[move.next] = true;
			left[s] = true;
		}
	}
	for (int s = 0; s < STATE_COUNT; s++)
		assert_true(reached[s] && left[s]);
}

static void
users_see_seven_words(void **arg)
{
	static const char *const words[] = { "STOPPED", "STARTING", "RUNNING", "BACKOFF",
		"STOPPING", "EXITED", "FATAL" };

	(void)arg;
	for (int s = 0; s < STATE_COUNT; s++) {
		bool known = false;

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			known |= strcmp(state_word((enum state)s), words[i]) == 0;
		assert_true(known);
	}
	for (int e = 0; e < EVENT_COUNT; e++)
		assert_non_null(state_event_word((enum state_event)e));
}

/* A program in a random world: at most one copy, and never stuck. */
static void
random_events_never_make_two_copies(void **arg)
{
	enum state state = STATE_STOPPED;
	int copies = 0;

	(void)arg;
	srand(1);
	for (int i = 0; i < 1000000; i++) {
		enum state_event event = (enum state_event)(rand() % EVENT_COUNT);
		struct state_move move;

		/* What the world can't say: an end without anybody alive, rest while somebody is.
		 */
		if (event == EVENT_EXIT && copies == 0 && state != STATE_PREPARING)
			continue;
		if ((event == EVENT_RETRY || event == EVENT_DELAY || event == EVENT_GIVE_UP ||
			event == EVENT_FINISH) &&
		    copies > 0)
			continue;
		move = state_move(state, event);
		if (!move.valid)
			continue;
		state = move.next;
		if (move.action == ACTION_SPAWN)
			copies++;
		if (event == EVENT_EXIT && copies > 0)
			copies--;
		if (event == EVENT_ADOPTED)
			copies++;
		assert_in_range(copies, 0, 1);
		if (state_is_at_rest(state))
			assert_int_equal(copies, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_leads_to_rest_from_every_state),
		cmocka_unit_test(a_stopped_program_never_goes_on_by_itself),
		cmocka_unit_test(nothing_is_spawned_where_a_member_may_be_alive),
		cmocka_unit_test(whoever_may_be_alive_is_swept_before_it_rests),
		cmocka_unit_test(rest_is_settled),
		cmocka_unit_test(every_state_can_be_reached_and_left),
		cmocka_unit_test(users_see_seven_words),
		cmocka_unit_test(random_events_never_make_two_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
