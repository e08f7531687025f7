#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "jobd-scheduler/failure.h"
#include "jobd-scheduler/history.h"
#include "jobd-scheduler/payload.h"
#include "jobd-scheduler/render.h"

static struct job job;
static char error[400];

static int
read_job(const char *text)
{
	job_clear(&job);
	job_init(&job);
	error[0] = '\0';
	return payload_read(&job, text, strlen(text), error, sizeof(error));
}

static int
forget_job(void **state)
{
	(void)state;
	job_clear(&job);
	return 0;
}

static void
a_job_is_read_with_faktorys_defaults(void **state)
{
	(void)state;
	assert_int_equal(read_job("{\"jid\":\"12345678\",\"jobtype\":\"Resize\",\"args\":[]}"), 0);
	assert_string_equal(job.jid, "12345678");
	assert_string_equal(job.type, "Resize");
	assert_string_equal(job.queue, "default");
	assert_string_equal(job.args, "[]");
	assert_string_equal(job.extra, "");
	assert_int_equal(job.retries, 25);
	assert_int_equal(job.reserve_ms, 1800000);
	assert_int_equal(job.priority, 5);
	assert_false(walltime_is_set(job.run_at));
}

static void
what_we_do_not_know_survives_to_the_letter(void **state)
{
	char *text;
	size_t len;

	(void)state;
	assert_int_equal(
	    read_job("{ \"jid\":\"12345678\", \"big\" : 123456789012345678901234567890, "
		     "\"jobtype\":\"R\", \"args\":[ 9007199254740993, 1.10, \"\\u0000\" ],"
		     "\"retry\":2, \"custom\":{\"a\":[1.10]},\"created_at\":\"x\",\"failure\":{}}"),
	    0);
	assert_string_equal(job.args, "[ 9007199254740993, 1.10, \"\\u0000\" ]");
	assert_string_equal(job.extra,
	    ",\"big\":123456789012345678901234567890,\"retry\":2,\"custom\":{\"a\":[1.10]}");
	assert_int_equal(job.retries, 2);
	text = render(render_payload, &job, &len);
	assert_non_null(text);
	assert_string_equal(text,
	    "{\"jid\":\"12345678\",\"queue\":\"default\",\"jobtype\":\"R\",\"args\":[ "
	    "9007199254740993, 1.10, \"\\u0000\" ],\"priority\":5,\"created_at\":null,"
	    "\"enqueued_at\":null,\"big\":123456789012345678901234567890,\"retry\":2,\"custom\":"
	    "{\"a\":[1.10]}}");
	free(text);
}

/* The last one counts; what goes through is there as often as it was sent. */
static void
members_may_be_there_twice(void **state)
{
	(void)state;
	assert_int_equal(
	    read_job("{\"jid\":\"11111111\",\"jid\":\"22222222\",\"jobtype\":\"A\",\"args\":{},"
		     "\"jobtype\":\"B\",\"args\":[1],\"retry\":1,\"x\":1,\"retry\":2,\"x\":2,"
		     "\"queue\":\"q\",\"queue\":null,\"priority\":null,\"priority\":7}"),
	    0);
	assert_string_equal(job.jid, "22222222");
	assert_string_equal(job.type, "B");
	assert_string_equal(job.args, "[1]");
	assert_string_equal(job.queue, "default");
	assert_string_equal(job.extra, ",\"retry\":1,\"x\":1,\"retry\":2,\"x\":2");
	assert_int_equal(job.retries, 2);
	assert_int_equal(job.priority, 7);
}

/* In the client's own text, without a copy: all but what has escapes. */
static void
a_text_is_taken_in_its_place(void **state)
{
	char text[] = "{\"jid\" : \"12345678\" ,\"jobtype\":\"\\u0052\xc3\xa9\",\"x\":\"y\","
		      "\"queue\":\"q\", \"args\":[\"a\"]}";

	(void)state;
	job_clear(&job);
	job_init(&job);
	assert_int_equal(payload_take(&job, text, strlen(text), error, sizeof(error)), 0);
	assert_string_equal(job.jid, "12345678");
	assert_string_equal(job.type, "R\xc3\xa9");
	assert_string_equal(job.queue, "q");
	assert_string_equal(job.args, "[\"a\"]");
	assert_string_equal(job.extra, ",\"x\":\"y\"");
	assert_in_range((uintptr_t)job.jid, (uintptr_t)text, (uintptr_t)text + sizeof(text));
	assert_in_range((uintptr_t)job.args, (uintptr_t)text, (uintptr_t)text + sizeof(text));
}

