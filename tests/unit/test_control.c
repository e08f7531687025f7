/*
 * The control socket as a client sees it: what is understood, who is let in, and what becomes of
 * those who misbehave.  Those who are too slow are in test_control_deadline.c: here a deadline must
 * never come, however busy the machine is.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd/control.h"
#include "jobd/journal.h"

#include "conf_files.h"
#include "control_fake.h"
#include "control_peer_fake.h"

#define CONFIG                                                                                     \
	"program web { command = \"web\" instances = 2 }\n"                                        \
	"program db { command = \"db\" priority = 1 }\n"                                           \
	"program off { command = \"off\" enabled = no }\n"

static int
begin(void **state)
{
	(void)state;
	fake_begin(conf_of(CONFIG));
	return 0;
}

static void
hello_tells_the_version(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	assert_int_equal(
	    strncmp(caller_ask(caller, "HELLO {\"v\":1}"), "+HI {\"v\":1,\"version\":\"", 20), 0);
	assert_int_equal(strncmp(caller_ask(caller, "HELLO"), "+HI {", 5), 0);
	assert_int_equal(
	    strncmp(caller_ask(caller, "HELLO {\"x\":{\"v\":3},\"v\":2}"), "-VERSION jobd ", 14),
	    0);
	assert_int_equal(strncmp(caller_ask(caller, "HELLO {\"v\""), "-ERR HELLO takes", 16), 0);
	assert_int_equal(strncmp(caller_ask(caller, "HELLO {\"v\":1}"), "+HI {", 5), 0);
	caller_close(caller);
}

static void
mistakes_are_explained(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	assert_string_equal(
	    caller_ask(caller, "STATSU"), "-ERR unknown command 'STATSU', did you mean 'STATUS'?");
	assert_string_equal(caller_ask(caller, "XYZZY"), "-ERR unknown command 'XYZZY'");
	assert_string_equal(caller_ask(caller, "STATUS al=1"),
	    "-ERR STATUS has no option 'al' (usage: STATUS [all=1] [name...])");
	assert_string_equal(
	    caller_ask(caller, "STATUS all=2"), "-ERR option 'all': '2' is too large");
	assert_string_equal(caller_ask(caller, "START"), "-ERR usage: START name... [wait=0]");
	assert_string_equal(caller_ask(caller, "START {}"), "-ERR usage: START name... [wait=0]");
	assert_string_equal(caller_ask(caller, "PLAN now"), "-ERR usage: PLAN");
	assert_int_equal(strncmp(caller_ask(caller, "SIGNAL FOO web"), "-ERR 'FOO' is", 12), 0);
	assert_int_equal(strncmp(caller_ask(caller, "SCALE web many"),
			     "-ERR number of instances: 'many' is", 34),
	    0);
	assert_int_equal(
	    strncmp(caller_ask(caller, "LOGLEVEL loud"), "-ERR 'loud' is none of", 22), 0);
	assert_string_equal(caller_ask(caller, ""), "-ERR the request is empty");
	assert_string_equal(caller_ask(caller, "LOGLEVEL error"), "+OK");
	/* Who writes by hand. */
	caller_send_bytes(caller, "loglevel error\n", 15);
	caller_expect(caller, "+OK");
	assert_string_equal(fake_asked(), "");
	caller_close(caller);
}

static void
requests_may_be_sent_in_advance(void **state)
{
	struct caller *caller = caller_open();
	char line[] = "LOGLEVEL error\r\n";

	(void)state;
	for (int i = 0; i < 1000; i++)
		caller_send_bytes(caller, line, sizeof(line) - 1);
	for (int i = 0; i < 1000; i++)
		caller_expect(caller, "+OK");
	/* Byte by byte. */
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		caller_send_bytes(caller, line + i, 1);
		loop_idle();
	}
	caller_expect(caller, "+OK");
	caller_expect_nothing(caller);
	caller_close(caller);
}

static void
a_client_that_sends_no_more_is_answered(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	fake_move("db", STATE_RUNNING);
	caller_send(caller, "STOP db");
	caller_send(caller, "LOGLEVEL error");
	caller_send_bytes(caller, "half a line", 11);
	shutdown(caller->fd, SHUT_WR);
	caller_expect(caller, "*1");
	caller_expect_nothing(caller);
	fake_move("db", STATE_STOPPED);
	caller_expect_part(caller, "\"stopped\"");
	caller_expect(caller, "+OK");
	caller_expect_end(caller);
	assert_int_equal(caller->len, 0);
	caller_close(caller);
}

