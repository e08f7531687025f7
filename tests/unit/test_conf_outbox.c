#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf_files.h"

#define WHERE "database = \"postgresql:///app\" "

#ifdef HAVE_LIBPQ
static void
the_defaults_are_those_of_the_manual(void **state)
{
	struct conf *conf = conf_of("outbox app { " WHERE "}");
	const struct conf_outbox *outbox = &conf->outboxes[0];

	(void)state;
	assert_int_equal(conf->outbox_count, 1);
	assert_string_equal(outbox->name, "app");
	assert_true(outbox->enabled);
	assert_string_equal(outbox->select, "");
	assert_string_equal(outbox->channel, "jobd_outbox");
	assert_int_equal(outbox->every_ms, 5 * 60 * 1000);
	assert_int_equal(outbox->batch, 500);
	assert_int_equal(outbox->remember_ms, 24 * 3600 * 1000);
	/* It needs somebody who reads it, and somebody who keeps its jobs. */
	assert_non_null(conf_find_program(conf, "outboxes"));
	assert_non_null(conf_find_program(conf, "scheduler"));
	conf_free(conf);
}

static void
it_comes_out_of_a_snapshot_as_it_went_in(void **state)
{
	struct conf *conf = conf_of("outbox app { database_file = url select = \"SELECT\n1\" "
				    "done = b refused = c channel = \"\" every = 10s }"),
		    *again;
	char *text, error[CONF_ERROR_MAX];
	size_t len;

	(void)state;
	text = conf_snapshot_write(conf, &len);
	again = conf_snapshot_read(text, len, error, sizeof(error));
	assert_non_null(again);
	assert_string_equal(again->outboxes[0].select, "SELECT\n1");
	assert_int_equal(again->outboxes[0].every_ms, 10000);
	assert_int_equal(again->outboxes[0].database_file[0], '/');
	conf_free(again);
	conf_free(conf);
	free(text);
}
#endif

static void
what_can_not_work_is_refused(void **state)
{
	(void)state;
	assert_conf_error("outbox app { }",
	    "main.conf:1: outbox 'app' has neither 'database' nor 'database_file'");
	assert_conf_error("outbox app { " WHERE "select = a done = b }",
	    "main.conf:1: option 'done' needs 'refused'");
	assert_conf_error("outbox app { " WHERE "channel = \"\" every = 0 }",
	    "main.conf:1: outbox 'app': with neither 'channel' nor 'every' rows are never looked "
	    "for");
	assert_conf_error("program outboxes { command = x }\noutbox app { " WHERE "}",
	    "main.conf:1: program 'outboxes': the name is taken by the built-in outboxes, which "
	    "runs because there is a section 'outbox'");
#ifndef HAVE_LIBPQ
	assert_conf_error("outbox app { " WHERE "}",
	    "main.conf:1: outbox 'app': this jobd was built without PostgreSQL (libpq)");
#endif
}

static void
one_that_is_not_enabled_needs_nothing(void **state)
{
	struct conf *conf = conf_of("outbox app { enabled = false }");

	(void)state;
	assert_null(conf_find_program(conf, "outboxes"));
	conf_free(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_LIBPQ
		cmocka_unit_test_setup_teardown(
		    the_defaults_are_those_of_the_manual, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    it_comes_out_of_a_snapshot_as_it_went_in, conf_files_begin, conf_files_end),
#endif
		cmocka_unit_test_setup_teardown(
		    what_can_not_work_is_refused, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    one_that_is_not_enabled_needs_nothing, conf_files_begin, conf_files_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
