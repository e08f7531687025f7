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
static bool runs(const char *text, const char *program);

#define ALL_WRONG(list) all_wrong(list, sizeof(list) / sizeof((list)[0]))

static void
all_wrong(const struct wrong *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_conf_error(list[i].text, list[i].error);
}

/* Whether the built-in runs with the file. */
static bool
runs(const char *text, const char *name)
{
	struct conf *conf = conf_of(text);
	const struct conf_program *program = conf_find_program(conf, name);
	bool result = program != NULL && program->enabled && program->role != CONF_ROLE_USER;

	conf_free(conf);
	return result;
}

static void
the_defaults_are_those_of_the_manual(void **state)
{
	struct conf *conf = conf_of("queue q { }");
	const struct conf_queue *queue = conf_find_queue(conf, "q");

	(void)state;
	assert_int_equal(queue->weight, CONF_UNSET);
	assert_int_equal(queue->concurrency, 0);
	assert_int_equal(queue->rate, 0);
	assert_int_equal(queue->rate_period_ms, 1000);
	assert_int_equal(queue->line, 1);
	assert_null(conf_find_queue(conf, "other"));
	assert_null(conf->scheduler.listen[0]);
	assert_string_equal(conf->scheduler.password, "");
	assert_string_equal(conf->scheduler.password_file, "");
	assert_int_equal(conf->scheduler.clients_max, 2000);
	assert_int_equal(conf->scheduler.keep, 1000);
	assert_int_equal(conf->scheduler.keep_age_ms, INT64_C(7) * 24 * 3600 * 1000);
	assert_int_equal(conf->scheduler.dead_keep, 10000);
	assert_int_equal(conf->scheduler.dead_keep_age_ms, INT64_C(180) * 24 * 3600 * 1000);
	assert_int_equal(conf->scheduler.crashes, 3);
	assert_string_equal(conf->smtp.url, "");
	assert_string_equal(conf->smtp.from, "");
	assert_int_equal(conf->smtp.tls, CONF_SMTP_TLS_TRY);
	assert_true(conf->smtp.tls_verify);
	assert_int_equal(conf->smtp.timeout_ms, 30000);
	assert_int_equal(conf->smtp.breaker.failures, 0);
	assert_int_equal(conf->smtp.breaker.pause_ms, 30000);
	conf_free(conf);
}

static void
queues_are_read_in_their_order(void **state)
{
	struct conf *conf = conf_of("queue mailers       { concurrency = 5  rate = \"50/s\" }\n"
				    "queue notifications { weight = 3 }\n");

	(void)state;
	assert_int_equal(conf->queue_count, 2);
	assert_string_equal(conf->queues[0].name, "mailers");
	assert_int_equal(conf->queues[0].concurrency, 5);
	assert_int_equal(conf->queues[0].rate, 50);
	assert_int_equal(conf->queues[0].rate_period_ms, 1000);
	assert_ptr_equal(conf_find_queue(conf, "notifications"), &conf->queues[1]);
	assert_int_equal(conf->queues[1].weight, 3);
	assert_int_equal(conf->queues[1].line, 2);
	conf_free(conf);
}

static void
rates_are_a_number_and_a_time(void **state)
{
	static const struct {
		const char *text;
		int64_t rate, period_ms;
	} good[] = {
		{"50/s",          50,         1000            },
		{ "100/min",      100,        60 * 1000       },
		{ "1000/h",       1000,       3600 * 1000     },
		{ "1/d",          1,          24 * 3600 * 1000},
		{ "20/10s",       20,         10 * 1000       },
		{ "5/250ms",      5,          250             },
		{ "5/1h30min",    5,          90 * 60 * 1000  },
		{ "7/10",         7,          10 * 1000       },
		{ "1000000000/s", 1000000000, 1000            },
		{ "0",            0,          1000            },
	};
	static const char *const bad[] = { "", "50", "/s", "50/", "0/s", "-1/s", "1.5/s", "50 / s",
		"50/0s", "50/x", "50/s/s", "50/-1s", "50//s", "1000000001/s", "50/9999d", "x/s",
		"00000000000000000000000000000000000000000000000001/s" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct conf *conf;

		snprintf(text, sizeof(text), "queue q { rate = '%s' }", good[i].text);
		conf = conf_of(text);
		assert_int_equal(conf->queues[0].rate, good[i].rate);
		assert_int_equal(conf->queues[0].rate_period_ms, good[i].period_ms);
		conf_free(conf);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char error[256];

		snprintf(text, sizeof(text), "queue q { rate = '%s' }", bad[i]);
		snprintf(error, sizeof(error),
		    "main.conf:1: option 'rate': '%s' is not written 50/s, 100/min or 20/10s",
		    bad[i]);
		assert_conf_error(text, error);
	}
}

