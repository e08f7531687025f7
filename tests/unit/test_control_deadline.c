/*
 * The deadline of the control socket: who is too slow for it, and who only waits.  It is short
 * here, see control.mk.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "jobd/control.h"

#include "conf_files.h"
#include "control_fake.h"
#include "control_peer_fake.h"

static int
begin(void **state)
{
	(void)state;
	fake_begin(conf_of("program db { command = \"db\" }\n"));
	return 0;
}

static void
silence_ends_a_connection(void **state)
{
	struct caller *silent, *half = caller_open(), *follower = caller_open(),
			       *waiter = caller_open();

	(void)state;
	fake_move("db", STATE_RUNNING);
	assert_string_equal(caller_ask(follower, "EVENTS"), "+OK");
	assert_string_equal(caller_ask(waiter, "STOP db"), "*1");
	silent = caller_open();
	caller_send_bytes(half, "STAT", 4);
	caller_expect_end(half);
	assert_int_equal(strncmp(half->in, "-TIMEOUT nothing was asked", 26), 0);
	/* Half a line is no life: it does not move the deadline. */
	caller_expect_end(silent);
	assert_int_equal(strncmp(silent->in, "-TIMEOUT nothing was asked", 26), 0);
	/* These two have been silent for longer, but they wait for something. */
	fake_move("db", STATE_STOPPED);
	caller_expect_part(waiter, "\"stopped\"");
	caller_expect_part(follower, "\"to\":\"STOPPED\"");
	/* One that has what it waited for is a client like any other. */
	caller_expect_end(waiter);
	caller_expect_nothing(follower);
	caller_close(silent);
	caller_close(half);
	caller_close(follower);
	caller_close(waiter);
}

/* Its own output and its socket are full, and it reads nothing. */
static void
a_reader_that_takes_nothing_is_dropped(void **state)
{
	struct caller *caller = caller_open(), *other;
	int size = 4096;

	(void)state;
	setsockopt(caller->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	caller_send(caller, "EVENTS since=0");
	for (int i = 0; i < 5000; i++) {
		fake_move("db", i % 2 == 0 ? STATE_WAITING : STATE_STOPPED);
		loop_idle();
	}
	other = caller_open();
	caller_expect_end(other);
	/* What was sent is still there, and then it ends. */
	caller_expect_end(caller);
	assert_true(caller->len > 0);
	caller_close(caller);
	caller_close(other);
}

/* Takes no answer, and waits for one more; false if it was slow and may be overdue by now. */
static bool
caller_wait_clogged(struct caller *caller)
{
	struct monotime begin = monotime_now();
	int before = -1, now = 0;

	while (now != before) {
		before = now;
		caller_send(caller, "STATUS db");
		loop_idle();
		assert_int_equal(ioctl(caller->fd, FIONREAD, &now), 0);
		/* Half of the deadline. */
		if (monotime_diff_ms(monotime_now(), begin) > 150)
			return false;
	}
	caller_send(caller, "STOP db");
	loop_idle();
	return monotime_diff_ms(monotime_now(), begin) < 150;
}

/* Also one that waits for something, when the answers before that are not taken. */
static void
a_waiter_that_takes_nothing_is_dropped(void **state)
{
	struct caller *caller = caller_open(), *other;

	(void)state;
	fake_move("db", STATE_RUNNING);
	while (!caller_wait_clogged(caller)) {
		caller_close(caller);
		caller = caller_open();
	}
	assert_int_not_equal(fake_program("db")->waiters, 0);
	/* It comes after the other one and is dropped after it. */
	other = caller_open();
	caller_expect_end(other);
	assert_int_equal(fake_program("db")->waiters, 0);
	caller_close(other);
	caller_close(caller);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(silence_ends_a_connection, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    a_reader_that_takes_nothing_is_dropped, begin, fake_end),
		cmocka_unit_test_setup_teardown(
		    a_waiter_that_takes_nothing_is_dropped, begin, fake_end),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
