#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf_files.h"

#define HTTP   "http { listen = 127.0.0.1:8080 }\n"
#define NEEDED "path = /hooks/sale secret = s job = j header = X-Sign "

static void
the_defaults_are_those_of_the_manual(void **state)
{
	struct conf *conf = conf_of(HTTP "webhook sale { " NEEDED "}");
	const struct conf_webhook *hook = &conf->webhooks[0];

	(void)state;
	assert_int_equal(conf->webhook_count, 1);
	assert_string_equal(hook->name, "sale");
	assert_int_equal(hook->line, 2);
	assert_true(hook->enabled);
	assert_int_equal(hook->scheme, CONF_WEBHOOK_PLAIN);
	assert_int_equal(hook->encoding, CONF_WEBHOOK_HEX);
	assert_string_equal(hook->secrets[0], "s");
	assert_null(hook->secrets[1]);
	assert_string_equal(hook->health_path, "");
	assert_string_equal(hook->args, "");
	assert_string_equal(hook->id, "");
	assert_string_equal(hook->time, "");
	assert_int_equal(hook->replay_window_ms, 5 * 60 * 1000);
	assert_int_equal(hook->remember_ms, INT64_C(7) * 24 * 3600 * 1000);
	assert_int_equal(hook->rate, 0);
	/* The jobs need somebody who keeps them. */
	assert_non_null(conf_find_program(conf, "scheduler"));
	conf_free(conf);
}

static void
everything_can_be_said(void **state)
{
	struct conf *conf = conf_of(
	    HTTP "webhook sale { path = /hooks/sale health_path = /hooks/health\n"
		 "secret = {\"new\", \"old\"} job = \"Oroshi::Sale\" queue = sales\n"
		 "header = X-Scicent-Signature prefix = \"sha256=\" encoding = base64\n"
		 "args = \"[\\\"$.a[0]['x y']\\\", \\\"$$5\\\", \\\"$header:X-Kind\\\"]\"\n"
		 "id = \"$.id\" time = \"$header:X-Time\" replay_window = 10s remember = 30d\n"
		 "rate = 10/s }\n"
		 "webhook push { path = /hooks/push secret_file = hook.key job = push "
		 "scheme = github }");
	const struct conf_webhook *hook = &conf->webhooks[0];

	(void)state;
	assert_string_equal(hook->secrets[1], "old");
	assert_string_equal(hook->job, "Oroshi::Sale");
	assert_int_equal(hook->encoding, CONF_WEBHOOK_BASE64);
	assert_string_equal(hook->args, "[\"$.a[0]['x y']\", \"$$5\", \"$header:X-Kind\"]");
	assert_int_equal(hook->rate, 10);
	assert_int_equal(hook->rate_period_ms, 1000);
	assert_int_equal(conf->webhooks[1].scheme, CONF_WEBHOOK_GITHUB);
	/* Beside the file in which it is written. */
	assert_int_equal(conf->webhooks[1].secret_file[0], '/');
	conf_free(conf);
}

static void
assert_says(const char *text, const char *words)
{
	const char *error = conf_error_of(text);

	if (strstr(error, words) == NULL)
		fail_msg("'%s' is not in '%s'", words, error);
}

static void
what_does_not_fit_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{"webhook a { " NEEDED "}",                                      "webhook 'a': nothing listens"},
		{ HTTP "webhook a { secret = s job = j header = X }",            "webhook 'a' has no 'path'"   },
		{ HTTP "webhook a { path = /a secret = s header = X }",
                 "webhook 'a' has no 'job'"								    },
		{ HTTP "webhook a { path = /a job = j header = X }",             "has neither 'secret' nor"    },
		{ HTTP "webhook a { path = /a job = j secret = s }",
                 "webhook 'a' has no 'header'"								 },
		{ HTTP "webhook a { " NEEDED "secret_file = f }",                "'secret' is set too"         },
		{ HTTP "webhook a { " NEEDED "scheme = github prefix = p }",
                 "does nothing without 'scheme"								},
		{ HTTP "webhook a { " NEEDED "scheme = stripe time = \"$.t\" }",
                 "does nothing without 'scheme"								},
		{ HTTP "webhook a { " NEEDED "}\nwebhook b { " NEEDED "}",       "has the same path"           },
		{ HTTP "webhook a { " NEEDED
		       "}\nwebhook b { path = /hooks/sale/health secret = s job = j "
		       "header = X }",			  "has the same path"           },
		{ HTTP "webhook a { " NEEDED "args = \"{}\" }",                  "is not a JSON array"         },
		{ HTTP "webhook a { " NEEDED "args = \"[\\\"$id\\\"]\" }",       "and is no path"              },
		{ HTTP "webhook a { " NEEDED "id = \"transaction_id\" }",        "does not begin with $"       },
		{ HTTP "webhook a { " NEEDED "id = \"$header:\" }",              "names no header"             },
		{ HTTP "webhook a { " NEEDED "rate = 10 }",                      "is not written 50/s"         },
		{ HTTP "webhook a { " NEEDED "scheme = svix }",                  "is none of"                  },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_says(wrong[i].text, wrong[i].error);
}

static void
paths_are_plain_and_not_our_own(void **state)
{
	static const char *const wrong[] = { "sale", "/", "/a/", "/a//b", "/a/../b", "/a b", "/a?b",
		"/a%20b", "/api/v1/sale", "/api", "/jobs/sale", "/health", "/static/x",
		"/metrics" };
	static const char *const good[] = { "/a", "/apis", "/hooks/health", "/a.b/c-d_e~f" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text),
		    HTTP "webhook a { path = \"%s\" secret = s job = j header = X }", wrong[i]);
		assert_says(text, "option 'path'");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text),
		    HTTP "webhook a { path = \"%s\" secret = s job = j header = X }", good[i]);
		conf_free(conf_of(text));
	}
}

static void
the_web_side_listens_where_it_can(void **state)
{
	static const char *const wrong[][2] = {
		{"http { listen = \"tcp+tls://127.0.0.1:8443\" }",
                 "needs tls_certificate and tls_key"								      },
		{ "http { listen = 127.0.0.1:8080 tls_key = k }",                                 "option 'tls_key' needs"},
		{ "http { listen = \"tcp+tls://0.0.0.0:8443\" tls_key = k tls_certificate = c }",
                 "needs users or tokens"										  },
		{ "http { listen = 127.0.0.1:8080 proxies = localhost }",
                 "neither a numeric address nor"									  },
		{ "http { listen = 127.0.0.1:8080 proxies = \"2001:DB8::1\" }",
                 "is not written in the usual way"									},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_says(wrong[i][0], wrong[i][1]);
	conf_free(conf_of(
	    "http { listen = {\"tcp+tls://[::1]:8443\", \"unix:/tmp/w.sock\"} listen_mode = 0660 "
	    "tls_key = k tls_certificate = c proxies = {unix, 10.0.0.1, \"2001:db8::1\"} }"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_those_of_the_manual),
		cmocka_unit_test(everything_can_be_said),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(paths_are_plain_and_not_our_own),
		cmocka_unit_test(the_web_side_listens_where_it_can),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