static void
wrong_queues_are_named(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "queue q { weight = 0 }", "main.conf:1: option 'weight': '0' is too small" },
		{ "queue q { weight = 1001 }", "main.conf:1: option 'weight': '1001' is too large" },
		{ "queue q { concurency = 1 }", "main.conf:1: unknown option 'concurency' in 'queue': did you mean 'concurrency'?" },
		{ "queue q { }\nqueue q { }", "main.conf:2: queue 'q' is there twice; the first is at main.conf:1" },
		{ "queue { }", "main.conf:1: section 'queue' needs a name: queue NAME { ... }" },
		{ "quee q { }", "main.conf:1: unknown section 'quee': did you mean 'queue'?" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
the_mail_server_is_read(void **state)
{
	struct conf *conf =
	    conf_of("smtp { url = 'smtps://[::1]:465' user = u password = 'p w'\n"
		    "  from = 'A <a@b>' tls = require tls_verify = no timeout = 5s\n"
		    "  breaker { failures = 3 pause = 1min } }");

	(void)state;
	assert_string_equal(conf->smtp.url, "smtps://[::1]:465");
	assert_string_equal(conf->smtp.user, "u");
	assert_string_equal(conf->smtp.password, "p w");
	assert_string_equal(conf->smtp.from, "A <a@b>");
	assert_int_equal(conf->smtp.tls, CONF_SMTP_TLS_REQUIRE);
	assert_false(conf->smtp.tls_verify);
	assert_int_equal(conf->smtp.timeout_ms, 5000);
	assert_int_equal(conf->smtp.breaker.failures, 3);
	assert_int_equal(conf->smtp.breaker.pause_ms, 60000);
	conf_free(conf);
}

static void
wrong_mail_servers_are_named(void **state)
{
	/* clang-format off */
	static const struct wrong list[] = {
		{ "smtp { url = 'mail:25' }", "main.conf:1: option 'url': 'mail:25' is not written smtp://HOST:PORT or smtps://HOST:PORT" },
		{ "smtp { url = 'http://mail' }", "main.conf:1: option 'url': 'http://mail' is not written smtp://HOST:PORT or smtps://HOST:PORT" },
		{ "smtp { url = 'smtp://' }", "main.conf:1: option 'url': 'smtp://' is not written smtp://HOST:PORT or smtps://HOST:PORT" },
		{ "smtp { url = 'smtp://mail:0' }", "main.conf:1: option 'url': 'smtp://mail:0' has no valid port" },
		{ "smtp { url = 'smtp://mail:70000' }", "main.conf:1: option 'url': 'smtp://mail:70000' has no valid port" },
		{ "smtp { url = 'smtp://mail:smtp/x' }", "main.conf:1: option 'url': 'smtp://mail:smtp/x' has no valid port" },
		{ "smtp { url = 'smtp://u:p@mail' }", "main.conf:1: option 'url': 'smtp://u:p@mail' has an '@': user and password are options of their own" },
		{ "smtp { from = nobody }", "main.conf:1: option 'from': 'nobody' is not an e-mail address" },
		{ "smtp { tls = always }", "main.conf:1: option 'tls': 'always' is none of try, require, none" },
		{ "smtp { user = u password = a\n password_file = b }", "main.conf:2: option 'password_file': 'password' is set too, only one of them is possible" },
		{ "smtp {\n password = a }", "main.conf:2: option 'password' does nothing without 'user'" },
		{ "smtp {\n password_file = a }", "main.conf:2: option 'password_file' does nothing without 'user'" },
		{ "smtp { }\nsmtp { }", "main.conf:2: section 'smtp' is there twice; the first is at main.conf:1" },
	};
	/* clang-format on */

	(void)state;
	ALL_WRONG(list);
}

static void
the_queue_listens_where_it_is_safe(void **state)
{
	static const char *const good[] = {
		"listen = 'tcp://127.0.0.1:7419'",
		"listen = { 'tcp://localhost:7419', 'tcp://[::1]:7419', 'tcp://127.1.2.3:1' }",
		"listen = 'tcp://0.0.0.0:7419' password = x",
		"listen = 'tcp://:7419' password_file = /x",
		"listen = 'tcp://*:7419' password = x",
		"listen = 'tcp://[::]:7419' password = x",
		"listen = 'tcp+tls://127.0.0.1:7420' tls_certificate = /c tls_key = /k",
		"password = x",
	};
	/* clang-format off */
	static const struct wrong list[] = {
		{ "scheduler {\n listen = 'tcp://0.0.0.0:7419' }", "main.conf:2: option 'listen': 'tcp://0.0.0.0:7419' can be reached from other machines and needs a password" },
		{ "scheduler {\n listen = 'tcp://0.0.0.0:7419' password = '' }", "main.conf:2: option 'listen': 'tcp://0.0.0.0:7419' can be reached from other machines and needs a password" },
		{ "scheduler { listen = { 'tcp://127.0.0.1:1', 'tcp://:2' } }", "main.conf:1: option 'listen': 'tcp://:2' can be reached from other machines and needs a password" },
		{ "scheduler { listen = 'tcp://[::]:7419' }", "main.conf:1: option 'listen': 'tcp://[::]:7419' can be reached from other machines and needs a password" },
		{ "scheduler { password = a\n password_file = b }", "main.conf:2: option 'password_file': 'password' is set too, only one of them is possible" },
		{ "scheduler {\n listen = 'tcp+tls://127.0.0.1:1' }", "main.conf:2: option 'listen': 'tcp+tls://127.0.0.1:1' needs tls_certificate and tls_key" },
		{ "scheduler { listen = 'tcp+tls://127.0.0.1:1'\n tls_certificate = a }", "main.conf:1: option 'listen': 'tcp+tls://127.0.0.1:1' needs tls_certificate and tls_key" },
		{ "scheduler {\n tls_certificate = a }", "main.conf:2: option 'tls_certificate' needs 'tls_key'" },
		{ "scheduler {\n tls_key = a }", "main.conf:2: option 'tls_key' needs 'tls_certificate'" },
		{ "scheduler { listen = '127.0.0.1:7419' }", "main.conf:1: option 'listen': '127.0.0.1:7419' is not written tcp://HOST:PORT or tcp+tls://HOST:PORT, with a numeric address" },
		{ "scheduler { listen = 'tcp://127.0.0.1' }", "main.conf:1: option 'listen': 'tcp://127.0.0.1' is not written tcp://HOST:PORT or tcp+tls://HOST:PORT, with a numeric address" },
		{ "scheduler { listen = 'tcp://127.0.0.1:0' }", "main.conf:1: option 'listen': 'tcp://127.0.0.1:0' is not written tcp://HOST:PORT or tcp+tls://HOST:PORT, with a numeric address" },
		{ "scheduler { listen = 'tcp://127.evil.org:1' }", "main.conf:1: option 'listen': 'tcp://127.evil.org:1' is not written tcp://HOST:PORT or tcp+tls://HOST:PORT, with a numeric address" },
		{ "scheduler { listen = 'tcp://::1:7419' }", "main.conf:1: option 'listen': 'tcp://::1:7419' is not written tcp://HOST:PORT or tcp+tls://HOST:PORT, with a numeric address" },
		{ "scheduler { listen = 'tcp://[127.0.0.1]:7419' }", "main.conf:1: option 'listen': 'tcp://[127.0.0.1]:7419' is not written tcp://HOST:PORT or tcp+tls://HOST:PORT, with a numeric address" },
		{ "scheduler { listen = 'unix:/x' }", "main.conf:1: option 'listen': 'unix:/x' is not written tcp://HOST:PORT or tcp+tls://HOST:PORT, with a numeric address" },
		{ "scheduler { listen = { 'tcp://127.0.0.1:1', 'tcp+tls://127.0.0.1:1' } }", "main.conf:1: option 'listen': '127.0.0.1:1' is there twice" },
		{ "scheduler { listen = { 'tcp://:1', 'tcp://:2', 'tcp://:3', 'tcp://:4', 'tcp://:5', 'tcp://:6', 'tcp://:7', 'tcp://:8', 'tcp://:9',"
		  "'tcp://:10', 'tcp://:11', 'tcp://:12', 'tcp://:13', 'tcp://:14', 'tcp://:15', 'tcp://:16', 'tcp://:17' } }",
		    "main.conf:1: option 'listen': 17 sockets are too many, 16 are allowed" },
		{ "scheduler { clients_max = 0 }", "main.conf:1: option 'clients_max': '0' is too small" },
	};
	/* clang-format on */
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "scheduler { %s }", good[i]);
		conf_free(conf_of(text));
	}
	ALL_WRONG(list);
}

