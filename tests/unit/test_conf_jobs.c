#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf_files.h"

#define SMTP "smtp { url = 'smtp://127.0.0.1:25' from = 'a@b' }\n"

struct wrong {
	const char *text, *error;
};

static void all_wrong(const struct wrong *, size_t count);
static void assert_list(char *const *list, const char *joined);

#define ALL_WRONG(list) all_wrong(list, sizeof(list) / sizeof((list)[0]))

static void
all_wrong(const struct wrong *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_conf_error(list[i].text, list[i].error);
}

/* The texts, each with a blank behind it. */
static void
assert_list(char *const *list, const char *joined)
{
	char text[256] = "";

	for (; *list != NULL; list++) {
		strlcat(text, *list, sizeof(text));
		strlcat(text, " ", sizeof(text));
	}
	assert_string_equal(text, joined);
}

static void
a_job_gets_the_defaults(void **state)
{
	struct conf *conf = conf_of("job x { }");
	const struct conf_job *job = conf_find_job(conf, "x");

	(void)state;
	assert_string_equal(job->command, "");
	assert_string_equal(job->http.post, "");
	assert_string_equal(job->http.signature_header, "X-Jobd-Signature");
	assert_true(job->http.tls_verify);
	assert_int_equal(job->http.connect_timeout_ms, 10000);
	assert_null(job->http.headers[0]);
	assert_null(job->mail.to[0]);
	assert_int_equal(job->breaker.failures, 0);
	assert_int_equal(job->breaker.pause_ms, 30000);
	assert_int_equal(job->retry_delay_ms, CONF_UNSET);
	assert_true(job->retry_factor > 0.99 && job->retry_factor < 1.01);
	assert_int_equal(job->retry_delay_max_ms, 24 * 3600 * 1000);
	assert_int_equal(job->retry_jitter_percent, 0);
	assert_null(job->retry_delays[0]);
	assert_int_equal(job->no_retry_count, 0);
	assert_int_equal(job->crashes, 3);
	assert_int_equal(job->unique_for_ms, 0);
	assert_int_equal(job->unique_until, CONF_UNIQUE_UNTIL_SUCCESS);
	assert_int_equal(job->on_conflict, CONF_ON_CONFLICT_REJECT);
	assert_int_equal(job->concurrency, 0);
	assert_int_equal(job->expires_ms, 0);
	assert_null(job->tags[0]);
	assert_int_equal(job->memory_bytes, 0);
	assert_int_equal(job->cpu_ms, 0);
	assert_int_equal(job->dead_keep, 10000);
	assert_int_equal(job->dead_keep_age_ms, INT64_C(180) * 24 * 3600 * 1000);
	conf_free(conf);
}

