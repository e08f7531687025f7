/*
 * What the control socket does to programs, with everything that may happen between request and
 * result.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd/control.h"

#include "conf_files.h"
#include "control_fake.h"
#include "control_peer_fake.h"

static int
begin(void **state)
{
	(void)state;
	fake_begin(conf_of(FAKE_CONFIG));
	return 0;
}

/* The same for what is done to programs: those that are gone before their turn comes are holes. */
static void
a_long_list_of_actions_keeps_its_length(void **state)
{
	struct caller *caller = caller_open();
	const char *errstr;
	int holes = 0;

	(void)state;
	assert_int_equal(supervisor_scale("web", 1000, &errstr), 0);
	/* Nobody reads, so the reply to the second or third of these has to wait in the middle. */
	for (int i = 0; i < 4; i++)
		caller_send(caller, "SIGNAL HUP web");
	loop_idle();
	for (int i = 501; i <= 1000; i++) {
		char name[20];

		snprintf(name, sizeof(name), "web:%d", i);
		fake_remove(name);
	}
	for (int i = 0; i < 4; i++) {
		int count = (int)strtol(caller_receive(caller) + 1, NULL, 10);

		assert_true(count == 1000 || count == 500);
		for (int j = 0; j < count; j++) {
			const char *item = caller_receive(caller);

			holes += strcmp(item, "(nil)") == 0;
			assert_true(item[0] == '{' || strcmp(item, "(nil)") == 0);
		}
	}
	assert_true(holes > 0);
	assert_string_equal(caller_ask(caller, "LOGLEVEL error"), "+OK");
	caller_close(caller);
}

static void
start_answers_when_it_runs(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	assert_string_equal(caller_ask(caller, "START db web dbb"), "*4");
	caller_expect_result(caller, "dbb", "error", "no_such_program",
	    "no program is called 'dbb', did you mean 'db'?");
	caller_expect_nothing(caller);
	assert_string_equal(fake_asked(), "start db, start web:1, start web:2");
	fake_move("web:2", STATE_RUNNING);
	caller_expect_result(caller, "web:2", "started", "ok", "");
	fake_move("web:1", STATE_STARTING);
	caller_expect_nothing(caller);
	fake_move("web:1", STATE_RUNNING);
	caller_expect_result(caller, "web:1", "started", "ok", "");
	caller_send(caller, "START web:1");
	caller_expect_nothing(caller);
	fake_move("db", STATE_RUNNING);
	caller_expect_result(caller, "db", "started", "ok", "");
	caller_expect(caller, "*1");
	caller_expect_result(caller, "web:1", "error", "already_started", "it runs already");
	assert_string_equal(fake_asked(), "");
	caller_close(caller);
}

static void
a_start_that_is_under_way_is_waited_for(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	fake_program("db")->state = STATE_STARTING;
	assert_string_equal(caller_ask(caller, "START db wait=0"), "*1");
	caller_expect_result(caller, "db", "error", "already_started", "it runs already");
	assert_string_equal(caller_ask(caller, "START db"), "*1");
	caller_expect_nothing(caller);
	fake_move("db", STATE_RUNNING);
	caller_expect_result(caller, "db", "error", "already_started", "it runs already");
	fake_program("db")->state = STATE_STARTING;
	assert_string_equal(caller_ask(caller, "START db"), "*1");
	snprintf(fake_program("db")->reason, PROGRAM_REASON_MAX, "Exited too quickly");
	fake_move("db", STATE_BACKOFF);
	caller_expect_result(caller, "db", "error", "abnormal_termination", "Exited too quickly");
	assert_string_equal(fake_asked(), "");
	/* The next start is the client's own. */
	fake_program("db")->state = STATE_STOPPED;
	assert_string_equal(caller_ask(caller, "START db"), "*1");
	assert_string_equal(fake_asked(), "start db");
	fake_move("db", STATE_RUNNING);
	caller_expect_result(caller, "db", "started", "ok", "");
	caller_close(caller);
}

