#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd/control.h"
#include "jobd/journal.h"

static int woken;

/* Stands for the control socket's. */
void
control_wake_followers(void)
{
	woken++;
}

static void
add(enum state from, enum state to, const struct exit_info *exit)
{
	struct program program = { .name = "web:2", .state = to, .pid = 12 };

	journal_add(&program, from, "operator", exit);
}

static void
an_entry_keeps_what_happened(void **state)
{
	struct exit_info exit = { .reason = EXIT_REASON_SIGNAL, .signal = 9, .pid = 34 };
	const struct journal_entry *entry;

	(void)state;
	assert_int_equal(journal_last_seq(), 0);
	assert_null(journal_get(0));
	assert_null(journal_get(1));
	add(STATE_STOPPED, STATE_WAITING, NULL);
	add(STATE_RUNNING, STATE_SWEEPING, &exit);
	assert_int_equal(journal_last_seq(), 2);
	assert_int_equal(woken, 2);
	entry = journal_get(1);
	assert_non_null(entry);
	assert_int_equal(entry->seq, 1);
	assert_string_equal(entry->name, "web:2");
	assert_int_equal(entry->from, STATE_STOPPED);
	assert_int_equal(entry->to, STATE_WAITING);
	assert_string_equal(entry->why, "operator");
	assert_int_equal(entry->pid, 12);
	assert_int_equal(entry->exit.reason, EXIT_REASON_NONE);
	assert_true(walltime_is_set(entry->at));
	entry = journal_get(2);
	assert_int_equal(entry->exit.signal, 9);
	assert_int_equal(entry->pid, 34);
}

static void
what_looks_the_same_is_no_change(void **state)
{
	struct exit_info none = { .reason = EXIT_REASON_NONE };
	struct exit_info exit = { .reason = EXIT_REASON_CODE };
	int64_t before = journal_last_seq();

	(void)state;
	add(STATE_WAITING, STATE_STARTING, NULL);
	add(STATE_WAITING, STATE_STARTING, &none);
	assert_int_equal(journal_last_seq(), before);
	add(STATE_SWEEPING, STATE_SWEEPING, &exit);
	assert_int_equal(journal_last_seq(), before + 1);
}

static void
the_oldest_make_room(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * JOURNAL_MAX; i++)
		add(STATE_STOPPED, STATE_WAITING, NULL);
	assert_int_equal(journal_last_seq() - journal_first_seq() + 1, JOURNAL_MAX);
	assert_null(journal_get(journal_first_seq() - 1));
	assert_null(journal_get(journal_last_seq() + 1));
	for (int64_t seq = journal_first_seq(); seq <= journal_last_seq(); seq++)
		assert_int_equal(journal_get(seq)->seq, seq);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_keeps_what_happened),
		cmocka_unit_test(what_looks_the_same_is_no_change),
		cmocka_unit_test(the_oldest_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