static void
what_a_job_may_say_is_read(void **state)
{
	struct conf *conf = conf_of(
	    "job x {\n"
	    "  post = 'HTTPS://user@example.org:8443/a?b={{c}}'\n"
	    "  headers = { 'A: 1', 'B:' } headers += 'C-d: {{e}}'\n"
	    "  body = '{{{raw}}}' secret_file = /s signature_header = X-S\n"
	    "  retry_factor = 2.5 retry_delay = 3s retry_delay_max = 1h retry_jitter = 20\n"
	    "  retry_delays = { 1s, 2min } retry_delays += 1h no_retry = { 2, 404 }\n"
	    "  unique_for = 1h unique_until = time unique_key = 'u-{{id}}' on_conflict = keep\n"
	    "  concurrency = 2 concurrency_key = '{{id}}' expires = 5min tags = { a, 'b c' }\n"
	    "  memory = 512M cpu = 1min crashes = 1 dead_keep = 0 dead_keep_age = 0\n"
	    "  breaker { failures = 5\n pause = 10s }\n"
	    "}");
	const struct conf_job *job = conf_find_job(conf, "x");

	(void)state;
	assert_string_equal(job->http.post, "HTTPS://user@example.org:8443/a?b={{c}}");
	assert_list(job->http.headers, "A: 1 B: C-d: {{e}} ");
	assert_string_equal(job->http.body, "{{{raw}}}");
	assert_string_equal(job->http.secret_file, "/s");
	assert_string_equal(job->http.signature_header, "X-S");
	assert_true(job->retry_factor > 2.49 && job->retry_factor < 2.51);
	assert_int_equal(job->retry_delay_max_ms, 3600 * 1000);
	assert_int_equal(job->retry_jitter_percent, 20);
	assert_list(job->retry_delays, "1s 2min 1h ");
	assert_int_equal(job->no_retry_count, 2);
	assert_int_equal(job->no_retry[1], 404);
	assert_int_equal(job->unique_until, CONF_UNIQUE_UNTIL_TIME);
	assert_string_equal(job->unique_key, "u-{{id}}");
	assert_int_equal(job->on_conflict, CONF_ON_CONFLICT_KEEP);
	assert_int_equal(job->concurrency, 2);
	assert_string_equal(job->concurrency_key, "{{id}}");
	assert_int_equal(job->expires_ms, 300 * 1000);
	assert_list(job->tags, "a b c ");
	assert_int_equal(job->memory_bytes, 512 << 20);
	assert_int_equal(job->cpu_ms, 60 * 1000);
	assert_int_equal(job->crashes, 1);
	assert_int_equal(job->dead_keep, 0);
	assert_int_equal(job->breaker.failures, 5);
	assert_int_equal(job->breaker.pause_ms, 10000);
	conf_free(conf);
}

static void
a_mail_is_read(void **state)
{
	struct conf *conf =
	    conf_of(SMTP "job x { mail {\n"
			 "  to = { '{{to}}', 'A B <a@b.c>' } cc = c@d bcc = { e@f }\n"
			 "  from = 'F <f@g>' reply_to = r@s subject = 'Hi {{name}}'\n"
			 "  text = \"one\\ntwo\" template = /t.html\n"
			 "  attachments = { /a.pdf } attachments += /b.pdf } }");
	const struct conf_mail *mail = &conf_find_job(conf, "x")->mail;

	(void)state;
	assert_list(mail->to, "{{to}} A B <a@b.c> ");
	assert_list(mail->cc, "c@d ");
	assert_list(mail->bcc, "e@f ");
	assert_string_equal(mail->from, "F <f@g>");
	assert_string_equal(mail->reply_to, "r@s");
	assert_string_equal(mail->subject, "Hi {{name}}");
	assert_string_equal(mail->text, "one\ntwo");
	assert_string_equal(mail->template_html, "/t.html");
	assert_list(mail->attachments, "/a.pdf /b.pdf ");
	conf_free(conf);
}

static void
every_way_to_ask_a_url_is_read(void **state)
{
	struct conf *conf =
	    conf_of("job g { get = 'http://h/g' }\njob p { put = 'http://h/p' }\n"
		    "job a { patch = 'http://h/a' }\njob d { delete = 'http://h/d' }");

	(void)state;
	assert_string_equal(conf_find_job(conf, "g")->http.get, "http://h/g");
	assert_string_equal(conf_find_job(conf, "p")->http.put, "http://h/p");
	assert_string_equal(conf_find_job(conf, "a")->http.patch, "http://h/a");
	assert_string_equal(conf_find_job(conf, "d")->http.delete_url, "http://h/d");
	conf_free(conf);
}

