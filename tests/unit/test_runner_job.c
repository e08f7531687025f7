#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/job.h"

static struct job
parsed(const char *text)
{
	struct job job;

	job_parse(&job, text, strlen(text));
	if (job.kind == JOB_RUN)
		job_make_words(&job);
	return job;
}

static void
a_job_is_taken_apart(void **state)
{
	struct job job =
	    parsed("{\"jid\":\"j-1\",\"jobtype\":\"mail\",\"args\":[\"a b\",1,-2.50,1e400,true,"
		   "null,[12345678901234567890123,\"x\"],{\"k\" : \"v \\\" w\" "
		   "}],\"attempts\":3,\"due_at\":"
		   "\"2026-01-01T00:00:00Z\",\"custom\":{}}");
	static const char *const words[] = { "a b", "1", "-2.50", "1e400", "true", "null",
		"[12345678901234567890123,\"x\"]", "{\"k\":\"v \\\" w\"}" };

	(void)state;
	assert_int_equal(job.kind, JOB_RUN);
	assert_string_equal(job.jid, "j-1");
	assert_string_equal(job.type, "mail");
	assert_int_equal(job.attempt, 3);
	assert_string_equal(job.due_at, "2026-01-01T00:00:00Z");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_string_equal(job.arguments[i], words[i]);
	assert_null(job.arguments[sizeof(words) / sizeof(words[0])]);
	job_clear(&job);
}

static void
what_may_be_missing_has_a_default(void **state)
{
	struct job job = parsed("{\"jid\":\"j-1\",\"jobtype\":\"mail\"}");

	(void)state;
	assert_int_equal(job.kind, JOB_RUN);
	assert_string_equal(job.args, "[]");
	assert_null(job.arguments[0]);
	assert_int_equal(job.attempt, 1);
	assert_string_equal(job.due_at, "");
	job_clear(&job);
}

static void
orders_are_told_from_jobs(void **state)
{
	struct job job = parsed("{\"order\":\"kill\",\"jid\":\"j-1\",\"reason\":\"replaced\"}");

	(void)state;
	assert_int_equal(job.kind, JOB_ORDER);
	assert_string_equal(job.jid, "j-1");
	assert_string_equal(job.reason, "replaced");
	job_clear(&job);
	job = parsed("{\"order\":\"kill\",\"jid\":\"j-1\"}");
	assert_string_equal(job.reason, "cancelled");
	job_clear(&job);
	job = parsed("{\"jid\":\"j-1\",\"jobtype\":\"t\",\"args\":[],\"order\":\"kill\"}");
	assert_int_equal(job.kind, JOB_RUN);
	job_clear(&job);
	job = parsed("{\"order\":\"dance\",\"jid\":\"j-1\"}");
	assert_int_equal(job.kind, JOB_INVALID);
	assert_string_equal(job.errstr, "unknown order 'dance'");
	job_clear(&job);
}

static void
garbage_is_invalid(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *errstr, *jid;
	} cases[] = {
		{ "[]", "not a JSON object: another value", NULL },
		{ "{}", "jid is missing or no string", NULL },
		{ "{\"jid\":7}", "jid is missing or no string", NULL },
		{ "{\"jid\":\"a\\u0000b\"}", "jid is missing or no string", NULL },
		{ "{\"jid\":\"j-1\"}", "jobtype is missing or no string", "j-1" },
		{ "{\"jid\":\"j-1\",\"jobtype\":\"m\",\"args\":\"x\"}", "args is not an array", "j-1" },
		{ "{\"jid\":\"j-1\",\"jobtype\":\"m\",\"args\":[\"a\\u0000\"]}",
		    "argument 1 has a NUL byte", "j-1" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct job job = parsed(cases[i].text);

		assert_int_equal(job.kind, JOB_INVALID);
		assert_string_equal(job.errstr, cases[i].errstr);
		if (cases[i].jid == NULL)
			assert_null(job.jid);
		else
			assert_string_equal(job.jid, cases[i].jid);
		job_clear(&job);
	}
}

/* Only who asks for the arguments reads them: what the library does not take may be sent on. */
static void
arguments_are_read_when_they_are_asked_for(void **state)
{
	static const char text[] = "{\"jid\":\"j-1\",\"jobtype\":\"m\","
				   "\"args\":[123456789012345678901234567890]}";
	struct job job;

	(void)state;
	job_parse(&job, text, strlen(text));
	assert_int_equal(job.kind, JOB_RUN);
	assert_null(job.values);
	assert_null(job_values(&job));
	assert_int_equal(job.kind, JOB_INVALID);
	assert_non_null(strstr(job.errstr, "args can't be read: "));
	job_clear(&job);
	job = parsed("{\"jid\":\"j-1\",\"jobtype\":\"m\",\"args\":[1]}");
	assert_non_null(job_values(&job));
	assert_ptr_equal(job.values, job_values(&job));
	job_clear(&job);
}

static void
the_last_of_the_same_name_counts_and_escapes_are_resolved(void **state)
{
	struct job job = parsed("{\"jid\":\"no\",\"attempts\":\"7\",\"jobtype\":\"m\\u00e9\\n\","
				"\"jid\":\"\\\"yes\\\\\",\"args\":[1],\"args\":[2] }");

	(void)state;
	assert_int_equal(job.kind, JOB_RUN);
	assert_string_equal(job.jid, "\"yes\\");
	assert_string_equal(job.type, "m\xc3\xa9\n");
	assert_int_equal(job.attempt, 1);
	assert_string_equal(job.args, "[2]");
	job_clear(&job);
}

/* Whatever is cut off or changed in a good job, it is a job, an order, or invalid with a text. */
static void
no_change_of_a_byte_does_harm(void **state)
{
	static const char good[] = "{\"jid\":\"j-1\",\"jobtype\":\"m\",\"args\":[\"a\",[1.5,null]],"
				   "\"attempts\":2,\"order\":\"kill\"}";
	char text[sizeof(good)];

	(void)state;
	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		for (int byte = 0; byte < 256; byte++) {
			struct job job;

			memcpy(text, good, sizeof(good));
			text[at] = (char)byte;
			job_parse(&job, text, byte == 0 ? at : sizeof(good) - 1);
			if (job.kind == JOB_RUN)
				job_make_words(&job);
			assert_true((job.kind == JOB_INVALID) == (job.errstr[0] != '\0'));
			assert_true(job.kind == JOB_INVALID || job.jid != NULL);
			assert_true(job.kind != JOB_ORDER || job.reason != NULL);
			assert_true(job.kind != JOB_RUN || job.arguments != NULL);
			job_clear(&job);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_is_taken_apart),
		cmocka_unit_test(what_may_be_missing_has_a_default),
		cmocka_unit_test(orders_are_told_from_jobs),
		cmocka_unit_test(garbage_is_invalid),
		cmocka_unit_test(arguments_are_read_when_they_are_asked_for),
		cmocka_unit_test(the_last_of_the_same_name_counts_and_escapes_are_resolved),
		cmocka_unit_test(no_change_of_a_byte_does_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
