#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf_files.h"

struct wrong {
	const char *text, *error;
};

static void all_wrong(const struct wrong *, size_t count);

#define ALL_WRONG(list) all_wrong(list, sizeof(list) / sizeof((list)[0]))

static void
all_wrong(const struct wrong *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_conf_error(list[i].text, list[i].error);
}

static void
unknown_words_name_the_nearest_valid_one(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "progam x { command = a }", "main.conf:1: unknown section 'progam': did you mean 'program'?" },
		{ "zebra { }", "main.conf:1: unknown section 'zebra'" },
		{ "program x { command = a\n comand = b }", "main.conf:2: unknown option 'comand' in 'program': did you mean 'command'?" },
		{ "program x { command = a\n zebra = { b,\nc } }", "main.conf:2: unknown option 'zebra' in 'program'" },
		{ "run_dri = a", "main.conf:1: unknown option 'run_dri': did you mean 'run_dir'?" },
		{ "logger { backof_min = 1 }", "main.conf:1: unknown option 'backof_min' in 'logger': did you mean 'backoff_min'?" },
		{ "logger { command = a }", "main.conf:1: unknown option 'command' in 'logger': it belongs in a section 'program'" },
		{ "program x { command = a run_dir = /r }", "main.conf:1: unknown option 'run_dir' in 'program': it belongs outside of sections" },
		{ "timezone = UTC", "main.conf:1: unknown option 'timezone': it belongs in a section 'job'" },
		{ "program|x = 1", "main.conf:1: unknown option 'program|x'" },
		{ "program x { command = a restart = allways }",
		    "main.conf:1: option 'restart': 'allways' is none of always, on_failure, never: did you mean 'always'?" },
		{ "log_level = loud", "main.conf:1: option 'log_level': 'loud' is none of error, warning, info, debug" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
secrets_are_not_said(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "http { listen = \"127.0.0.1:1\" users = { \"anna boss hunter2\" } }",
		    "main.conf:1: option 'users': 'anna ***' is not written NAME ROLE [tag=TAG] HASH, with a role of look, operate or admin and a hash as mkpasswd(1) prints it" },
		{ "http { listen = \"127.0.0.1:1\" tokens = { \"deploy operate short\" } }",
		    "main.conf:1: option 'tokens': 'deploy ***' has a secret of less than 16 characters" },
		{ "http { listen = \"127.0.0.1:1\" tokens = { \"0123456789abcdef\" } }",
		    "main.conf:1: option 'tokens': '***' is not written NAME ROLE [tag=TAG] SECRET, with a role of look, operate or admin" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
wrong_values_are_named_with_what_they_should_be(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "program x { command = a\n\n stop_timeout = 5q }", "main.conf:3: option 'stop_timeout': '5q' is not a duration such as 250ms, 10s, 5min, 2h or 1d" },
		{ "program x { command = a start_timeout = 0 }", "main.conf:1: option 'start_timeout': '0' is too short" },
		{ "program x { command = a priority = 1e3 }", "main.conf:1: option 'priority': '1e3' is not a whole number" },
		{ "program x { command = a instances = 0 }", "main.conf:1: option 'instances': '0' is too small" },
		{ "program x { command = a instances = 1001 }", "main.conf:1: option 'instances': '1001' is too large" },
		{ "program x { command = a start_retries = -1 }", "main.conf:1: option 'start_retries': '-1' is too small" },
		{ "program x { command = a shell = maybe }", "main.conf:1: option 'shell': 'maybe' is neither true nor false" },
		{ "program x { command = a backoff_factor = nan }", "main.conf:1: option 'backoff_factor': 'nan' is not a number such as 1.5" },
		{ "program x { command = a backoff_factor = 0.5 }", "main.conf:1: option 'backoff_factor': '0.5' is too small" },
		{ "program x { command = a limit_core = 5X }", "main.conf:1: option 'limit_core': '5X' is not a size such as 64K, 50M or 2G" },
		{ "program x { command = a umask = 9 }", "main.conf:1: option 'umask': '9' is not an octal mode such as 022" },
		{ "program x { command = a umask = 01000 }", "main.conf:1: option 'umask': '01000' is too large" },
		{ "program x { command = a exit_codes = { 0, 256 } }", "main.conf:1: option 'exit_codes': '256' is too large" },
		{ "program x { command = a environment = \"1A=2\" }", "main.conf:1: option 'environment': '1A=2' is not written NAME=value" },
		{ "program x { command = a secrets = \"A=b\" }", "main.conf:1: option 'secrets': 'A=b' is not written NAME=/PATH" },
		{ "program x { command = a listen = 80 }", "main.conf:1: option 'listen': '80' is not written tcp://HOST:PORT or unix:/PATH" },
		{ "program x { command = a listen = 'tcp://a:0' }", "main.conf:1: option 'listen': 'tcp://a:0' is not written tcp://HOST:PORT or unix:/PATH" },
		{ "program x { command = a ready = tcp:0 }", "main.conf:1: option 'ready': 'tcp:0': port '0' is too small" },
		{ "program x { command = a ready = tcp:::1:80 }", "main.conf:1: option 'ready': 'tcp:::1:80' is not written tcp:PORT, tcp:HOST:PORT or tcp:[IPV6]:PORT" },
		{ "program x { command = a ready = fd:2 }", "main.conf:1: option 'ready': 'fd:2' does not name a descriptor from 3 to 1023" },
		{ "program x { command = a ready = delay:x }", "main.conf:1: option 'ready': 'x' is not a duration such as 250ms, 10s, 5min, 2h or 1d" },
		{ "program x { command = a ready = notfy }", "main.conf:1: option 'ready': 'notfy' is none of start_seconds, notify, fd:3, tcp:8000, delay:2s, check: did you mean 'notify'?" },
		{ "program x { command = a after = 'a b' }", "main.conf:1: option 'after': 'a b' is not a name of letters, digits, '_', '-' and '.'" },
		{ "job x { command = a args = '[1' }", "main.conf:1: option 'args': '[1' is not a JSON array such as [\"a\", 1]" },
		{ "job x { command = a priority = 10 }", "main.conf:1: option 'priority': '10' is too large" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
what_does_not_fit_together_is_refused(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "\nprogram x { }", "main.conf:2: program 'x' has no command" },
		{ "program x { command = '' }", "main.conf:1: program 'x' has no command" },
		{ "program x { command = \"a 'b\" }", "main.conf:1: option 'command': 'a 'b' has a quote that is not closed" },
		{ "program x { command = a stop_command = ' ' }", "main.conf:1: option 'stop_command': ' ' is empty" },
		{ "program x { shell = 1 command = ' ' }", "main.conf:1: option 'command': ' ' is empty" },
		{ "program x { command = a\n backoff_max = 1ms }", "main.conf:2: option 'backoff_max' is shorter than backoff_min" },
		{ "program x { command = a oneshot = 1\nrestart = always }", "main.conf:2: option 'restart': a oneshot program can't be restarted 'always'" },
		{ "program x { command = a }\nprogram x { command = b }", "main.conf:2: program 'x' is there twice; the first is at main.conf:1" },
		{ "job x { command = a }\n\njob x { command = b }", "main.conf:3: job 'x' is there twice; the first is at main.conf:1" },
		{ "control { }\ncontrol { }", "main.conf:2: section 'control' is there twice; the first is at main.conf:1" },
		{ "program x { command = a\ncommand = b }", "main.conf:2: option 'command' is set twice; the first time at main.conf:1" },
		{ "program x { command = { a, b } }", "main.conf:1: option 'command' takes one value, not a list" },
		{ "program x { command += a }", "main.conf:1: option 'command' takes one value, not a list" },
		{ "program x { command = a\nlisten = { 'unix:/1', 'unix:/2', 'unix:/3', 'unix:/4', 'unix:/5', 'unix:/6', 'unix:/7', 'unix:/8', 'unix:/9',"
		  "'unix:/10', 'unix:/11', 'unix:/12', 'unix:/13', 'unix:/14', 'unix:/15', 'unix:/16', 'unix:/17' } }",
		    "main.conf:2: option 'listen': 17 sockets are too many, 16 are allowed" },
		{ "program { command = a }", "main.conf:1: section 'program' needs a name: program NAME { ... }" },
		{ "logger x { }", "main.conf:1: section 'logger' takes no name: logger { ... }" },
		{ "program 'a b' { command = a }", "main.conf:1: program 'a b': a name is made of up to 64 letters, digits, '_', '-' and '.'" },
		{ "program 'a:1' { command = a }", "main.conf:1: program 'a:1': a name is made of up to 64 letters, digits, '_', '-' and '.'" },
		{ "job ':a' { command = a }", "main.conf:1: job ':a': a name is made of up to 64 letters, digits, '_', '-' and '.', and ':' inside" },
		{ "program all { command = a }", "main.conf:1: program 'all': the name means all of them on command lines" },
		{ "program a { command = a\nafter = bb }\nprogram bbb { command = b }", "main.conf:2: option 'after': there is no program 'bb': did you mean 'bbb'?" },
		{ "program a { command = a\nrequires = { a } }", "main.conf:1: programs wait for each other (after, requires): a -> a" },
		{ "program a { command = a after = b }\nprogram b { command = a requires = c }\nprogram c { command = a after = a }",
		    "main.conf:1: programs wait for each other (after, requires): a -> b -> c -> a" },
		{ "\nforward_signals = 'USR1=wbe/HUP'\nprogram web { command = a }",
		    "main.conf:2: option 'forward_signals': there is no program 'wbe': did you mean 'web'?" },
		{ "forward_signals = 'TERM=web'\nprogram web { command = a }",
		    "main.conf:1: option 'forward_signals': 'TERM=web' does not begin with one of HUP, USR1, USR2, WINCH and ALRM" },
		{ "run_dir = '/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
		    "main.conf: option 'run_dir': '/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' "
		    "is too long for the paths of sockets (at most 94 bytes)" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
schedules_and_zones_are_checked(void **state)
{
	const char *error;

	(void)state;
	error = conf_error_of("job x {\n command = a\n schedule = '0 25 * * *'\n}");
	assert_int_equal(strncmp(error, "main.conf:3: option 'schedule': '0 25 * * *': ", 46), 0);
	error = conf_error_of("job x {\n command = a\n schedule = '@daily' timezone = Mars/Base }");
	assert_int_equal(strncmp(error, "main.conf:3: option 'timezone': ", 32), 0);
	error = conf_error_of("scheduler {\n timezone = Mars/Base }");
	assert_int_equal(strncmp(error, "main.conf:2: option 'timezone': ", 32), 0);
	conf_free(conf_of("scheduler { timezone = Europe/Berlin }\n"
			  "job x { command = a schedule = 'every day at 9am' }"));
}

static void
broken_structure_names_the_place(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "program x {\n command = a\n", "main.conf:1: the section that begins here has no '}'" },
		{ "\nprogram x { command = \"a\n}\n", "main.conf:2: the string that begins here has no end" },
		{ "program x { command = 'a\n}\n", "main.conf:1: the string that begins here has no end" },
		{ "run_dir = a\n/* b\n", "main.conf:2: the comment that begins here has no '*/'" },
		{ "}", "main.conf:1: unexpected '}': there is no section to close here" },
		{ "program x { command = a }\n}", "main.conf:2: unexpected '}': there is no section to close here" },
		{ "[program:x]\ncommand=a\n", "main.conf:1: unexpected '[program:x]': a section is written 'program NAME { ... }'" },
		{ "program x {\ncommand = uvicorn app.main:app --workers 2\n}",
		    "main.conf:2: unexpected 'app.main:app': '=' must follow (a value with blanks needs quotes; is a '}' missing?)" },
		{ "program x {\ncommand = a\nprogram y {\ncommand = b\n}\n",
		    "main.conf:3: unexpected 'program': '=' must follow (a value with blanks needs quotes; is a '}' missing?)" },
		{ "program x { logger { } }", "main.conf:1: unexpected 'logger': a section can't stand inside another (is a '}' missing?)" },
		{ "program x y { }", "main.conf:1: unexpected 'y': '{' must follow the name of the section" },
		{ "run_dir", "main.conf:1: unexpected 'run_dir': neither '=' nor '{' follows (a value with blanks needs quotes)" },
		{ "run_dir =\n}", "main.conf:2: unexpected '}': a value must stand here" },
		{ "run_dir =", "main.conf:1: the file ends, but a value must stand here" },
		{ "environment = { 'A=1' 'B=2' }", "main.conf:1: unexpected 'B=2': a list is written { \"one\", \"two\" }" },
		{ "environment = { A=1 }", "main.conf:1: unexpected '=': a list is written { \"one\", \"two\" }" },
		{ "includ('a')", "main.conf:1: unexpected 'includ': only include(\"FILE\") is written with parentheses" },
		{ "program x { include('a') }", "main.conf:1: unexpected 'include': include(\"FILE\") must stand outside of sections" },
		{ "include()", "main.conf:1: unexpected ')': include needs a file: include(\"conf.d/*.conf\")" },
		{ "include('a', 'b')", "main.conf:1: unexpected ',': ')' must follow the file of include" },
		{ "run_dir = $HOME", "main.conf:1: '$' and '\\' need quotes around the value" },
		{ "run_dir = \"${HOME\"", "main.conf:1: '${' is not written ${NAME} or ${NAME:-default}; for the characters themselves write \\${ or use single quotes" },
		{ "run_dir = \"${HOME:+x}\"", "main.conf:1: '${' is not written ${NAME} or ${NAME:-default}; for the characters themselves write \\${ or use single quotes" },
		{ "run_dir = \"${1}\"", "main.conf:1: '${' is not written ${NAME} or ${NAME:-default}; for the characters themselves write \\${ or use single quotes" },
		{ "run_dir = \"\\0\"", "main.conf:1: a backslash is followed by a number that is no byte" },
		{ "run_dir = \"\\x\"", "main.conf:1: a backslash is followed by a number that is no byte" },
		{ "run_dir = \"\\777\"", "main.conf:1: a backslash is followed by a number that is no byte" },
		{ "\n\001\002", "main.conf:2: a control character stands here: is this a text file?" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
all_errors_of_a_file_are_reported_in_order(void **state)
{
	const char *error = conf_error_of("program a {\n"
					  "  comand = x\n"
					  "  stop_timeout = 5q\n"
					  "}\n"
					  "progam b { command = x }\n"
					  "program c { command = x after = d priority = z }\n");

	(void)state;
	assert_string_equal(error,
	    "main.conf:1: program 'a' has no command\n"
	    "main.conf:2: unknown option 'comand' in 'program': did you mean 'command'?\n"
	    "main.conf:3: option 'stop_timeout': '5q' is not a duration such as 250ms, 10s, 5min, "
	    "2h or 1d\n"
	    "main.conf:5: unknown section 'progam': did you mean 'program'?\n"
	    "main.conf:6: option 'priority': 'z' is not a whole number\n"
	    "main.conf:6: option 'after': there is no program 'd'");
}

static void
lines_are_right_after_everything_that_spans_lines(void **state)
{
	(void)state;
	assert_conf_error("/* one\n two */ # x\n// three\nprogram x {\n"
			  "  command = \"a\nb\\\nc\" # \"\n"
			  "  environment = {\n 'A=1', # one\n 'B=\n2' /* two\n */ }\r\n"
			  "  umask = z }",
	    "main.conf:13: option 'umask': 'z' is not an octal mode such as 022");
}

static void
many_errors_are_cut_off_at_a_whole_line(void **state)
{
	char text[64 * 200], error[300];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "unknown_%d = 1\n", i);
	conf_files_write("many.conf", text);
	assert_null(conf_load(conf_files_path("many.conf"), error, sizeof(error)));
	assert_non_null(strstr(error, "many.conf:1: unknown option 'unknown_0'\n"));
	assert_non_null(strstr(error, "\nand 19"));
	assert_true(strlen(error) > 5 && strcmp(error + strlen(error) - 5, " more") == 0);
	for (size_t size = 0; size < 300; size++) {
		error[size] = 'x';
		assert_null(conf_load(conf_files_path("many.conf"), error, size));
		assert_int_equal(error[size], 'x');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_words_name_the_nearest_valid_one),
		cmocka_unit_test(wrong_values_are_named_with_what_they_should_be),
		cmocka_unit_test(secrets_are_not_said),
		cmocka_unit_test(what_does_not_fit_together_is_refused),
		cmocka_unit_test(schedules_and_zones_are_checked),
		cmocka_unit_test(broken_structure_names_the_place),
		cmocka_unit_test(all_errors_of_a_file_are_reported_in_order),
		cmocka_unit_test(lines_are_right_after_everything_that_spans_lines),
		cmocka_unit_test(many_errors_are_cut_off_at_a_whole_line),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
