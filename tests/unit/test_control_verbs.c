/*
 * What the control socket tells: programs, events, ends, the configuration and plans.
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

static int
begin(void **state)
{
	(void)state;
	fake_begin(conf_of(FAKE_CONFIG));
	return 0;
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
	caller_expect_result(caller, "webb", "error", "no_such_program",
	    "no program is called 'webb', did you mean 'web'?");
	caller_expect_result(
	    caller, "off", "error", "disabled", "'off' is not enabled in the configuration");
	caller_expect_result(caller, "x*", "error", "no_such_program", "no program is called 'x*'");
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
	fake_plan_done(
	    plan_to(FAKE_CONFIG "program new { command = \"new\" priority = 2 }\n"), NULL);
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
	fake_plan_done(plan_to(FAKE_CONFIG), NULL);
	caller_expect(next, "*1");
	caller_expect_part(next, "not_running");
	caller_expect_nothing(next);
	caller_send(next, "PLAN");
	loop_idle();
	fake_plan_done(plan_to("run_dir = /elsewhere " FAKE_CONFIG), NULL);
	caller_expect_part(next, "-CONFIG option 'run_dir' can't be changed from ");
	caller_close(next);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, fake_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_lists_programs),
		TEST(names_choose_programs_once),
		TEST(a_long_list_keeps_its_length),
		TEST(events_are_followed),
		TEST(a_slow_follower_misses_the_oldest),
		TEST(history_has_the_newest_first),
		TEST(config_is_the_snapshot),
		TEST(plan_and_reload_show_the_plan),
		TEST(a_plan_finds_nobody_any_more),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
