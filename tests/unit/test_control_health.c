/*
 * HEALTH and EXPEL on the control socket: what jobd-runner may say about programs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/escape.h"

#include "jobd/control.h"
#include "jobd/journal.h"

#include "conf_files.h"
#include "control_fake.h"
#include "control_peer_fake.h"

#define CONFIG                                                                                     \
	"program web { command = \"web\" ready = check check { tcp = 80 } }\n"                     \
	"program db { command = \"db\" }\n"

static int
begin(void **state)
{
	(void)state;
	fake_begin(conf_of(CONFIG));
	fake_program("web")->state = STATE_RUNNING;
	fake_program("web")->pid = 77;
	return 0;
}

static void
a_state_is_kept_and_told(void **state)
{
	const struct health *health = &fake_program("web")->health;
	struct caller *caller = caller_open();
	int64_t seq = journal_last_seq();

	(void)state;
	assert_string_equal(
	    caller_ask(caller, "HEALTH web failing pid=77 text=HTTP%20503%25"), "+OK");
	assert_int_equal(health->state, HEALTH_FAILING);
	assert_string_equal(health->text, "HTTP 503%");
	assert_int_equal(journal_last_seq(), seq + 1);
	assert_string_equal(journal_get(seq + 1)->why, "check failing");
	assert_string_equal(note_find(journal_get(seq + 1)->at), "HTTP 503%");
	/* The same again is no news. */
	assert_string_equal(caller_ask(caller, "HEALTH web failing pid=77"), "+OK");
	assert_int_equal(journal_last_seq(), seq + 1);
	assert_string_equal(fake_asked(), "");
	assert_string_equal(caller_ask(caller, "HEALTH web passing"), "+OK");
	assert_int_equal(journal_last_seq(), seq + 2);
	assert_string_equal(fake_asked(), "ready web");
	caller_close(caller);
}

static void
what_was_found_out_about_an_earlier_process_does_not_count(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	assert_string_equal(
	    caller_ask(caller, "HEALTH web failing pid=76"), "-STALE web is process 77 by now");
	assert_string_equal(
	    caller_ask(caller, "EXPEL web check pid=76"), "-STALE web is process 77 by now");
	fake_program("web")->state = STATE_STOPPING;
	assert_string_equal(
	    caller_ask(caller, "HEALTH web failing"), "-STALE web: it does not run");
	assert_string_equal(
	    caller_ask(caller, "EXPEL web memory pid=77"), "-STALE web: it does not run");
	fake_program("web")->state = STATE_STOPPED;
	assert_string_equal(caller_ask(caller, "EXPEL web change"), "-STALE web: it does not run");
	assert_string_equal(fake_asked(), "");
	caller_close(caller);
}

static void
a_failure_is_for_the_restart_rule_and_age_is_not(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	assert_string_equal(
	    caller_ask(caller, "EXPEL web memory pid=77 text=memory%20613M"), "+OK");
	assert_string_equal(fake_asked(), "overdue web memory");
	assert_string_equal(fake_program("web")->health.text, "memory 613M");
	assert_string_equal(caller_ask(caller, "EXPEL web check pid=77"), "+OK");
	assert_string_equal(fake_asked(), "overdue web check");
	assert_string_equal(caller_ask(caller, "EXPEL web age pid=77"), "+OK");
	assert_string_equal(fake_asked(), "restart web");
	fake_program("web")->state = STATE_FATAL;
	assert_string_equal(caller_ask(caller, "EXPEL web change pid=77"), "+OK");
	assert_string_equal(fake_asked(), "restart web");
	caller_close(caller);
}

static void
mistakes_are_explained(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	assert_string_equal(
	    caller_ask(caller, "HEALTH wbe passing"), "-ERR there is no program 'wbe'");
	assert_string_equal(caller_ask(caller, "HEALTH web well"),
	    "-ERR 'well' is none of unknown, passing, failing");
	assert_string_equal(caller_ask(caller, "HEALTH web passing pid=x"),
	    "-ERR option 'pid': 'x' is not a whole number");
	assert_string_equal(caller_ask(caller, "HEALTH web passing text=%2"),
	    "-ERR option 'text' is not escaped with %XX");
	assert_string_equal(caller_ask(caller, "EXPEL web boredom"),
	    "-ERR 'boredom' is none of check, memory, age, change");
	fake_program("db")->state = STATE_RUNNING;
	assert_string_equal(caller_ask(caller, "HEALTH db passing"), "-STALE db: it has no check");
	caller_close(caller);
}

/* Only who asks for it is told of each process. */
static void
inner_events_are_for_those_who_ask(void **state)
{
	struct caller *caller = caller_open(), *inner = caller_open();
	int64_t seq = journal_last_seq();
	char request[64];

	(void)state;
	journal_spawned(fake_program("web"));
	journal_note(fake_program("web"), "check failing", "x");
	snprintf(request, sizeof(request), "EVENTS since=%lld", (long long)seq);
	assert_string_equal(caller_ask(caller, request), "+OK");
	assert_non_null(strstr(caller_receive(caller), "check failing"));
	snprintf(request, sizeof(request), "EVENTS since=%lld inner=1", (long long)seq);
	assert_string_equal(caller_ask(inner, request), "+OK");
	assert_non_null(strstr(caller_receive(inner), "spawned"));
	caller_close(caller);
	caller_close(inner);
}

static void
any_text_fits_into_a_word(void **state)
{
	char word[40], text[40] = "50% of /a b=\n\xc3\xa4";

	(void)state;
	escape_text(text, word, sizeof(word));
	assert_int_equal(strcspn(word, " \n"), strlen(word));
	assert_int_equal(escape_undo(word), 0);
	assert_string_equal(word, text);
	escape_text(text, word, 8);
	assert_string_equal(word, "50%25");
	assert_int_equal(escape_undo((char[]){ "a%00" }), -1);
	assert_int_equal(escape_undo((char[]){ "a%g0" }), -1);
	assert_int_equal(escape_undo((char[]){ "a%" }), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_state_is_kept_and_told, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    what_was_found_out_about_an_earlier_process_does_not_count, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    a_failure_is_for_the_restart_rule_and_age_is_not, begin, fake_end),
		cmocka_unit_test_setup_teardown(mistakes_are_explained, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    inner_events_are_for_those_who_ask, begin, fake_end),
		cmocka_unit_test(any_text_fits_into_a_word),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