static void
a_client_that_goes_away_is_forgotten(void **state)
{
	struct caller *caller = caller_open();
	struct caller *follower = caller_open();
	char blanks[8000];

	(void)state;
	fake_move("db", STATE_RUNNING);
	assert_string_equal(caller_ask(caller, "STOP db"), "*1");
	assert_string_equal(caller_ask(follower, "EVENTS"), "+OK");
	assert_int_not_equal(fake_program("db")->waiters, 0);
	caller_close(caller);
	assert_int_equal(fake_program("db")->waiters, 0);
	caller_close(follower);
	fake_move("db", STATE_STOPPED);
	/* Also one whose input is full of requests that nobody looked at. */
	caller = caller_open();
	fake_move("db", STATE_RUNNING);
	caller_send(caller, "STOP db");
	memset(blanks, '\n', sizeof(blanks));
	caller_send_bytes(caller, blanks, sizeof(blanks));
	loop_idle();
	assert_int_not_equal(fake_program("db")->waiters, 0);
	caller_close(caller);
	assert_int_equal(fake_program("db")->waiters, 0);
}

static void
end_ends(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	caller_send(caller, "END");
	caller_send(caller, "STATUS");
	caller_expect(caller, "+OK");
	caller_expect_end(caller);
	assert_int_equal(caller->len, 0);
	caller_close(caller);
}

static void
garbage_harms_nobody(void **state)
{
	struct caller *caller = caller_open(), *other = caller_open();
	unsigned char bytes[60000];
	unsigned seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
	/* Every line is short enough, so every one is answered. */
	for (size_t i = 100; i < sizeof(bytes); i += 100)
		bytes[i] = '\n';
	for (size_t i = 0; i < sizeof(bytes); i += 1000) {
		caller_send_bytes(caller, bytes + i, 1000);
		assert_true(caller_receive(caller)[0] == '-');
	}
	caller_send_bytes(caller, "\nSTATUS\0 all=1\n", 15);
	assert_string_equal(caller_ask(other, "LOGLEVEL error"), "+OK");
	assert_string_equal(fake_asked(), "");
	caller_close(caller);
	caller = caller_open();
	caller_send_bytes(caller, "STATUS\0 all=1\n", 14);
	caller_expect(caller, "-ERR the request has bytes that are not printable");
	caller_close(caller);
	caller_close(other);
}

static void
a_line_has_a_greatest_length(void **state)
{
	struct caller *caller = caller_open();
	char *line = malloc(1 << 20);

	(void)state;
	memset(line, 'x', 1 << 20);
	/* The longest: its end included. */
	caller_send_bytes(caller, line, 4094);
	caller_send_bytes(caller, "\r\n", 2);
	caller_expect_part(caller, "-ERR unknown command 'xxx");
	caller_send_bytes(caller, line, 1 << 20);
	caller_expect(caller, "-ERR a line of more than 4096 bytes");
	caller_expect_end(caller);
	caller_close(caller);
	free(line);
}

static void
clients_are_limited(void **state)
{
	struct caller *callers[40];
	struct caller *last;

	(void)state;
	for (int i = 0; i < 32; i++) {
		callers[i] = caller_open();
		assert_string_equal(caller_ask(callers[i], "LOGLEVEL error"), "+OK");
	}
	last = caller_open();
	caller_expect(last, "-BUSY too many clients of uid 0 (32)");
	caller_expect_end(last);
	caller_close(last);
	/* jobd's own built-ins get in. */
	fake_set_leader("web:1", getpid());
	last = caller_open();
	caller_expect(last, "-BUSY too many clients of uid 0 (32)");
	caller_close(last);
	fake_set_leader("web:1", 0);
	fake_set_leader("logger", getpid());
	last = caller_open();
	assert_string_equal(caller_ask(last, "LOGLEVEL error"), "+OK");
	caller_close(last);
	fake_set_leader("logger", 0);
	/* A place that was left is free. */
	caller_close(callers[7]);
	callers[7] = caller_open();
	assert_string_equal(caller_ask(callers[7], "LOGLEVEL error"), "+OK");
	fake_accept(conf_of(CONFIG "control { clients_max = 5 }"));
	last = caller_open();
	caller_expect(last, "-BUSY too many clients (32)");
	caller_close(last);
	for (int i = 0; i < 32; i++)
		caller_close(callers[i]);
}

static void
a_thousand_connections_are_survived(void **state)
{
	static int fds[1000];
	struct caller *caller;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		caller = caller_open();
		fds[i] = caller->fd;
		free(caller);
	}
	loop_idle();
	for (int i = 0; i < 1000; i++)
		close(fds[i]);
	loop_idle();
	caller = caller_open();
	assert_string_equal(caller_ask(caller, "LOGLEVEL error"), "+OK");
	caller_close(caller);
}