/* They are the program's own sockets, which jobd holds for every program. */
static void
the_scheduler_gets_the_addresses(void **state)
{
	struct conf *conf =
	    conf_of("scheduler { listen = { 'tcp://127.0.0.1:1', 'tcp://[::1]:2' } }");
	const struct conf_program *scheduler = conf_find_program(conf, "scheduler");

	(void)state;
	assert_string_equal(scheduler->listen[0], "tcp://127.0.0.1:1");
	assert_string_equal(scheduler->listen[1], "tcp://[::1]:2");
	assert_null(scheduler->listen[2]);
	assert_int_equal(scheduler->role, CONF_ROLE_SCHEDULER);
	conf_free(conf);
}

static void
files_beside_the_configuration_become_absolute(void **state)
{
	struct conf *conf =
	    conf_of("scheduler { password_file = p tls_certificate = c tls_key = /k }\n"
		    "smtp { user = u password_file = q ca_file = ca }");

	(void)state;
	assert_string_equal(conf->scheduler.password_file, conf_files_path("p"));
	assert_string_equal(conf->scheduler.tls_certificate, conf_files_path("c"));
	assert_string_equal(conf->scheduler.tls_key, "/k");
	assert_string_equal(conf->smtp.password_file, conf_files_path("q"));
	assert_string_equal(conf->smtp.ca_file, conf_files_path("ca"));
	conf_free(conf);
}