static void
a_failed_start_says_why(void **state)
{
	static const struct {
		enum state state;
		enum exit_reason reason;
		int code;
		const char *words, *result, *result_code, *message;
	} cases[] = {
		{STATE_BACKOFF,  EXIT_REASON_CODE,         1,  "Exited too quickly", "error",
                 "abnormal_termination",										"Exited too quickly"},
		{ STATE_FATAL,   EXIT_REASON_SPAWN_FAILED, -1, "no such file",       "error",   "spawn_error",
                 "no such file"													     },
		{ STATE_FATAL,   EXIT_REASON_DEPENDENCY,   -1, "web gave up",        "error",   "spawn_error",
                 "web gave up"													      },
		{ STATE_EXITED,  EXIT_REASON_CODE,         2,  "",                   "error",   "abnormal_termination",
                 "exit code 2"													      },
 /* One that runs once and has done it. */
		{ STATE_EXITED,  EXIT_REASON_CODE,         0,  "",                   "started", "ok",                   ""                  },
		{ STATE_STOPPED, EXIT_REASON_NONE,         -1, "",                   "error",   "abnormal_termination",
                 "it was stopped before it was ready (test)"										},
	};
	struct caller *caller = caller_open();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct program *db = fake_program("db");

		db->state = STATE_STOPPED;
		assert_string_equal(caller_ask(caller, "START db"), "*1");
		caller_expect_nothing(caller);
		fake_exit("db", cases[i].reason, cases[i].code);
		strlcpy(db->reason, cases[i].words, sizeof(db->reason));
		fake_move("db", cases[i].state);
		caller_expect_result(
		    caller, "db", cases[i].result, cases[i].result_code, cases[i].message);
		caller_expect_nothing(caller);
	}
	caller_close(caller);
}

static void
stop_answers_when_all_is_gone(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	fake_move("db", STATE_RUNNING);
	fake_move("web:1", STATE_BACKOFF);
	assert_string_equal(caller_ask(caller, "STOP all"), "*4");
	caller_expect_result(caller, "scheduler", "error", "not_running", "it does not run");
	caller_expect_result(caller, "web:1", "stopped", "ok", "");
	caller_expect_result(caller, "web:2", "error", "not_running", "it does not run");
	caller_expect_nothing(caller);
	assert_string_equal(fake_asked(), "stop db, stop web:1");
	fake_timed_out("db");
	caller_expect_result(
	    caller, "db", "error", "timeout", "not all of its processes have ended: 101, 102");
	/* It was told: the end comes too late for this request. */
	fake_move("db", STATE_STOPPED);
	caller_expect_nothing(caller);
	caller_close(caller);
}

static void
restart_is_stop_and_start(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	fake_move("db", STATE_RUNNING);
	assert_string_equal(caller_ask(caller, "RESTART db web:1"), "*2");
	assert_string_equal(fake_asked(), "restart db, restart web:1");
	/* Stopped is only half of it. */
	fake_move("db", STATE_STOPPED);
	caller_expect_nothing(caller);
	fake_program("db")->start_when_stopped = false;
	fake_move("db", STATE_WAITING);
	fake_move("web:1", STATE_RUNNING);
	caller_expect_result(caller, "web:1", "restarted", "ok", "");
	fake_move("db", STATE_STARTING);
	caller_expect_nothing(caller);
	fake_move("db", STATE_RUNNING);
	caller_expect_result(caller, "db", "restarted", "ok", "");
	caller_close(caller);
}

/* What is left of the last run must not let the start be forgotten. */
static void
a_start_in_the_middle_of_an_end_is_a_restart(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	fake_program("db")->state = STATE_SWEEPING;
	assert_string_equal(caller_ask(caller, "START db"), "*1");
	assert_string_equal(fake_asked(), "restart db");
	fake_program("web:1")->state = STATE_STOPPING;
	caller_send(caller, "START web:1");
	caller_expect_nothing(caller);
	fake_move("db", STATE_RUNNING);
	caller_expect_result(caller, "db", "started", "ok", "");
	caller_expect(caller, "*1");
	assert_string_equal(fake_asked(), "start web:1");
	caller_close(caller);
}

static void
everybody_gets_the_truth(void **state)
{
	struct caller *one = caller_open(), *other = caller_open(), *third = caller_open();

	(void)state;
	/* One stops it, another one starts it before it is gone. */
	fake_move("db", STATE_RUNNING);
	assert_string_equal(caller_ask(one, "STOP db"), "*1");
	assert_string_equal(caller_ask(other, "START db"), "*1");
	/* The supervisor may go on at once, without a rest in between. */
	fake_program("db")->start_when_stopped = false;
	fake_program("db")->state = STATE_WAITING;
	caller_expect_nothing(one);
	fake_move("db", STATE_RUNNING);
	caller_expect_result(one, "db", "stopped", "ok", "it was started again since");
	caller_expect_result(other, "db", "started", "ok", "");
	/* One restarts it, another one stops it meanwhile, a third one wants it stopped as well. */
	assert_string_equal(caller_ask(one, "RESTART db"), "*1");
	assert_string_equal(caller_ask(other, "STOP db"), "*1");
	assert_string_equal(caller_ask(third, "STOP db"), "*1");
	fake_move("db", STATE_STOPPED);
	caller_expect_part(one,
	    "\"result\":\"error\",\"code\":\"abnormal_termination\",\"message\":\"it was stopped");
	caller_expect_result(other, "db", "stopped", "ok", "");
	caller_expect_result(third, "db", "stopped", "ok", "");
	/* One that is gone gets nothing, nor does who takes its place. */
	fake_move("db", STATE_RUNNING);
	assert_string_equal(caller_ask(one, "STOP db"), "*1");
	caller_close(one);
	one = caller_open();
	assert_string_equal(caller_ask(one, "LOGLEVEL error"), "+OK");
	fake_move("db", STATE_STOPPED);
	caller_expect_nothing(one);
	caller_close(one);
	caller_close(other);
	caller_close(third);
}