static void
jobs_of_every_kind_stand_on_a_line(void **state)
{
	static const char text[] =
	    "queue mailers       { concurrency = 5  rate = \"50/s\" }\n"
	    "queue notifications { weight = 3 }\n"
	    "job send_push  { post = \"http://127.0.0.1:8000/jobs/push\"  secret_file = \"/run/x\" "
	    " "
	    "retries = 5  breaker { failures = 5 pause = 30s } }\n"
	    "job invoice    { command = \"bin/invoice\"  queue = default  timeout = 10min  memory "
	    "= "
	    "512M }\n"
	    "job welcome    { mail { to = \"{{to}}\" subject = \"Welcome, {{name}}\" template = "
	    "\"welcome.html\" } queue = mailers }\n" SMTP;
	struct conf *conf = conf_of(text);

	(void)state;
	assert_int_equal(conf->queue_count, 2);
	assert_int_equal(conf->job_count, 3);
	assert_int_equal(conf_find_job(conf, "send_push")->breaker.failures, 5);
	assert_int_equal(conf_find_job(conf, "send_push")->retries, 5);
	assert_int_equal(conf_find_job(conf, "invoice")->memory_bytes, 512 << 20);
	assert_int_equal(conf_find_job(conf, "invoice")->timeout_ms, 600 * 1000);
	assert_string_equal(conf_find_job(conf, "welcome")->queue, "mailers");
	assert_string_equal(conf_find_job(conf, "welcome")->mail.subject, "Welcome, {{name}}");
	assert_string_equal(
	    conf_find_job(conf, "welcome")->mail.template_html, conf_files_path("welcome.html"));
	conf_free(conf);
}

/* As in other strings, and in sections inside others too. */
static void
the_environment_is_put_into_nested_sections(void **state)
{
	struct conf *conf;

	(void)state;
	setenv("CONF_TEST_SECRET", "a \"b\" {{c}}", 1);
	setenv("CONF_TEST_NUMBER", "7", 1);
	conf = conf_of(SMTP "job x { get = 'http://h' secret = \"${CONF_TEST_SECRET}\"\n"
			    "  breaker { failures = \"${CONF_TEST_NUMBER}\" } }\n"
			    "job y { mail { to = \"${CONF_TEST_NONE:-x@y}\" text = \"\\${A}\" } }");
	assert_string_equal(conf_find_job(conf, "x")->http.secret, "a \"b\" {{c}}");
	assert_int_equal(conf_find_job(conf, "x")->breaker.failures, 7);
	assert_string_equal(conf_find_job(conf, "y")->mail.to[0], "x@y");
	assert_string_equal(conf_find_job(conf, "y")->mail.text, "${A}");
	conf_free(conf);
	assert_conf_error(SMTP "job y { mail {\n text = t to = \"${CONF_TEST_NONE}\" } }",
	    "main.conf:3: the environment variable 'CONF_TEST_NONE' is not set; "
	    "${CONF_TEST_NONE:-} "
	    "allows that");
}

