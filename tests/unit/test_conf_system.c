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

#include "conf_files.h"

struct seen {
	char text[8192];
	size_t warnings;
};

static void remember(void *context, bool is_error, const char *text);
static size_t check(const char *text, struct seen *);

static void
remember(void *context, bool is_error, const char *text)
{
	struct seen *seen = context;
	size_t len = strlen(seen->text);

	seen->warnings += !is_error;
	snprintf(seen->text + len, sizeof(seen->text) - len, "%s\n",
	    strncmp(text, conf_files_path(""), strlen(conf_files_path(""))) == 0
		? text + strlen(conf_files_path(""))
		: text);
}

static size_t
check(const char *text, struct seen *seen)
{
	struct conf *conf = conf_of(text);
	size_t errors;

	memset(seen, 0, sizeof(*seen));
	errors = conf_check_system(conf, remember, seen);
	conf_free(conf);
	return errors;
}

static void
what_is_missing_on_this_machine_is_named(void **state)
{
	struct seen seen;

	(void)state;
	assert_int_equal(
	    check("program a { command = no-such-command-here }\n"
		  "program b { command = /nonexistent/x user = no-such-user group = no-such-group\n"
		  "  directory = /nonexistent }\n"
		  "program c { command = /etc/passwd environment_file = /nonexistent/e\n"
		  "  secrets = 'A=/nonexistent/s' listen = unix:/nonexistent/l }\n"
		  "job j { command = no-such-command-here }\n"
		  "control { act_group = no-such-group }",
		&seen),
	    11);
	assert_string_equal(seen.text,
	    "main.conf: option 'act_group': there is no group 'no-such-group'\n"
	    "main.conf:1: program 'a': option 'command': command 'no-such-command-here' is not "
	    "found\n"
	    "main.conf:2: program 'b': option 'user': there is no user 'no-such-user'\n"
	    "main.conf:2: program 'b': option 'group': there is no group 'no-such-group'\n"
	    "main.conf:2: program 'b': option 'directory': '/nonexistent': No such file or "
	    "directory\n"
	    "main.conf:2: program 'b': option 'command': '/nonexistent/x': No such file or "
	    "directory\n"
	    "main.conf:4: program 'c': option 'environment_file': '/nonexistent/e': No such file "
	    "or directory\n"
	    "main.conf:4: program 'c': option 'secrets': '/nonexistent/s': No such file or "
	    "directory\n"
	    "main.conf:4: program 'c': option 'command': '/etc/passwd' is not executable\n"
	    "main.conf:4: program 'c': option 'listen': '/nonexistent': No such file or directory\n"
	    "main.conf:6: job 'j': option 'command': command 'no-such-command-here' is not "
	    "found\n");
	assert_int_equal(seen.warnings, 0);
}

static void
missing_files_of_jobs_and_servers_are_named(void **state)
{
	struct seen seen;

	(void)state;
	assert_int_equal(
	    check("smtp { url = 'smtp://h' from = a@b user = u password_file = /nonexistent/p }\n"
		  "scheduler { tls_certificate = /nonexistent/c tls_key = /etc }\n"
		  "job u { get = 'http://h' secret_file = /nonexistent/s }\n"
		  "job m { mail { to = a@b template = /nonexistent/t\n"
		  "  attachments = { /nonexistent/a, '/nonexistent/{{id}}.pdf' } } }\n"
		  "job off { enabled = no get = 'http://h' ca_file = /nonexistent/s }\n"
		  "http { listen = 127.0.0.1:8080 }\n"
		  "webhook w { path = /w job = j scheme = github secret_file = /nonexistent/w }\n",
		&seen),
	    7);
	assert_string_equal(seen.text,
	    "main.conf: smtp: option 'password_file': '/nonexistent/p': No such file or directory\n"
	    "main.conf:2: scheduler: option 'tls_certificate': '/nonexistent/c': No such file or "
	    "directory\n"
	    "main.conf:2: scheduler: option 'tls_key': '/etc' is a directory\n"
	    "main.conf:3: job 'u': option 'secret_file': '/nonexistent/s': No such file or "
	    "directory\n"
	    "main.conf:4: job 'm': option 'mail.template': '/nonexistent/t': No such file or "
	    "directory\n"
	    "main.conf:4: job 'm': option 'mail.attachments': '/nonexistent/a': No such file or "
	    "directory\n"
	    "main.conf:8: webhook 'w': option 'secret_file': '/nonexistent/w': No such file or "
	    "directory\n");
}

