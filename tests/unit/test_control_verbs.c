/*
 * What the control socket answers: every verb, with everything that may happen between request and
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
#include "jobd/journal.h"

#include "conf_files.h"
#include "control_fake.h"
#include "control_peer_fake.h"

#define CONFIG                                                                                     \
	"program db { command = \"db\" priority = 1 }\n"                                           \
	"program web { command = \"web\" instances = 2 }\n"                                        \
	"program off { command = \"off\" enabled = no }\n"                                         \
	"job mail { command = \"mail\" }\n"

static int
begin(void **state)
{
	(void)state;
	fake_begin(conf_of(CONFIG));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	fake_end();
	return 0;
}

static void
expect_result(struct caller *caller, const char *name, const char *result, const char *code,
    const char *message)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "{\"name\":\"%s\",\"result\":\"%s\",\"code\":\"%s\",\"message\":\"%s\"}", name, result,
	    code, message);
	caller_expect(caller, text);
}

static void
status_lists_programs(void **state)
{
	static const char head[] = "{\"name\":\"db\",\"program\":\"db\",\"instance\":1,\"role\":"
				   "\"user\",\"state\":\"RUNNING\",\"pid\":12,"
				   "\"started_at\":\"2023-11-14T22:13:21.500Z\",\"uptime_ms\":";
	struct caller *caller = caller_open();
	struct program *db = fake_program("db");
	const char *row;
	long uptime_ms;
	char *rest;

	(void)state;
	/* The scheduler is the user's wish, runner and logger are helpers. */
	assert_string_equal(caller_ask(caller, "STATUS"), "*4");
	caller_expect_part(caller, "{\"name\":\"scheduler\",\"program\":\"scheduler\",\"instance\":"
				   "1,\"role\":\"scheduler\"");
	caller_expect_part(caller, "{\"name\":\"db\"");
	caller_expect_part(
	    caller, "{\"name\":\"web:1\",\"program\":\"web\",\"instance\":1,\"role\":\"user\"");
	caller_expect_part(
	    caller, "{\"name\":\"web:2\",\"program\":\"web\",\"instance\":2,\"role\":\"user\"");
	assert_string_equal(caller_ask(caller, "STATUS all=1"), "*6");
	for (int i = 0; i < 6; i++)
		caller_receive(caller);
	fake_exit("db", EXIT_REASON_CODE, 3);
	db->exit.at.us = INT64_C(1700000000000000);
	db->state = STATE_RUNNING;
	db->pid = 12;
	db->started_at.us = INT64_C(1700000001500000);
	db->restarts = 4;
	db->restarts_by[EXIT_REASON_CODE] = 3;
	db->restarts_by[EXIT_REASON_CHECK] = 1;
	strlcpy(db->status, "a \"text\"\n", sizeof(db->status));
	db->output[OUTPUT_STDOUT].dropped_lines = 1;
	db->output[OUTPUT_STDERR].dropped_lines = 2;
	db->output[OUTPUT_STDERR].dropped_bytes = 30;
	db->survivor_count = 2;
	db->survivors[0] = 7;
	db->survivors[1] = 8;
	db->next_conf = db->conf;
	db->started = monotime_now();
	assert_string_equal(caller_ask(caller, "STATUS db"), "*1");
	row = caller_receive(caller);
	assert_int_equal(strncmp(row, head, strlen(head)), 0);
	/* It takes its time until the question is answered. */
	uptime_ms = strtol(row + strlen(head), &rest, 10);
	assert_in_range(uptime_ms, 0, 60000);
	assert_string_equal(rest,
	    ",\"description\":\"description of "
	    "db\",\"restarts\":4,\"restarts_by\":{\"exit\":3,\"check\":1},\"essential\":false,"
	    "\"status\":\"a "
	    "\\\"text\\\"\\n\",\"health\":null,\"exit\":{\"reason\":\"exit\",\"code\":3,"
	    "\"expected\":false,\"text\":null,\"signal\":null,"
	    "\"at\":\"2023-11-14T22:13:20Z\",\"core\":false,\"uptime_ms\":5},\"dropped_lines\":3,"
	    "\"dropped_bytes\":30,\"survivors\":[7,8],\"stale\":true}");
	db->next_conf = NULL;
	caller_close(caller);
}

