#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include "conf_files.h"

static char *repeated(const char *text, size_t count);

/* The text so many times; free() it. */
static char *
repeated(const char *text, size_t count)
{
	size_t len = strlen(text);
	char *all = malloc(len * count + 1);

	assert_non_null(all);
	for (size_t i = 0; i < count; i++)
		memcpy(all + i * len, text, len);
	all[len * count] = '\0';
	return all;
}

static void
a_pattern_includes_its_files_in_order(void **state)
{
	struct conf *conf;

	(void)state;
	conf_files_write("conf.d/20.conf", "job b { command = x }");
	conf_files_write("conf.d/10.conf", "job a { command = x } include(more.inc)");
	conf_files_write("conf.d/more.inc", "job c { command = x }");
	conf_files_write("conf.d/30.conf~", "nonsense");
	conf = conf_of("include(\"conf.d/*.conf\")\njob m { command = x }");
	assert_int_equal(conf->job_count, 4);
	assert_string_equal(conf->jobs[0].name, "m");
	assert_string_equal(conf->jobs[1].name, "a");
	assert_string_equal(conf->jobs[2].name, "c");
	assert_string_equal(conf->jobs[3].name, "b");
	assert_string_equal(conf->jobs[3].file, conf_files_path("conf.d/20.conf"));
	conf_free(conf);
}

static void
errors_of_included_files_name_them(void **state)
{
	(void)state;
	conf_files_write(
	    "e.d/a.conf", "\nprogram web { command = a }\nprogram w { umask = 9 }\nrun_dir = /a");
	assert_conf_error("include('e.d/*.conf') run_dir = /b\nprogram web { command = b }",
	    "e.d/a.conf:3: option 'umask': '9' is not an octal mode such as 022");
	assert_conf_error(
	    NULL, "e.d/a.conf:2: program 'web' is there twice; the first is at main.conf:2");
	assert_conf_error(
	    NULL, "e.d/a.conf:4: option 'run_dir' is set twice; the first time at main.conf:1");
}

static void
a_broken_include_does_not_make_up_other_errors(void **state)
{
	(void)state;
	conf_files_write("f.d/a.conf", "program db { command = ");
	assert_string_equal(
	    conf_error_of("include('f.d/a.conf')\nprogram web { command = b after = db }"),
	    "f.d/a.conf:1: the file ends, but a value must stand here");
}

static void
missing_files_are_errors_unless_a_pattern_matches_none(void **state)
{
	(void)state;
	conf_free(conf_of("include('nothing.d/*.conf') include('*.none')"));
	assert_conf_error(
	    "\ninclude('none.conf')", "main.conf:2: none.conf: No such file or directory");
}

static void
a_file_that_includes_itself_is_refused(void **state)
{
	(void)state;
	conf_files_write("loop.conf", "include('main.conf')");
	assert_conf_error("include('loop.conf')", "loop.conf:1: main.conf: includes itself");
	assert_conf_error("include('*.conf')", "main.conf:1: main.conf: includes itself");
	unlink(conf_files_path("loop.conf"));
}

static void
too_deep_includes_are_refused(void **state)
{
	char name[32], text[64];

	(void)state;
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "deep/%d.inc", i);
		snprintf(text, sizeof(text), "include('%d.inc')", i + 1);
		conf_files_write(name, text);
	}
	assert_conf_error(
	    "include('deep/0.inc')", "deep/7.inc:1: deep/8.inc: is included too deeply");
}

static void
what_is_no_text_file_is_refused(void **state)
{
	char error[CONF_ERROR_MAX], expected[CONF_ERROR_MAX];
	static const char nul[] = "run_dir = /a\n\0";

	(void)state;
	assert_null(conf_load("/", error, sizeof(error)));
	assert_string_equal(error, "/: is a directory, not a file");
	assert_null(conf_load("/dev/null", error, sizeof(error)));
	assert_string_equal(error, "/dev/null: is not a regular file");
	assert_int_equal(mkfifo(conf_files_path("pipe"), 0600), 0);
	assert_null(conf_load(conf_files_path("pipe"), error, sizeof(error)));
	snprintf(expected, sizeof(expected), "%s: is not a regular file", conf_files_path("pipe"));
	assert_string_equal(error, expected);
	conf_files_write_bytes("main.conf", nul, sizeof(nul));
	assert_conf_error(NULL, "main.conf:2: there is a NUL byte: this is not a text file");
}