static void
what_is_there_is_not_complained_about(void **state)
{
	struct seen seen;

	(void)state;
	conf_files_write("bin/tool", "#!/bin/sh\n");
	assert_int_equal(chmod(conf_files_path("bin/tool"), 0755), 0);
	setenv("CONF_TEST_DIR", conf_files_path("bin"), 1);
	assert_int_equal(check("program a { command = \"sh -c 'exit 0'\" directory = / }\n"
			       "program b { command = tool environment = "
			       "\"PATH=/nonexistent:${CONF_TEST_DIR}\" }\n"
			       "program c { command = ./tool directory = \"${CONF_TEST_DIR}\" }\n"
			       "program d { command = 'no-such; echo x' shell = true }\n"
			       "program e { command = no-such-thing enabled = false }\n"
			       "program f { command = sh environment_file = '-/nonexistent' }\n"
			       "job j { command = /bin/sh user = 12345 }",
			     &seen),
	    0);
	assert_string_equal(seen.text, "");
}

static void
a_doubt_is_a_warning(void **state)
{
	struct seen seen;

	(void)state;
	assert_int_equal(
	    check("program a { command = no-such-command environment_file = /dev/null }\n"
		  "program b { command = sh stdout_log = /nonexistent/b.log }",
		&seen),
	    0);
	assert_int_equal(seen.warnings, 2);
	assert_string_equal(seen.text,
	    "main.conf:1: program 'a': option 'command': command 'no-such-command' is not found\n"
	    "main.conf:2: program 'b': option 'stdout_log': '/nonexistent': No such file or "
	    "directory\n");
}

/* The logger has one writer for each file. */
static void
who_shares_a_log_says_the_same_of_it(void **state)
{
	struct seen seen;

	(void)state;
	assert_int_equal(
	    check("log_dir = /tmp\n"
		  "program a { command = sh stdout_log = x.log logfile_maxbytes = 10M log_mode = "
		  "0600 }\n"
		  "program b { command = sh stderr_log = /tmp/x.log log_gzip = true }\n"
		  /* None of the others but c: it is the other's, it is off, has a file of its own,
		     numbers, or none. */
		  "program c { command = sh stdout_log = x.log log_gzip = true }\n"
		  "program d { command = sh stdout_log = x.log enabled = false }\n"
		  "program e { command = sh stderr_log = x.log redirect_stderr = true }\n"
		  "program f { command = sh stdout_log = x.log instances = 2 }\n"
		  "program g { command = sh stdout_log = none stderr_log = none }\n"
		  "program h { command = sh stdout_log = none log_gzip = true }\n"
		  /* What is the default of one, another one has by hand. */
		  "program i { command = sh stdout_log = g_error.log }\n"
		  "program k { command = sh stdout_log = i_error.log logfile_backups = 3 }\n",
		&seen),
	    0);
	assert_string_equal(seen.text,
	    "main.conf:3: program 'b': its log '/tmp/x.log' is also that of 'a', and they differ "
	    "in "
	    "logfile_maxbytes 50M and 10M, log_gzip true and false, log_mode 0640 and 0600: only "
	    "one "
	    "of the two values can count\n"
	    "main.conf:4: program 'c': its log '/tmp/x.log' is also that of 'a', and they differ "
	    "in "
	    "logfile_maxbytes 50M and 10M, log_gzip true and false, log_mode 0640 and 0600: only "
	    "one "
	    "of the two values can count\n"
	    "main.conf:11: program 'k': its log '/tmp/i_error.log' is also that of 'i', and they "
	    "differ in logfile_backups 3 and 10: only one of the two values can count\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_on_this_machine_is_named),
		cmocka_unit_test(missing_files_of_jobs_and_servers_are_named),
		cmocka_unit_test(what_is_there_is_not_complained_about),
		cmocka_unit_test(a_doubt_is_a_warning),
		cmocka_unit_test(who_shares_a_log_says_the_same_of_it),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