/* A text has 255 bytes at most, a jid and names have limits of their own. */
static void
texts_have_limits(void **state)
{
	static const struct {
		const char *member;
		size_t most;
		const char *words;
	} rows[] = {
		{"jid",      JOB_JID_MAX,  "reasonable jid"        },
		{ "jobtype", JOB_NAME_MAX, "at most 200 bytes"     },
		{ "queue",   JOB_NAME_MAX, "queue names must match"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int escaped = 0; escaped < 2; escaped++)
			for (size_t len = rows[i].most; len < rows[i].most + 200; len++) {
				char text[700], value[500];

				memset(value, 'x', len);
				snprintf(value + len, sizeof(value) - len, "%s",
				    escaped == 1 ? "\\u0078" : "x");
				snprintf(text, sizeof(text),
				    "{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"%s\":\"%"
				    "s\"}",
				    rows[i].member, value + 1);
				assert_int_equal(read_job(text), len == rows[i].most ? 0 : -1);
				if (len > rows[i].most && strstr(error, rows[i].words) == NULL)
					fail_msg("%s: '%s'", text, error);
			}
}

static void
numbers_are_kept_in_their_ranges(void **state)
{
	(void)state;
	assert_int_equal(
	    read_job("{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"retry\":-7,"
		     "\"reserve_for\":1,\"priority\":99}"),
	    0);
	assert_int_equal(job.retries, -1);
	assert_int_equal(job.reserve_ms, 60000);
	assert_int_equal(job.priority, 9);
	assert_int_equal(read_job("{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"retry\":"
				  "null,\"reserve_for\":0,\"priority\":null}"),
	    0);
	assert_int_equal(job.retries, 25);
	assert_int_equal(job.reserve_ms, 1800000);
	assert_int_equal(job.priority, 5);
}

static void
wrong_jobs_are_refused_in_words(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"{",									   "invalid JSON"      },
		{ "[]",									 "a job is an object"},
		{ "{\"jobtype\":\"R\",\"args\":[]}",                                            "reasonable jid"    },
		{ "{\"jid\":\"1234567\",\"jobtype\":\"R\",\"args\":[]}",                        "reasonable jid"    },
		{ "{\"jid\":\"1234567\\u0000\",\"jobtype\":\"R\",\"args\":[]}",                 "reasonable jid"    },
		{ "{\"jid\":\"12345678\",\"args\":[]}",                                         "jobtype"           },
		{ "{\"jid\":\"12345678\",\"jobtype\":7,\"args\":[]}",                           "jobtype"           },
		{ "{\"jid\":\"12345678\",\"jobtype\":\"R\"}",                                   "args"              },
		{ "{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":null}",                     "args"              },
		{ "{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":{}}",                       "args"              },
		{ "{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"queue\":\"a b\"}",
                 "queue names must match"									   },
		{ "{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"reserve_for\":86401}",
                 "more than one day"										},
		{ "{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"retry\":\"3\"}",
                 "'retry' is not a number"									  },
		{ "{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"at\":\"tomorrow\"}",
                 "invalid timestamp for 'at': \"tomorrow\""                                                         },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_job(rows[i].text) == 0)
			fail_msg("%s was taken", rows[i].text);
		if (strstr(error, rows[i].words) == NULL)
			fail_msg("%s: '%s'", rows[i].text, error);
	}
}

static void
a_failure_keeps_the_time_of_the_first(void **state)
{
	struct failure failure = { .errtype = "E", .message = "one", .at = { 1000000 } };
	static const char *const lines[] = { "a", "b" };

	(void)state;
	assert_int_equal(read_job("{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[]}"), 0);
	job.failures = 1;
	failure.next_at.us = 3000000;
	failure.backtrace = lines;
	failure.backtrace_count = 2;
	assert_int_equal(failure_set(&job, &failure), 0);
	assert_string_equal(job.failure, "{\"retry_count\":0,\"remaining\":25,\"failed_at\":\"1970-"
					 "01-01T00:00:01Z\",\"next_at\":"
					 "\"1970-01-01T00:00:03Z\",\"message\":\"one\",\"errtype\":"
					 "\"E\",\"backtrace\":[\"a\",\"b\"]}");
	job.failures = 2;
	failure = (struct failure){ .at = { 9000000 } };
	assert_int_equal(failure_set(&job, &failure), 0);
	assert_string_equal(job.failure, "{\"retry_count\":1,\"remaining\":24,\"failed_at\":\"1970-"
					 "01-01T00:00:01Z\",\"message\":"
					 "\"unknown\",\"errtype\":\"unknown\",\"backtrace\":[]}");
}