static void
nobody_has_to_wait(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	fake_move("db", STATE_RUNNING);
	assert_string_equal(caller_ask(caller, "RESTART db web:1 wait=0"), "*2");
	caller_expect_result(caller, "db", "requested", "ok", "");
	caller_expect_result(caller, "web:1", "requested", "ok", "");
	assert_string_equal(caller_ask(caller, "STOP db web:2 wait=no"), "*2");
	caller_expect_result(caller, "db", "requested", "ok", "");
	caller_expect_result(caller, "web:2", "error", "not_running", "it does not run");
	fake_move("db", STATE_STOPPED);
	caller_expect_nothing(caller);
	assert_int_equal(
	    strncmp(caller_ask(caller, "STOP db wait=maybe"), "-ERR option 'wait': 'maybe' is", 30),
	    0);
	caller_close(caller);
}

/* More results than there is room for come later, but they come. */
static void
results_wait_for_a_slow_reader(void **state)
{
	struct caller *caller = caller_open();
	const char *errstr;
	int size = 4096;

	(void)state;
	assert_int_equal(supervisor_scale("web", 1000, &errstr), 0);
	setsockopt(caller->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (int i = 1; i <= 1000; i++) {
		char name[20];

		snprintf(name, sizeof(name), "web:%d", i);
		fake_program(name)->state = STATE_RUNNING;
	}
	caller_send(caller, "STOP web");
	loop_idle();
	for (int i = 1; i <= 1000; i++) {
		char name[20];

		snprintf(name, sizeof(name), "web:%d", i);
		fake_program(name)->why = "a long reason";
		fake_move(name, STATE_STOPPED);
	}
	caller_expect(caller, "*1000");
	for (int i = 1; i <= 1000; i++)
		caller_expect_part(caller, "\"result\":\"stopped\"");
	assert_string_equal(caller_ask(caller, "LOGLEVEL error"), "+OK");
	caller_close(caller);
}

static void
signals_are_sent(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	fake_move("db", STATE_RUNNING);
	fake_move("web:2", STATE_RUNNING);
	assert_string_equal(caller_ask(caller, "SIGNAL hup db web nobody"), "*4");
	caller_expect_result(caller, "db", "signalled", "ok", "");
	caller_expect_result(caller, "web:1", "error", "not_running", "it does not run");
	caller_expect_result(caller, "web:2", "signalled", "ok", "");
	caller_expect_result(
	    caller, "nobody", "error", "no_such_program", "no program is called 'nobody'");
	assert_string_equal(fake_asked(), "signal 1 db, signal 1 web:2");
	caller_close(caller);
}

static void
scale_waits_for_those_that_change(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	fake_move("web:1", STATE_RUNNING);
	fake_move("web:2", STATE_BACKOFF);
	assert_string_equal(caller_ask(caller, "SCALE web 4"), "*2");
	caller_expect_nothing(caller);
	fake_move("web:4", STATE_RUNNING);
	caller_expect_result(caller, "web:4", "started", "ok", "");
	fake_exit("web:3", EXIT_REASON_CODE, 9);
	fake_move("web:3", STATE_FATAL);
	caller_expect_result(caller, "web:3", "error", "abnormal_termination", "exit code 9");
	assert_string_equal(caller_ask(caller, "SCALE web 3"), "*1");
	fake_move("web:4", STATE_STOPPED);
	caller_expect_result(caller, "web:4", "stopped", "ok", "");
	fake_remove("web:4");
	assert_string_equal(caller_ask(caller, "SCALE web 3"), "*0");
	assert_string_equal(caller_ask(caller, "SCALE web 0"),
	    "-ERR 'web' with 0 instances: the number of instances must be from 1 to 1000");
	assert_string_equal(caller_ask(caller, "SCALE wep 2"), "*1");
	caller_expect_result(caller, "wep", "error", "no_such_program",
	    "no program is called 'wep', did you mean 'web'?");
	caller_close(caller);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, fake_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_list_of_actions_keeps_its_length),
		TEST(start_answers_when_it_runs),
		TEST(a_start_that_is_under_way_is_waited_for),
		TEST(a_failed_start_says_why),
		TEST(stop_answers_when_all_is_gone),
		TEST(restart_is_stop_and_start),
		TEST(a_start_in_the_middle_of_an_end_is_a_restart),
		TEST(everybody_gets_the_truth),
		TEST(nobody_has_to_wait),
		TEST(results_wait_for_a_slow_reader),
		TEST(signals_are_sent),
		TEST(scale_waits_for_those_that_change),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