static void
built_ins_run_when_something_needs_them(void **state)
{
	static const struct {
		const char *text;
		bool scheduler, runner;
	} cases[] = {
		{"",									   false, false},
		{ "program x { command = x }",						 false, false},
		{ "job x { }",								 true,  false},
		{ "job x { schedule = '@daily' }",                                             true,  false},
		{ "job x { command = x }",						     true,  true },
		{ "job x { put = 'http://h' }",						true,  true },
		{ "smtp { url = 'smtp://h' from = a@b } job x { mail { to = a@b text = x } }", true,
                 true										      },
		{ "smtp { url = 'smtp://h' }",						 false, false},
		{ "queue x { }",							       true,  false},
		{ "scheduler { }",							     true,  false},
		{ "scheduler { listen = 'tcp://127.0.0.1:1' }",                                true,  false},
		{ "scheduler { enabled = false }",                                             false, false},
		{ "scheduler { enabled = false } queue q { }",                                 false, false},
		{ "runner { }",								false, false},
		{ "runner { enabled = true }",						 false, true },
		{ "runner { enabled = false } job x { command = x }",                          true,  false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (runs(cases[i].text, "scheduler") != cases[i].scheduler ||
		    runs(cases[i].text, "runner") != cases[i].runner)
			fail_msg("%s", cases[i].text);
}

static void
the_name_of_the_scheduler_is_taken_with_a_queue(void **state)
{
	static const char *const others[] = { "queue q { }", "scheduler { }", "job x { }" };
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), "program scheduler { command = x }\n%s", others[i]);
		assert_conf_error(text,
		    "main.conf:1: program 'scheduler': the name is taken by the built-in "
		    "scheduler, which runs because there are jobs, queues, webhooks, "
		    "outboxes or a section 'scheduler'");
	}
	assert_conf_error("program runner { command = x }\njob x { command = y }",
	    "main.conf:1: program 'runner': the name is taken by the built-in runner, which runs "
	    "because there are jobs for it, or programs to look after");
	conf_free(conf_of("program runner { command = x }\njob x { }"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_those_of_the_manual),
		cmocka_unit_test(queues_are_read_in_their_order),
		cmocka_unit_test(rates_are_a_number_and_a_time),
		cmocka_unit_test(wrong_queues_are_named),
		cmocka_unit_test(the_mail_server_is_read),
		cmocka_unit_test(wrong_mail_servers_are_named),
		cmocka_unit_test(the_queue_listens_where_it_is_safe),
		cmocka_unit_test(the_scheduler_gets_the_addresses),
		cmocka_unit_test(files_beside_the_configuration_become_absolute),
		cmocka_unit_test(built_ins_run_when_something_needs_them),
		cmocka_unit_test(the_name_of_the_scheduler_is_taken_with_a_queue),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
