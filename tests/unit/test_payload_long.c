/* Lists of unusual kinds: with more than is noted at once, with what is no job, with large jobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/payload.h"
#include "jobd-scheduler/payload_list.h"

#define LONG_ROOM ((size_t)4 * 1024 * 1024)

static struct payload_list list;
static struct job job;
static char error[400];
static bool good;

static void
open_list(const char *text, size_t len)
{
	assert_int_equal(payload_list_open(&list, text, len), 0);
	assert_null(payload_list_check(&list));
}

static int
next(void)
{
	job_clear(&job);
	job_init(&job);
	error[0] = '\0';
	return payload_list_next(&list, &job, &good, error, sizeof(error));
}

static int
close_list(void **state)
{
	(void)state;
	job_clear(&job);
	payload_list_close(&list);
	return 0;
}

static void
a_list_may_have_anything(void **state)
{
	static const char text[] =
	    "[1,{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[]} , null,[{}],\"{\",{}]";
	int jobs = 0;

	(void)state;
	open_list(text, strlen(text));
	for (; next() == 1; jobs++) {
		assert_int_equal(good, jobs == 1);
		if (jobs == 5)
			assert_string_equal(error, "jobs must have a reasonable jid parameter");
		else if (!good)
			assert_string_equal(error, "invalid JSON: a job is an object");
	}
	assert_int_equal(jobs, 6);
}

/* Plain jobs, jobs with many members, the smallest, and those that are none. */
static void
a_list_may_be_long(void **state)
{
	/* clang-format off */
	static const struct {
		const char *head, *tail, *extra;
		int count;
	} kinds[] = {
		{ "{\"jid\":\"job-", "\",\"jobtype\":\"R\",\"args\":[\"a \\\"\"]}", "", 5000 },
		{ "{\"jid\":\"job-", "\",\"jobtype\":\"R\",\"args\":[],\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6}",
		  ",\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6", 4000 },
		{ "{\"x\":", "}", NULL, 9000 },
		{ "", "", NULL, 9000 },
	};
	/* clang-format on */
	char *text = malloc(LONG_ROOM), jid[32];

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = 0;
		int n = 0;

		for (n = 0; n < kinds[i].count; n++)
			len += (size_t)snprintf(text + len, LONG_ROOM - len, "%s%s%d%s",
			    n == 0 ? "[" : ",", kinds[i].head, n + 10000, kinds[i].tail);
		text[len++] = ']';
		open_list(text, len);
		for (n = 0; next() == 1; n++) {
			assert_int_equal(good, kinds[i].extra != NULL);
			if (!good)
				continue;
			snprintf(jid, sizeof(jid), "job-%d", n + 10000);
			assert_string_equal(job.jid, jid);
			assert_string_equal(job.extra, kinds[i].extra);
		}
		assert_int_equal(n, kinds[i].count);
		assert_int_equal(list.done, len - 1);
		assert_int_equal(next(), 0);
		payload_list_close(&list);
	}
	free(text);
}

/* Also behind what is noted at once. */
static void
the_end_of_a_long_list_is_checked(void **state)
{
	static const char *const ends[][2] = {
		{"{\"a\":01}]",                "a ',' or a bracket is missing"},
		{ "{\"a\":\"\xed\xa0\x80\"}]", "a string is not UTF-8"        },
		{ "1]]",                       "something follows behind it"  },
		{ "1",			 "it does not end"              },
		{ "",			  "a value is missing or unknown"},
	};
	char *text = malloc(LONG_ROOM);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t len = 0;

		for (int n = 0; n < 20000; n++)
			len += (size_t)snprintf(
			    text + len, LONG_ROOM - len, "%s{\"n\":%d}", n == 0 ? "[" : ",", n);
		len += (size_t)snprintf(text + len, LONG_ROOM - len, ",%s", ends[i][0]);
		assert_int_equal(payload_list_open(&list, text, len), 0);
		assert_string_equal(payload_list_check(&list), ends[i][1]);
		payload_list_close(&list);
	}
	free(text);
}

static void
what_is_no_list_is_refused(void **state)
{
	static const char *const texts[][2] = {
		{"",    "a value is missing or unknown"  },
		{ "{}", "PUSHB takes a list of jobs"     },
		{ " 7", "PUSHB takes a list of jobs"     },
		{ "{",  "the name of a member is missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(payload_list_open(&list, texts[i][0], strlen(texts[i][0])), 0);
		assert_string_equal(payload_list_check(&list), texts[i][1]);
		payload_list_close(&list);
	}
}

/* All of them go through. */
static void
a_job_may_have_many_members(void **state)
{
	static char text[20000], extra[10000];

	(void)state;
	for (int count = 15; count < 400; count += count < 30 ? 1 : 100) {
		size_t len = 0;
		int all;

		for (int i = 0; i < count; i++)
			len += (size_t)snprintf(
			    extra + len, sizeof(extra) - len, ",\"m%d\":[%d]", i, i);
		snprintf(extra + len, sizeof(extra) - len, ",\"retry\":3");
		all = snprintf(text, sizeof(text),
		    "[{\"jid\":\"12345678\"%s,\"jobtype\":\"R\",\"args\":[]}]", extra);
		open_list(text, (size_t)all);
		assert_int_equal(next(), 1);
		assert_true(good);
		assert_string_equal(job.jid, "12345678");
		assert_string_equal(job.extra, extra);
		assert_int_equal(job.retries, 3);
		payload_list_close(&list);
	}
}

/* It is refused, and the one behind it is read. */
static void
a_job_that_is_too_large_is_passed(void **state)
{
	static const char head[] = "[{\"jid\":\"12345678\",\"jobtype\":\"R\",\"args\":[\"",
			  tail[] = "\"]},{\"jid\":\"87654321\",\"jobtype\":\"R\",\"args\":[]}]";
	size_t len = sizeof(head) - 1 + PAYLOAD_MAX + sizeof(tail) - 1;
	char *text = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + len - (sizeof(tail) - 1), tail, sizeof(tail));
	open_list(text, len);
	assert_int_equal(next(), 1);
	assert_false(good);
	assert_non_null(strstr(error, "the job is larger than"));
	assert_int_equal(next(), 1);
	assert_true(good);
	assert_string_equal(job.jid, "87654321");
	assert_int_equal(next(), 0);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_list_may_have_anything, close_list),
		cmocka_unit_test_teardown(a_list_may_be_long, close_list),
		cmocka_unit_test_teardown(the_end_of_a_long_list_is_checked, close_list),
		cmocka_unit_test_teardown(what_is_no_list_is_refused, close_list),
		cmocka_unit_test_teardown(a_job_may_have_many_members, close_list),
		cmocka_unit_test_teardown(a_job_that_is_too_large_is_passed, close_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