/* In a process of its own that is not root, who may read everything. */
static void
files_that_may_not_be_read_are_named(void **state)
{
	char error[CONF_ERROR_MAX];
	int wait_status;
	pid_t child;

	(void)state;
	conf_files_write("closed.d/x.conf", "");
	conf_files_write("secret.conf", "");
	conf_files_write("main.conf", "include('secret.conf')\ninclude('closed.d/*.conf')");
	chmod(conf_files_path(""), 0755);
	chmod(conf_files_path("closed.d"), 0);
	chmod(conf_files_path("secret.conf"), 0);
	if ((child = fork()) == 0) {
		if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(2);
		conf_load(conf_files_path("main.conf"), error, sizeof(error));
		_exit(strstr(error, "main.conf:1: ") != NULL &&
			      strstr(error, "secret.conf: Permission denied\n") != NULL &&
			      strstr(error,
				  "main.conf:2: include(\"closed.d/*.conf\"): Permission denied") !=
				  NULL
			  ? 0
			  : 1);
	}
	assert_int_equal(waitpid(child, &wait_status, 0), child);
	chmod(conf_files_path("closed.d"), 0700);
	assert_int_equal(wait_status, 0);
}

static void
marks_and_line_ends_of_other_editors_are_skipped(void **state)
{
	struct conf *conf = conf_of("\xef\xbb\xbfprogram web {\r\n  command = x\r\n}\r\n");

	(void)state;
	assert_string_equal(conf_find_program(conf, "web")->command, "x");
	conf_free(conf);
}

static void
random_bytes_are_refused_without_a_crash(void **state)
{
	unsigned char bytes[4096];
	char error[CONF_ERROR_MAX];
	unsigned seed = 12345;

	(void)state;
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1103515245 + 12345;
			bytes[i] = (unsigned char)(seed >> 16);
		}
		conf_files_write_bytes("garbage", bytes, sizeof(bytes));
		assert_null(conf_load(conf_files_path("garbage"), error, sizeof(error)));
		assert_true(strlen(error) > 0);
	}
}

static void
everything_has_a_bound(void **state)
{
	char *text;

	(void)state;
	text = repeated("# 10 MB of comments\n", 500000);
	assert_conf_error(text, "main.conf: is larger than 1 MB");
	free(text);
	text = repeated("x", 70000);
	memcpy(text, "run_dir = ", 10);
	assert_conf_error(text, "main.conf:1: a word is longer than 64 KB");
	memcpy(text, "run_dir = '", 11);
	text[69999] = '\'';
	assert_conf_error(text, "main.conf:1: a string is longer than 64 KB");
	free(text);
	text = repeated("{", 500000);
	assert_conf_error(
	    text, "main.conf:1: unexpected '{': an option or a section must stand here");
	free(text);
}

static void
too_many_sections_are_refused(void **state)
{
	char *text = malloc(32 * 5000);
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 5000; i++)
		len += (size_t)snprintf(text + len, 32, "job j%d { command = a }\n", i);
	assert_conf_error(text, "main.conf:4000: unexpected 'job': there are too many sections");
	free(text);
}

static void
variables_can_not_blow_up_a_file(void **state)
{
	char *value = repeated("v", 100000);
	char *text = repeated("\"${CONF_TEST_LONG}\",", 1000);

	(void)state;
	setenv("CONF_TEST_LONG", value, 1);
	assert_conf_error(
	    "run_dir = \"${CONF_TEST_LONG}\"", "main.conf:1: a string is longer than 64 KB");
	value[60000] = '\0';
	setenv("CONF_TEST_LONG", value, 1);
	memcpy(text, "environment = { ", 16);
	memset(text + 16, ' ', 4);
	text[strlen(text) - 1] = '}';
	assert_conf_error(
	    text, "main.conf:1: the file is too long when its variables are expanded");
	unsetenv("CONF_TEST_LONG");
	free(text);
	free(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_includes_its_files_in_order),
		cmocka_unit_test(errors_of_included_files_name_them),
		cmocka_unit_test(a_broken_include_does_not_make_up_other_errors),
		cmocka_unit_test(missing_files_are_errors_unless_a_pattern_matches_none),
		cmocka_unit_test(a_file_that_includes_itself_is_refused),
		cmocka_unit_test(too_deep_includes_are_refused),
		cmocka_unit_test(what_is_no_text_file_is_refused),
		cmocka_unit_test(files_that_may_not_be_read_are_named),
		cmocka_unit_test(marks_and_line_ends_of_other_editors_are_skipped),
		cmocka_unit_test(random_bytes_are_refused_without_a_crash),
		cmocka_unit_test(everything_has_a_bound),
		cmocka_unit_test(too_many_sections_are_refused),
		cmocka_unit_test(variables_can_not_blow_up_a_file),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
