#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf_files.h"

#define PROGRAM(options) "program x { command = a\n" options "\n}"

static const struct conf_program *
program_of(const struct conf *conf, const char *name)
{
	const struct conf_program *program = conf_find_program(conf, name);

	assert_non_null(program);
	return program;
}

static void
mistakes_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text, *line;
	} list[] = {
		{PROGRAM("check { tcp = 80 interval = 0 }"),
                 "main.conf:2: option 'check.interval': '0' is too short"                    },
		{ PROGRAM("check { http = 'http://a/'\ntcp = 80 }"),
                 "main.conf:3: option 'check.tcp': there is 'check.http' already, a program has "
		    "one check"							      },
		{ PROGRAM("check { http = 'ftp://a/' }"),
                 "main.conf:2: option 'check.http': 'ftp://a/' is not written "
		    "http://HOST/PATH or https://HOST/PATH"                                  },
		{ PROGRAM("check { interval = 5s }"),
                 "main.conf:2: section 'check' needs one of http, tcp and command"           },
		{ PROGRAM("check { tcp = 'db:5432' }"),
                 "main.conf:2: option 'check.tcp': 'db:5432' is not written HOST:PORT with a "
		    "numeric address or localhost, nor PORT"                                 },
		{ PROGRAM("check { command = \"a 'b\" }"),
                 "main.conf:2: option 'check.command': 'a 'b' has a quote that is not closed"},
		{ PROGRAM("check { tcp = 80\nbody = ok }"),
                 "main.conf:3: option 'check.body' does nothing without 'check.http'"        },
		{ PROGRAM("check { http = 'http://a/'\nstatus = 7 }"),
                 "main.conf:3: option 'check.status': '7' is no status of HTTP"              },
		{ PROGRAM("check { tcp = 80 on_failure = stop }"),
                 "main.conf:2: option 'check.on_failure': 'stop' is none of restart, report" },
		{ PROGRAM("ready = check"),
                 "main.conf:2: option 'ready': 'check' needs a section check { ... }"        },
		{ PROGRAM("oneshot = true\nmemory = 1M"),
                 "main.conf:2: option 'oneshot': check, memory, max_age and watch are for "
		    "programs that keep running"                                             },
		{ PROGRAM("max_age_jitter = 1h"),
                 "main.conf:2: option 'max_age_jitter' does nothing without 'max_age'"       },
		{ PROGRAM("interval = 5s"),
                 "main.conf:2: unknown option 'interval' in 'program': it belongs in a section "
		    "'check' of 'program'"						   },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		assert_conf_error(list[i].text, list[i].line);
}

static void
a_check_has_defaults_that_work(void **state)
{
	struct conf *conf = conf_of(PROGRAM("ready = check check { tcp = '[::1]:80' }"));
	const struct conf_check *check = &program_of(conf, "x")->check;

	(void)state;
	assert_string_equal(check->tcp, "[::1]:80");
	assert_string_equal(check->http, "");
	assert_int_equal(check->interval_ms, 10000);
	assert_int_equal(check->timeout_ms, 2000);
	assert_int_equal(check->failures, 3);
	assert_int_equal(check->successes, 1);
	assert_int_equal(check->on_failure, CONF_ON_FAILURE_RESTART);
	assert_int_equal(program_of(conf, "x")->ready, CONF_READY_CHECK);
	conf_free(conf);
}

static void
files_to_watch_start_at_the_directory(void **state)
{
	struct conf *conf = conf_of("program x { command = a directory = '/srv' "
				    "watch = { 'app/**/*.py', '/etc/x' } }\n"
				    "program y { command = a watch = 'y.py' }");
	char *const *watch = program_of(conf, "x")->watch;

	(void)state;
	assert_string_equal(watch[0], "/srv/app/**/*.py");
	assert_string_equal(watch[1], "/etc/x");
	assert_null(watch[2]);
	assert_string_equal(program_of(conf, "y")->watch[0], conf_files_path("y.py"));
	conf_free(conf);
}

static void
only_a_guarded_program_needs_the_runner(void **state)
{
	static const char *const guarded[] = { "check { tcp = 80 }", "memory = 1M", "max_age = 1d",
		"watch = 'x'" };
	struct conf *conf = conf_of(PROGRAM(""));
	char text[200];

	(void)state;
	assert_null(conf_find_program(conf, "runner"));
	conf_free(conf);
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
		snprintf(text, sizeof(text), "program x { command = a %s }", guarded[i]);
		conf = conf_of(text);
		assert_non_null(conf_find_program(conf, "runner"));
		assert_null(conf_find_program(conf, "scheduler"));
		conf_free(conf);
	}
	conf = conf_of(PROGRAM("enabled = false memory = 1M"));
	assert_null(conf_find_program(conf, "runner"));
	conf_free(conf);
}

static void
what_guards_it_is_compared(void **state)
{
	static const struct {
		const char *one, *other;
		bool differs;
	} list[] = {
		{"memory = 1M",         "memory = 1M priority = 3",         false},
		{ "memory = 1M",        "memory = 2M",                      true },
		{ "memory = 1M",        "",                                 true },
		{ "",                   "watch = 'x'",                      true },
		{ "",                   "priority = 1",                     false},
		{ "check { tcp = 80 }", "check { tcp = 81 }",               true },
		{ "check { tcp = 80 }", "ready = check check { tcp = 80 }", true },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct conf *one, *other;

		snprintf(text, sizeof(text), "program x { command = a %s }", list[i].one);
		one = conf_of(text);
		snprintf(text, sizeof(text), "program x { command = a %s }", list[i].other);
		other = conf_of(text);
		assert_int_equal(conf_guards_differ(one, other), list[i].differs);
		assert_int_equal(conf_guards_differ(other, one), list[i].differs);
		conf_free(one);
		conf_free(other);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    mistakes_are_told_with_their_line, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    a_check_has_defaults_that_work, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    files_to_watch_start_at_the_directory, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    only_a_guarded_program_needs_the_runner, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    what_guards_it_is_compared, conf_files_begin, conf_files_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
