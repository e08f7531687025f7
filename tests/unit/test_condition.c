/*
 * What the answer of a job's condition means.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/condition.h"

#define STATUS_EXIT(code) ((code) << 8)

static void
each_answer_has_a_meaning(void **state)
{
	/* clang-format off */
	static const struct {
		enum result_reason reason;
		int wait_status;
		int64_t code;
		enum condition_verdict verdict;
		enum result_reason becomes;
		const char *text;
	} cases[] = {
		{ RESULT_EXIT, STATUS_EXIT(0), 0, CONDITION_RUN, RESULT_EXIT, NULL },
		{ RESULT_EXIT, STATUS_EXIT(1), 0, CONDITION_SKIP, RESULT_SKIPPED, "only_if: exit code 1" },
		{ RESULT_EXIT, STATUS_EXIT(2), 0, CONDITION_FAILED, RESULT_CONDITION, "only_if: exit code 2" },
		{ RESULT_SIGNAL, SIGSEGV, 0, CONDITION_FAILED, RESULT_CONDITION, "only_if: killed by SIGSEGV" },
		{ RESULT_HTTP, 0, 200, CONDITION_RUN, RESULT_HTTP, NULL },
		{ RESULT_HTTP, 0, 299, CONDITION_RUN, RESULT_HTTP, NULL },
		{ RESULT_HTTP, 0, 204, CONDITION_SKIP, RESULT_SKIPPED, "only_if: HTTP 204" },
		{ RESULT_HTTP, 0, 404, CONDITION_SKIP, RESULT_SKIPPED, "only_if: HTTP 404" },
		{ RESULT_HTTP, 0, 300, CONDITION_FAILED, RESULT_CONDITION, "only_if: HTTP 300" },
		{ RESULT_HTTP, 0, 410, CONDITION_FAILED, RESULT_CONDITION, "only_if: HTTP 410" },
		{ RESULT_NETWORK, 0, 0, CONDITION_FAILED, RESULT_CONDITION, "only_if: network" },
		{ RESULT_TIMEOUT, 0, 0, CONDITION_FAILED, RESULT_CONDITION, "only_if: timed out after 5s" },
		{ RESULT_CANCELLED, SIGTERM, 0, CONDITION_FAILED, RESULT_CANCELLED, NULL },
		{ RESULT_STOPPED, SIGTERM, 0, CONDITION_FAILED, RESULT_STOPPED, NULL },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result = { .reason = cases[i].reason,
			.ran = true,
			.wait_status = cases[i].wait_status,
			.code = cases[i].code,
			.limit_ms = 5000,
			.no_retry = true };
		char text[CONDITION_TEXT_MAX] = "";

		assert_int_equal(condition_judge(&result, text), cases[i].verdict);
		assert_int_equal(result.reason, cases[i].becomes);
		assert_string_equal(text, cases[i].text == NULL ? "" : cases[i].text);
		/* Its codes are not the job's. */
		if (cases[i].text != NULL)
			assert_true(!result.ran && !result.no_retry && result.code == 0);
	}
}

static void
what_asks_is_a_job_of_its_own(void **state)
{
	char command[] = "bin/send", post[] = "http://a/b", test[] = "test -s x",
	     url[] = "https://c";
	char nothing[] = "", *to[] = { command, NULL };
	struct conf_job job = { .command = command,
		.only_if = test,
		.only_if_timeout_ms = 7,
		.timeout_ms = 9,
		.http = { .post = post },
		.mail = { .to = to } };
	struct conf_job asking;

	(void)state;
	condition_as_job(&job, &asking);
	assert_int_equal(conf_job_kind(&asking), CONF_JOB_COMMAND);
	assert_string_equal(asking.command, test);
	assert_int_equal(asking.timeout_ms, 7);
	job.only_if = url;
	condition_as_job(&job, &asking);
	assert_int_equal(conf_job_kind(&asking), CONF_JOB_HTTP);
	assert_string_equal(asking.http.get, url);
	assert_string_equal(asking.http.post, "");
	job.only_if = nothing;
	assert_false(condition_is_set(&job));
	job.only_if = NULL;
	assert_false(condition_is_set(&job));
}

static void
jobs_wait_and_pass(void **state)
{
	struct conditions conditions;
	struct condition *one;

	(void)state;
	conditions_init(&conditions);
	one = conditions_add(&conditions, "jid-1", "{}...", 2);
	assert_non_null(conditions_add(&conditions, "jid-2", "{}", 2));
	assert_string_equal(one->job, "{}");
	assert_null(conditions_next(&conditions));
	assert_null(conditions_find(&conditions, "jid-3"));
	conditions_pass(&conditions, one);
	conditions_pass(&conditions, one);
	assert_int_equal(conditions.passed, 1);
	assert_ptr_equal(conditions_next(&conditions), conditions_find(&conditions, "jid-1"));
	conditions_take(&conditions, one);
	assert_int_equal(conditions.passed, 0);
	assert_null(conditions_find(&conditions, "jid-1"));
	condition_free(one);
	conditions_clear(&conditions);
	assert_null(conditions_find(&conditions, "jid-2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_has_a_meaning),
		cmocka_unit_test(what_asks_is_a_job_of_its_own),
		cmocka_unit_test(jobs_wait_and_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