static void
nested_sections_stand_where_they_belong(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "job x {\n breaker { failurs = 1 } }", "main.conf:2: unknown option 'failurs' in 'breaker': did you mean 'failures'?" },
		{ SMTP "job x {\n mail { sbject = a to = b@c text = d } }", "main.conf:3: unknown option 'sbject' in 'mail': did you mean 'subject'?" },
		{ SMTP "job x {\n mail { queue = a to = b@c text = d } }", "main.conf:3: unknown option 'queue' in 'mail': it belongs in a section 'job'" },
		{ "job x {\n failures = 1 }", "main.conf:2: unknown option 'failures' in 'job': it belongs in a section 'breaker' of 'job'" },
		{ "smtp {\n failures = 1 }", "main.conf:2: unknown option 'failures' in 'smtp': it belongs in a section 'breaker' of 'smtp'" },
		{ "subject = 1", "main.conf:1: unknown option 'subject': it belongs in a section 'mail' of 'job'" },
		{ "job x {\n breaker = 5 }", "main.conf:2: unknown option 'breaker' in 'job': it is a section: breaker { ... }" },
		{ "job x {\n breaker.failures = 5 }", "main.conf:2: unknown option 'breaker.failures' in 'job'" },
		{ "job x { breaker {\n breaker.failures = 5 } }", "main.conf:2: unknown option 'breaker.failures' in 'breaker'" },
		{ "job x {\n braker { a = 1\n b = { 2 } } }", "main.conf:2: unknown section 'braker' in 'job': did you mean 'breaker'?" },
		{ "program x { command = a\n breaker { failures = 1 } }", "main.conf:2: unknown section 'breaker' in 'program': it belongs in a section 'job'" },
		{ "smtp {\n mail { to = a@b } }", "main.conf:2: unknown section 'mail' in 'smtp': it belongs in a section 'job'" },
		{ "\nbreaker { failures = 1 }", "main.conf:2: unknown section 'breaker': it belongs in a section 'job'" },
		{ "job x {\n breaker { }\n breaker { failures = 1 } }", "main.conf:3: section 'breaker' is there twice; the first is at main.conf:2" },
		{ "smtp {\n breaker { }\n breaker { failures = 1 } }", "main.conf:3: section 'breaker' is there twice; the first is at main.conf:2" },
		{ "job x { breaker {\n failures = 1\n failures = 2 } }", "main.conf:3: option 'failures' is set twice; the first time at main.conf:2" },
		{ "job x { breaker { failures = { 1 } } }", "main.conf:1: option 'failures' takes one value, not a list" },
		{ "job x { breaker {\n failures = x } }", "main.conf:2: option 'breaker.failures': 'x' is not a whole number" },
		{ "job x { breaker { pause = 0 } }", "main.conf:1: option 'breaker.pause': '0' is too short" },
		{ "job x {\n breaker a { } }", "main.conf:2: unexpected 'breaker': '=' must follow (a value with blanks needs quotes; is a '}' missing?)" },
		{ "job x {\n breaker { mail { } } }", "main.conf:2: unexpected 'mail': a section can't stand inside another (is a '}' missing?)" },
		{ "job x {\n breaker { failures = 1\n}\njob y { }", "main.conf:4: unexpected 'job': '=' must follow (a value with blanks needs quotes; is a '}' missing?)" },
		{ "job x {\n breaker { failures = 1\n", "main.conf:2: the section that begins here has no '}'" },
		{ "job x { breaker { include('a') } }", "main.conf:1: unexpected 'include': include(\"FILE\") must stand outside of sections" },
		{ "zebra {\n breaker { } x { y = 1 } }\njob x { z = 1 }", "main.conf:3: unknown option 'z' in 'job'" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
a_job_does_one_thing(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "job x { command = a\n post = 'http://h' }", "main.conf:2: job 'x' has both 'command' and 'post': it can do only one thing" },
		{ "job x { put = 'http://h'\n delete = 'http://h' }", "main.conf:2: job 'x' has both 'put' and 'delete': it can do only one thing" },
		{ "job x { get = 'http://h'\n\n patch = 'http://h' }", "main.conf:3: job 'x' has both 'get' and 'patch': it can do only one thing" },
		{ SMTP "job x { command = a\n mail { to = a@b text = c } }", "main.conf:3: job 'x' has both 'command' and 'mail': it can do only one thing" },
		{ "job x {\n command = '' }", "main.conf:2: option 'command' is empty" },
		{ "job x {\n post = '' }", "main.conf:2: option 'post' is empty" },
		{ "job x { comand = a }", "main.conf:1: unknown option 'comand' in 'job': did you mean 'command'?" },
		{ "job x { pots = a }", "main.conf:1: unknown option 'pots' in 'job': did you mean 'post'?" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
wrong_values_of_jobs_are_named(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "job x { post = 'ftp://h/x' }", "main.conf:1: option 'post': 'ftp://h/x' is not written http://HOST/PATH or https://HOST/PATH" },
		{ "job x { get = 'http://' }", "main.conf:1: option 'get': 'http://' is not written http://HOST/PATH or https://HOST/PATH" },
		{ "job x { get = 'https:///x' }", "main.conf:1: option 'get': 'https:///x' is not written http://HOST/PATH or https://HOST/PATH" },
		{ "job x { get = '/jobs' }", "main.conf:1: option 'get': '/jobs' is not written http://HOST/PATH or https://HOST/PATH" },
		{ "job x { get = \"http://h/\\r\" }", "main.conf:1: option 'get': 'http://h/ ' has a control character" },
		{ "job x { headers = { 'A: 1', 'B 2' } }", "main.conf:1: option 'headers': 'B 2' is not written Name: value" },
		{ "job x { headers = ': 1' }", "main.conf:1: option 'headers': ': 1' is not written Name: value" },
		{ "job x { headers = \"A: 1\\nB: 2\" }", "main.conf:1: option 'headers': 'A: 1 B: 2' has a control character" },
		{ "job x { signature_header = 'X S' }", "main.conf:1: option 'signature_header': 'X S' is not the name of a header" },
		{ "job x { retry_factor = 0.9 }", "main.conf:1: option 'retry_factor': '0.9' is too small" },
		{ "job x { retry_jitter = 101 }", "main.conf:1: option 'retry_jitter': '101' is too large" },
		{ "job x { retry_delays = { 1s, soon } }", "main.conf:1: option 'retry_delays': 'soon' is not a duration such as 250ms, 10s, 5min, 2h or 1d" },
		{ "job x { no_retry = { 0 } }", "main.conf:1: option 'no_retry': '0' is too small" },
		{ "job x { no_retry = { 600 } }", "main.conf:1: option 'no_retry': '600' is too large" },
		{ "job x { crashes = 0 }", "main.conf:1: option 'crashes': '0' is too small" },
		{ "job x { unique_until = done }", "main.conf:1: option 'unique_until': 'done' is none of success, start, time" },
		{ "job x { on_conflict = rejct }", "main.conf:1: option 'on_conflict': 'rejct' is none of reject, replace, keep: did you mean 'reject'?" },
		{ "job x { tags = { '' } }", "main.conf:1: option 'tags': '' is empty" },
		{ "job x {\n concurrency_key = a }", "main.conf:2: option 'concurrency_key' does nothing without 'concurrency'" },
		{ "job x { concurrency = 0\n concurrency_key = a }", "main.conf:2: option 'concurrency_key' does nothing without 'concurrency'" },
		{ "job x {\n unique_key = a }", "main.conf:2: option 'unique_key' does nothing without 'unique_for'" },
		{ "job x { get = 'http://h' secret = a\n secret_file = b }", "main.conf:2: option 'secret_file': 'secret' is set too, only one of them is possible" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
wrong_mails_are_named(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ SMTP "job x {\n mail { text = a } }", "main.conf:3: the mail of job 'x' has no 'to'" },
		{ SMTP "job x {\n mail { to = { } text = a } }", "main.conf:3: the mail of job 'x' has no 'to'" },
		{ SMTP "job x {\n mail { to = a@b } }", "main.conf:3: the mail of job 'x' has none of 'text', 'text_template' and 'template'" },
		{ SMTP "job x { mail { to = a@b text = a\n text_template = b } }", "main.conf:3: option 'mail.text_template': 'mail.text' is set too, only one of them is possible" },
		{ SMTP "job x { mail {\n to = { a@b, bob } text = c } }", "main.conf:3: option 'mail.to': 'bob' is not an e-mail address" },
		{ SMTP "job x { mail { to = a@b text = c\n subject = \"a\\nBcc: b\" } }", "main.conf:3: option 'mail.subject': 'a Bcc: b' has a control character" },
		{ SMTP "job x { mail { to = a@b text = c\n reply_to = \"a@b\\rX: y\" } }", "main.conf:3: option 'mail.reply_to': 'a@b X: y' has a control character" },
		{ "job x {\n mail { to = a@b text = c } }", "main.conf:2: the mail of job 'x' has no server: smtp { url = \"smtp://HOST:PORT\" }" },
		{ "smtp { url = 'smtp://h' }\njob x {\n mail { to = a@b text = c } }", "main.conf:3: the mail of job 'x' has no sender: set 'from' here or in 'smtp'" },
	};
	/* clang-format on */
	const char *error;

	(void)state;
	ALL_WRONG(list);
	/* What is in a file that can't be read is not missing. */
	error = conf_error_of("include(gone.conf)\njob x { mail { to = a@b text = c } }");
	assert_null(strstr(error, "no server"));
	/* One error is enough. */
	error = conf_error_of(SMTP "job x { mail { to = bob text = c } }");
	assert_string_equal(error, "main.conf:2: option 'mail.to': 'bob' is not an e-mail address");
}

static void
files_of_jobs_become_absolute(void **state)
{
	static const char text[] =
	    "job a { mail { to = a@b template = t.html text_template = sub/t.txt\n"
	    "  attachments = { one.pdf, '{{id}}.pdf', /two.pdf } } }\n"
	    "job b { directory = /srv/app mail { to = a@b template = mails/t.html } }\n"
	    "job c { directory = app get = 'http://h' secret_file = s ca_file = /ca }\n";
	char folder[256], here[256], expected[600];
	const struct conf_job *job;
	struct conf *conf;

	(void)state;
	snprintf(folder, sizeof(folder), "%s", conf_files_path("in"));
	conf_files_write("in/jobs.conf", text);
	conf = conf_of(SMTP "include(in/jobs.conf)");
	job = conf_find_job(conf, "a");
	snprintf(expected, sizeof(expected), "%s/t.html", folder);
	assert_string_equal(job->mail.template_html, expected);
	snprintf(expected, sizeof(expected), "%s/sub/t.txt", folder);
	assert_string_equal(job->mail.text_template, expected);
	snprintf(expected, sizeof(expected), "%s/one.pdf %s/{{id}}.pdf /two.pdf ", folder, folder);
	assert_list(job->mail.attachments, expected);
	assert_string_equal(conf_find_job(conf, "b")->mail.template_html, "/srv/app/mails/t.html");
	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(expected, sizeof(expected), "%s/app/s", here);
	assert_string_equal(conf_find_job(conf, "c")->http.secret_file, expected);
	assert_string_equal(conf_find_job(conf, "c")->http.ca_file, "/ca");
	conf_free(conf);
}

/* Also when the file itself is given by a relative path. */
static void
files_start_where_the_relative_file_is(void **state)
{
	char here[256], error[CONF_ERROR_MAX], expected[600];
	struct conf *conf;

	(void)state;
	conf_files_write("sub/main.conf", SMTP "job a { mail { to = a@b template = t.html } }");
	conf_files_write("plain.conf", SMTP "job a { mail { to = a@b template = t.html } }");
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(conf_files_path("")), 0);
	conf = conf_load("sub/main.conf", error, sizeof(error));
	assert_non_null(conf);
	snprintf(expected, sizeof(expected), "%s", conf_files_path("sub/t.html"));
	assert_string_equal(conf_find_job(conf, "a")->mail.template_html, expected);
	conf_free(conf);
	conf = conf_load("plain.conf", error, sizeof(error));
	assert_non_null(conf);
	snprintf(expected, sizeof(expected), "%s", conf_files_path("t.html"));
	assert_string_equal(conf_find_job(conf, "a")->mail.template_html, expected);
	conf_free(conf);
	assert_int_equal(chdir(here), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_gets_the_defaults),
		cmocka_unit_test(what_a_job_may_say_is_read),
		cmocka_unit_test(a_mail_is_read),
		cmocka_unit_test(jobs_of_every_kind_stand_on_a_line),
		cmocka_unit_test(every_way_to_ask_a_url_is_read),
		cmocka_unit_test(the_environment_is_put_into_nested_sections),
		cmocka_unit_test(nested_sections_stand_where_they_belong),
		cmocka_unit_test(a_job_does_one_thing),
		cmocka_unit_test(wrong_values_of_jobs_are_named),
		cmocka_unit_test(wrong_mails_are_named),
		cmocka_unit_test(files_of_jobs_become_absolute),
		cmocka_unit_test(files_start_where_the_relative_file_is),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