static void
names_choose_programs_once(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	assert_string_equal(caller_ask(caller, "STATUS web:2 web:* web d? logger"), "*4");
	caller_expect_part(caller, "\"logger\"");
	caller_expect_part(caller, "\"db\"");
	caller_expect_part(caller, "\"web:1\"");
	caller_expect_part(caller, "\"web:2\"");
	assert_string_equal(caller_ask(caller, "STATUS webb db off x*"), "*4");
	caller_expect_part(caller, "{\"name\":\"db\",\"program\"");
	expect_result(caller, "webb", "error", "no_such_program",
	    "no program is called 'webb', did you mean 'web'?");
	expect_result(
	    caller, "off", "error", "disabled", "'off' is not enabled in the configuration");
	expect_result(caller, "x*", "error", "no_such_program", "no program is called 'x*'");
	caller_expect_nothing(caller);
	caller_close(caller);
}

static void
a_long_list_keeps_its_length(void **state)
{
	struct caller *caller = caller_open();
	int rows = 0, holes = 0, size = 4096;
	const char *errstr, *item;

	(void)state;
	assert_int_equal(supervisor_scale("web", 1000, &errstr), 0);
	setsockopt(caller->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	caller_send(caller, "STATUS web");
	caller_send(caller, "LOGLEVEL error");
	loop_idle();
	/* Some go while the reply is on its way, others come. */
	for (int i = 951; i <= 1000; i++) {
		char name[20];

		snprintf(name, sizeof(name), "web:%d", i);
		fake_remove(name);
	}
	fake_add("db");
	caller_expect(caller, "*1000");
	for (int i = 0; i < 1000; i++) {
		item = caller_receive(caller);
		holes += strcmp(item, "(nil)") == 0;
		rows += item[0] == '{';
	}
	assert_int_equal(rows, 950);
	assert_int_equal(holes, 50);
	caller_expect(caller, "+OK");
	caller_close(caller);
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
	expect_result(caller, "dbb", "error", "no_such_program",
	    "no program is called 'dbb', did you mean 'db'?");
	caller_expect_nothing(caller);
	assert_string_equal(fake_asked(), "start db, start web:1, start web:2");
	fake_move("web:2", STATE_RUNNING);
	expect_result(caller, "web:2", "started", "ok", "");
	fake_move("web:1", STATE_STARTING);
	caller_expect_nothing(caller);
	fake_move("web:1", STATE_RUNNING);
	expect_result(caller, "web:1", "started", "ok", "");
	caller_send(caller, "START web:1");
	caller_expect_nothing(caller);
	fake_move("db", STATE_RUNNING);
	expect_result(caller, "db", "started", "ok", "");
	caller_expect(caller, "*1");
	expect_result(caller, "web:1", "error", "already_started", "it runs already");
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
	expect_result(caller, "db", "error", "already_started", "it runs already");
	assert_string_equal(caller_ask(caller, "START db"), "*1");
	caller_expect_nothing(caller);
	fake_move("db", STATE_RUNNING);
	expect_result(caller, "db", "error", "already_started", "it runs already");
	fake_program("db")->state = STATE_STARTING;
	assert_string_equal(caller_ask(caller, "START db"), "*1");
	snprintf(fake_program("db")->reason, PROGRAM_REASON_MAX, "Exited too quickly");
	fake_move("db", STATE_BACKOFF);
	expect_result(caller, "db", "error", "abnormal_termination", "Exited too quickly");
	assert_string_equal(fake_asked(), "");
	/* The next start is the client's own. */
	fake_program("db")->state = STATE_STOPPED;
	assert_string_equal(caller_ask(caller, "START db"), "*1");
	assert_string_equal(fake_asked(), "start db");
	fake_move("db", STATE_RUNNING);
	expect_result(caller, "db", "started", "ok", "");
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
		expect_result(
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
	expect_result(caller, "scheduler", "error", "not_running", "it does not run");
	expect_result(caller, "web:1", "stopped", "ok", "");
	expect_result(caller, "web:2", "error", "not_running", "it does not run");
	caller_expect_nothing(caller);
	assert_string_equal(fake_asked(), "stop db, stop web:1");
	fake_timed_out("db");
	expect_result(
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
	expect_result(caller, "web:1", "restarted", "ok", "");
	fake_move("db", STATE_STARTING);
	caller_expect_nothing(caller);
	fake_move("db", STATE_RUNNING);
	expect_result(caller, "db", "restarted", "ok", "");
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
	expect_result(caller, "db", "started", "ok", "");
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
	expect_result(one, "db", "stopped", "ok", "it was started again since");
	expect_result(other, "db", "started", "ok", "");
	/* One restarts it, another one stops it meanwhile, a third one wants it stopped as well. */
	assert_string_equal(caller_ask(one, "RESTART db"), "*1");
	assert_string_equal(caller_ask(other, "STOP db"), "*1");
	assert_string_equal(caller_ask(third, "STOP db"), "*1");
	fake_move("db", STATE_STOPPED);
	caller_expect_part(one,
	    "\"result\":\"error\",\"code\":\"abnormal_termination\",\"message\":\"it was stopped");
	expect_result(other, "db", "stopped", "ok", "");
	expect_result(third, "db", "stopped", "ok", "");
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
	expect_result(caller, "db", "requested", "ok", "");
	expect_result(caller, "web:1", "requested", "ok", "");
	assert_string_equal(caller_ask(caller, "STOP db web:2 wait=no"), "*2");
	expect_result(caller, "db", "requested", "ok", "");
	expect_result(caller, "web:2", "error", "not_running", "it does not run");
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
	expect_result(caller, "db", "signalled", "ok", "");
	expect_result(caller, "web:1", "error", "not_running", "it does not run");
	expect_result(caller, "web:2", "signalled", "ok", "");
	expect_result(
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
	expect_result(caller, "web:4", "started", "ok", "");
	fake_exit("web:3", EXIT_REASON_CODE, 9);
	fake_move("web:3", STATE_FATAL);
	expect_result(caller, "web:3", "error", "abnormal_termination", "exit code 9");
	assert_string_equal(caller_ask(caller, "SCALE web 3"), "*1");
	fake_move("web:4", STATE_STOPPED);
	expect_result(caller, "web:4", "stopped", "ok", "");
	fake_remove("web:4");
	assert_string_equal(caller_ask(caller, "SCALE web 3"), "*0");
	assert_string_equal(caller_ask(caller, "SCALE web 0"),
	    "-ERR 'web' with 0 instances: the number of instances must be from 1 to 1000");
	assert_string_equal(caller_ask(caller, "SCALE wep 2"), "*1");
	expect_result(caller, "wep", "error", "no_such_program",
	    "no program is called 'wep', did you mean 'web'?");
	caller_close(caller);
}

static void
events_are_followed(void **state)
{
	struct caller *caller = caller_open(), *late = caller_open();
	int64_t first = journal_last_seq() + 1;
	char text[100];

	(void)state;
	fake_move("db", STATE_WAITING);
	assert_string_equal(caller_ask(caller, "EVENTS"), "+OK");
	caller_expect_nothing(caller);
	fake_move("db", STATE_RUNNING);
	fake_move("web:2", STATE_BACKOFF);
	snprintf(text, sizeof(text), "{\"seq\":%lld,\"at\":\"20", (long long)first + 1);
	caller_expect_part(caller, text);
	caller_expect_part(caller, "\"program\":\"web\",\"name\":\"web:2\",\"from\":\"STOPPED\","
				   "\"to\":\"BACKOFF\",\"reason\":\"test\",\"pid\":0,"
				   "\"text\":null,\"exit\":null}");
	snprintf(text, sizeof(text), "EVENTS since=%lld", (long long)first);
	assert_string_equal(caller_ask(late, text), "+OK");
	caller_expect_part(late, "\"to\":\"RUNNING\"");
	caller_expect_part(late, "\"to\":\"BACKOFF\"");
	caller_expect_nothing(late);
	caller_close(late);
	/* Numbers of an earlier jobd: all is new. */
	late = caller_open();
	assert_string_equal(caller_ask(late, "EVENTS since=99999999"), "+OK");
	snprintf(text, sizeof(text), "{\"seq\":%lld,", (long long)journal_first_seq());
	caller_expect_part(late, text);
	caller_close(late);
	caller_close(caller);
}

/* Whoever is slower than the ring loses the oldest, and sees that in the numbers. */
static void
a_slow_follower_misses_the_oldest(void **state)
{
	struct caller *caller = caller_open();
	int64_t seq = 0, next, count = 0, gaps = 0;
	int size = 4096;

	(void)state;
	setsockopt(caller->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	assert_string_equal(caller_ask(caller, "EVENTS"), "+OK");
	for (int i = 0; i < 8 * JOURNAL_MAX; i++) {
		fake_move("db", i % 2 == 0 ? STATE_WAITING : STATE_STOPPED);
		if (i % 100 == 0)
			loop_idle();
	}
	do {
		const char *item = caller_receive(caller);

		assert_int_equal(sscanf(item, "{\"seq\":%ld,", &next), 1);
		assert_true(next > seq);
		gaps += seq != 0 && next != seq + 1;
		seq = next;
		count++;
	} while (seq < journal_last_seq());
	assert_int_equal(gaps, 1);
	assert_true(count >= JOURNAL_MAX);
	caller_close(caller);
}

static void
history_has_the_newest_first(void **state)
{
	struct caller *caller = caller_open();
	char text[100];

	(void)state;
	assert_string_equal(caller_ask(caller, "HISTORY db"), "*0");
	for (int i = 0; i < 20; i++)
		fake_exit("db", EXIT_REASON_CODE, i);
	assert_string_equal(caller_ask(caller, "HISTORY db"), "*16");
	for (int i = 19; i >= 4; i--) {
		snprintf(text, sizeof(text),
		    "{\"name\":\"db\",\"program\":\"db\",\"pid\":77,\"reason\":\"exit\",\"code\":%"
		    "d,",
		    i);
		caller_expect_part(caller, text);
	}
	fake_exit("web:1", EXIT_REASON_CODE, 1);
	fake_exit("web:2", EXIT_REASON_CODE, 2);
	assert_string_equal(caller_ask(caller, "HISTORY web"), "*2");
	caller_expect_part(caller, "\"web:1\"");
	caller_expect_part(caller, "\"web:2\"");
	assert_string_equal(caller_ask(caller, "HISTORY bd"), "*1");
	caller_expect_part(caller, "did you mean 'db'?");
	caller_close(caller);
}

static void
config_is_the_snapshot(void **state)
{
	struct caller *caller = caller_open();
	struct generation *generation = supervisor_generation();
	size_t len = 300000;
	char *snapshot = malloc(len + 1);
	int size = 4096;

	(void)state;
	assert_string_equal(caller_ask(caller, "CONFIG"), generation->snapshot);
	/* A long one goes in pieces, and is held until it is sent. */
	free(generation->snapshot);
	for (size_t i = 0; i < len; i++)
		snapshot[i] = (char)('a' + i % 26);
	snapshot[len] = '\0';
	generation->snapshot = snapshot;
	generation->snapshot_len = len;
	setsockopt(caller->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	caller_send(caller, "CONFIG");
	caller_send(caller, "LOGLEVEL error");
	loop_idle();
	assert_int_equal(generation->references, 2);
	caller_expect(caller, snapshot);
	caller_expect(caller, "+OK");
	assert_int_equal(generation->references, 1);
	/* Also by one who goes away in the middle. */
	caller_send(caller, "CONFIG");
	loop_idle();
	assert_int_equal(generation->references, 2);
	caller_close(caller);
	assert_int_equal(generation->references, 1);
}

static struct plan *
plan_to(const char *text)
{
	struct conf *next = conf_of(text);
	struct plan *plan = plan_make(supervisor_generation()->conf, next);

	/* Names and reasons are the plan's own. */
	conf_free(next);
	return plan;
}

static void
plan_and_reload_show_the_plan(void **state)
{
	struct caller *caller = caller_open(), *other = caller_open();

	(void)state;
	caller_send(caller, "PLAN");
	caller_expect_nothing(caller);
	assert_string_equal(fake_asked(), "plan");
	assert_string_equal(caller_ask(other, "RELOAD"),
	    "-BUSY the configuration is being read for somebody else: try again");
	fake_plan_done(plan_to(CONFIG "program new { command = \"new\" priority = 2 }\n"), NULL);
	caller_expect(caller, "*6");
	caller_expect(
	    caller, "{\"name\":\"logger\",\"kind\":\"program\",\"action\":\"none\",\"why\":\"\"}");
	while (strstr(caller_receive(caller), "\"new\"") == NULL)
		;
	assert_string_equal(caller->item,
	    "{\"name\":\"new\",\"kind\":\"program\",\"action\":\"add\",\"why\":\"new\"}");
	/* It comes in starting order. */
	while (strstr(caller_receive(caller), "\"web\"") == NULL)
		;
	caller_send(other, "RELOAD");
	loop_idle();
	assert_string_equal(fake_asked(), "reload");
	fake_plan_done(NULL, "a.conf:1: bad\na.conf:2: worse\n");
	caller_expect(other, "-CONFIG a.conf:1: bad; a.conf:2: worse ");
	caller_close(caller);
	caller_close(other);
}

static void
a_plan_finds_nobody_any_more(void **state)
{
	struct caller *caller = caller_open(), *next;

	(void)state;
	caller_send(caller, "RELOAD");
	loop_idle();
	caller_close(caller);
	/* The same place, another client. */
	next = caller_open();
	caller_send(next, "STOP db");
	loop_idle();
	fake_plan_done(plan_to(CONFIG), NULL);
	caller_expect(next, "*1");
	caller_expect_part(next, "not_running");
	caller_expect_nothing(next);
	caller_send(next, "PLAN");
	loop_idle();
	fake_plan_done(plan_to("run_dir = /elsewhere " CONFIG), NULL);
	caller_expect_part(next, "-CONFIG option 'run_dir' can't be changed from ");
	caller_close(next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(status_lists_programs, begin, end),
		cmocka_unit_test_setup_teardown(names_choose_programs_once, begin, end),
		cmocka_unit_test_setup_teardown(a_long_list_keeps_its_length, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_long_list_of_actions_keeps_its_length, begin, end),
		cmocka_unit_test_setup_teardown(start_answers_when_it_runs, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_start_that_is_under_way_is_waited_for, begin, end),
		cmocka_unit_test_setup_teardown(a_failed_start_says_why, begin, end),
		cmocka_unit_test_setup_teardown(stop_answers_when_all_is_gone, begin, end),
		cmocka_unit_test_setup_teardown(restart_is_stop_and_start, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_start_in_the_middle_of_an_end_is_a_restart, begin, end),
		cmocka_unit_test_setup_teardown(everybody_gets_the_truth, begin, end),
		cmocka_unit_test_setup_teardown(nobody_has_to_wait, begin, end),
		cmocka_unit_test_setup_teardown(results_wait_for_a_slow_reader, begin, end),
		cmocka_unit_test_setup_teardown(signals_are_sent, begin, end),
		cmocka_unit_test_setup_teardown(scale_waits_for_those_that_change, begin, end),
		cmocka_unit_test_setup_teardown(events_are_followed, begin, end),
		cmocka_unit_test_setup_teardown(a_slow_follower_misses_the_oldest, begin, end),
		cmocka_unit_test_setup_teardown(history_has_the_newest_first, begin, end),
		cmocka_unit_test_setup_teardown(config_is_the_snapshot, begin, end),
		cmocka_unit_test_setup_teardown(plan_and_reload_show_the_plan, begin, end),
		cmocka_unit_test_setup_teardown(a_plan_finds_nobody_any_more, begin, end),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