static void
without_descriptors_it_waits_without_spinning(void **state)
{
	struct rlimit before, none;
	struct caller *caller = caller_open(), *next;
	int rounds = 0;

	(void)state;
	assert_string_equal(caller_ask(caller, "LOGLEVEL error"), "+OK");
	next = caller_open();
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ .rlim_cur = (rlim_t)next->fd + 1, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	event_base_loop(supervisor_base(), EVLOOP_NONBLOCK);
	/* Those who are there are served. */
	assert_string_equal(caller_ask(caller, "LOGLEVEL error"), "+OK");
	setrlimit(RLIMIT_NOFILE, &before);
	caller_close(caller);
	caller_send(next, "LOGLEVEL error");
	while (recv(next->fd, next->in, sizeof(next->in), 0) <= 0) {
		event_base_loop(supervisor_base(), EVLOOP_ONCE);
		assert_true(++rounds < 10);
	}
	assert_int_equal(strncmp(next->in, "+OK", 3), 0);
	caller_close(next);
}

static void
groups_say_who_may_do_what(void **state)
{
	struct caller *caller;

	(void)state;
	if (geteuid() != 0)
		skip();
	/* Nobody but root and jobd's own user, unless it is said. */
	caller = caller_open_as(4711, 4711, 4712);
	caller_expect(caller, "-DENIED uid 4711 may not use this socket");
	caller_expect_end(caller);
	caller_close(caller);
	fake_accept(conf_of(CONFIG "control { look_group = 4712 act_group = 4713 }"));
	/* By a supplementary group. */
	caller = caller_open_as(4711, 4711, 4712);
	assert_string_equal(caller_ask(caller, "STATUS db"), "*1");
	caller_expect_part(caller, "\"db\"");
	assert_string_equal(caller_ask(caller, "STOP db"), "-DENIED uid 4711 may not use STOP");
	assert_string_equal(
	    caller_ask(caller, "SHUTDOWN"), "-DENIED uid 4711 may not use SHUTDOWN");
	assert_string_equal(caller_ask(caller, "CONFIG"), "-DENIED uid 4711 may not use CONFIG");
	/* What is allowed is asked anew for each request. */
	fake_accept(conf_of(CONFIG "control { look_group = 4799 act_group = 4712 }"));
	assert_string_equal(caller_ask(caller, "STOP db"), "*1");
	caller_expect_part(caller, "not_running");
	caller_close(caller);
	/* By the primary group. */
	caller = caller_open_as(4711, 4712, 4799);
	assert_string_equal(caller_ask(caller, "STOP db"), "*1");
	caller_expect_part(caller, "not_running");
	assert_string_equal(caller_ask(caller, "CONFIG"), "-DENIED uid 4711 may not use CONFIG");
	caller_close(caller);
	assert_string_equal(fake_asked(), "");
	/* A name that there is not lets nobody in; root's group is known by its name. */
	fake_accept(conf_of(CONFIG "control { act_group = \"no-such-group\" look_group = root }"));
	caller = caller_open_as(4711, 4711, 0);
	assert_string_equal(caller_ask(caller, "STOP db"), "-DENIED uid 4711 may not use STOP");
	caller_close(caller);
	/* A built-in with a user of its own gets the configuration. */
	fake_set_leader("logger", getpid());
	caller = caller_open_as(4711, 4711, 4711);
	assert_int_equal(caller_ask(caller, "CONFIG") == NULL, 0);
	assert_string_equal(caller_ask(caller, "STOP db"), "-DENIED uid 4711 may not use STOP");
	caller_close(caller);
}

static void
shutdown_is_passed_on(void **state)
{
	struct caller *caller = caller_open();

	(void)state;
	assert_string_equal(caller_ask(caller, "SHUTDOWN"), "+OK");
	assert_string_equal(fake_asked(), "shutdown 0 operator");
	assert_string_equal(caller_ask(caller, "START db web:1"), "*2");
	caller_expect_part(caller, "\"code\":\"shutting_down\"");
	caller_expect_part(caller, "\"code\":\"shutting_down\"");
	assert_string_equal(fake_asked(), "");
	caller_close(caller);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hello_tells_the_version, begin, fake_end),
		cmocka_unit_test_setup_teardown(mistakes_are_explained, begin, fake_end),
		cmocka_unit_test_setup_teardown(requests_may_be_sent_in_advance, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    a_client_that_sends_no_more_is_answered, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    a_client_that_goes_away_is_forgotten, begin, fake_end),
		cmocka_unit_test_setup_teardown(end_ends, begin, fake_end),
		cmocka_unit_test_setup_teardown(garbage_harms_nobody, begin, fake_end),
		cmocka_unit_test_setup_teardown(a_line_has_a_greatest_length, begin, fake_end),
		cmocka_unit_test_setup_teardown(clients_are_limited, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    a_thousand_connections_are_survived, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    without_descriptors_it_waits_without_spinning, begin, fake_end),
		cmocka_unit_test_setup_teardown(groups_say_who_may_do_what, begin, fake_end),
		cmocka_unit_test_setup_teardown(shutdown_is_passed_on, begin, fake_end),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