static void
custom_decides_about_the_job(void **state)
{
	(void)state;
	assert_int_equal(
	    read_job(
		"{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"custom\":{\"unique_"
		"for\":2.5,\"unique_until\":\"time\",\"unique_key\":\"k\\u0041\",\"on_"
		"conflict\":\"keep\",\"expires_at\":\"1970-01-01T00:00:05Z\",\"track\":1,"
		"\"bid\":\"b-1\",\"concurrency_key\":\"c\",\"after\":[\"11111111\"],"
		"\"parent\":\"22222222\",\"tags\":[ \"a\",\"b\" ],\"mine\":[1],\"locale\":null}}"),
	    0);
	assert_int_equal(job.unique_for_ms, 2500);
	assert_int_equal(job.unique_until, CONF_UNIQUE_UNTIL_TIME);
	assert_string_equal(job.unique_key, "kA");
	assert_int_equal(job.on_conflict, CONF_ON_CONFLICT_KEEP);
	assert_int_equal(job.expires_at.us, 5000000);
	assert_true(job.track);
	assert_string_equal(job.bid, "b-1");
	assert_string_equal(job.concurrency_key, "c");
	assert_string_equal(job.after, "[\"11111111\"]");
	assert_string_equal(job.parent, "22222222");
	assert_string_equal(job.tags, "[ \"a\",\"b\" ]");
	assert_non_null(strstr(job.extra, "\"mine\":[1]"));
}

static void
wrong_customs_are_refused_in_words(void **state)
{
	static const char *const rows[][2] = {
		{"7",			     "'custom' is not an object"          },
		{ "{\"unique_for\":\"x\"}",       "custom.unique_for is not a number"  },
		{ "{\"unique_until\":\"never\"}", "not one of success, start, time"    },
		{ "{\"on_conflict\":1}",          "not one of reject, replace, keep"   },
		{ "{\"expires_at\":\"soon\"}",    "invalid timestamp for 'expires_at'" },
		{ "{\"bid\":5}",                  "custom.bid is not a text"           },
		{ "{\"after\":[1]}",              "custom.after is not a list of texts"},
		{ "{\"tags\":\"a\"}",             "custom.tags is not a list of texts" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text),
		    "{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[],\"custom\":%s}",
		    rows[i][0]);
		if (read_job(text) == 0)
			fail_msg("%s was taken", text);
		if (strstr(error, rows[i][1]) == NULL)
			fail_msg("%s: '%s'", text, error);
	}
	assert_int_equal(read_job("{\"j\\u0069d\":\"x\",\"jid\":\"12345678\",\"jobtype\":\"R\","
				  "\"args\":[]}"),
	    -1);
	assert_non_null(strstr(error, "has an escape"));
}

static bool
read_event(const char *text, struct exit_record *record)
{
	return history_read(text, strlen(text), record);
}

static void
ends_are_read_from_events(void **state)
{
	struct exit_record record;

	(void)state;
	assert_true(
	    read_event("{\"seq\":7,\"name\":\"web:2\",\"pid\":12,\"exit\":{\"reason\":\"signal\","
		       "\"code\":null,\"signal\":\"SIGSEGV\",\"core\":true,\"at\":"
		       "\"1970-01-01T00:00:05Z\",\"uptime_ms\":44}}",
		&record));
	assert_string_equal(record.name, "web:2");
	assert_string_equal(record.reason, "signal");
	assert_int_equal(record.pid, 12);
	assert_int_equal(record.code, -1);
	assert_int_equal(record.signal, 11);
	assert_true(record.core);
	assert_int_equal(record.at.us, 5000000);
	assert_int_equal(record.uptime_ms, 44);
	assert_false(read_event("{\"seq\":7,\"name\":\"web\",\"pid\":12,\"exit\":null}", &record));
	assert_false(read_event("{\"seq\":7,\"exit\":{\"reason\":\"x\"}}", &record));
	assert_false(read_event("nonsense", &record));
	assert_false(read_event("{\"name\":\"web\",\"exit\":{\"at\":\"yesterday\"}}", &record));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_job_is_read_with_faktorys_defaults, forget_job),
		cmocka_unit_test_teardown(what_we_do_not_know_survives_to_the_letter, forget_job),
		cmocka_unit_test_teardown(members_may_be_there_twice, forget_job),
		cmocka_unit_test_teardown(a_text_is_taken_in_its_place, forget_job),
		cmocka_unit_test_teardown(texts_have_limits, forget_job),
		cmocka_unit_test_teardown(numbers_are_kept_in_their_ranges, forget_job),
		cmocka_unit_test_teardown(wrong_jobs_are_refused_in_words, forget_job),
		cmocka_unit_test_teardown(custom_decides_about_the_job, forget_job),
		cmocka_unit_test_teardown(wrong_customs_are_refused_in_words, forget_job),
		cmocka_unit_test_teardown(a_failure_keeps_the_time_of_the_first, forget_job),
		cmocka_unit_test(ends_are_read_from_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
