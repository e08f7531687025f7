#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_check.h"
#include "jobd-outbox/row.h"

#define NAMES_MAX 8

static bool
is_unique_type(const void *arg, const char *type)
{
	(void)arg;
	return strcmp(type, "alone") == 0;
}

static struct row_rules rules = {
	.outbox = "app", .type = "", .remember_sec = 60, .is_unique_type = is_unique_type
};

/* The job of one row of these columns; NULL with the reason. */
static char *
job_of(const char *const *names, const char *const *values, char *why)
{
	static char text[2048];
	char jid[ROW_JID_MAX];
	struct row_columns columns;
	size_t count = 0, len;
	char *job;

	while (names[count] != NULL)
		count++;
	assert_int_equal(row_columns_read(&columns, &rules, names, count, why), 0);
	if ((job = row_job(&columns, &rules, values, &len, jid, why)) == NULL)
		return NULL;
	assert_null(json_check(job, len));
	assert_true(len < sizeof(text));
	memcpy(text, job, len + 1);
	free(job);
	return text;
}

static void
a_row_becomes_a_job(void **state)
{
	static const char *const names[] = { "id", "type", "args", "queue", "at", "priority",
		"tags", NULL };
	static const char *const values[] = { "17", "mail", "[1,\n\"a\"]", "fast",
		"2026-11-22 05:30:00.5+00", "7", "[\"x\"]" };
	char why[ROW_WHY_MAX];

	(void)state;
	assert_string_equal(job_of(names, values, why),
	    "{\"jid\":\"outbox-app-17\",\"jobtype\":\"mail\",\"args\":[1, \"a\"],"
	    "\"queue\":\"fast\",\"at\":\"2026-11-22T05:30:00.500Z\",\"priority\":7,"
	    "\"custom\":{\"outbox\":\"app\",\"tags\":[\"x\"],\"unique_key\":\"outbox-app-17\","
	    "\"unique_until\":\"time\",\"unique_for\":60}}");
}

static void
null_is_as_if_it_were_not_there(void **state)
{
	static const char *const names[] = { "id", "jid", "type", "args", "at", "options", NULL };
	static const char *const values[] = { "17", "abcdefgh", "mail", NULL, NULL, NULL };
	char why[ROW_WHY_MAX];

	(void)state;
	assert_string_equal(job_of(names, values, why),
	    "{\"jid\":\"abcdefgh\",\"jobtype\":\"mail\",\"args\":[],"
	    "\"custom\":{\"outbox\":\"app\",\"unique_key\":\"abcdefgh\",\"unique_until\":\"time\","
	    "\"unique_for\":60}}");
}

static void
a_column_wins_over_the_options(void **state)
{
	static const char *const names[] = { "id", "type", "queue", "options", NULL };
	static const char *const values[] = { "1", "mail", "fast",
		"{\"queue\":\"slow\",\"retry\":3,\"tags\":null,\"custom\":{\"mine\":{\"a\":1}}}" };
	char why[ROW_WHY_MAX];
	const char *job = job_of(names, values, why);

	(void)state;
	assert_non_null(strstr(job, "\"queue\":\"fast\",\"retry\":3,\"custom\""));
	assert_non_null(strstr(job, "{\"outbox\":\"app\",\"mine\":{\"a\":1},"));
	assert_null(strstr(job, "slow"));
	assert_null(strstr(job, "tags"));
}

static void
jobs_that_are_unique_by_themselves_get_no_key(void **state)
{
	static const char *const names[] = { "id", "type", "unique_for", NULL };
	static const char *const own[] = { "1", "mail", "10" },
				 *const type[] = { "1", "alone", NULL },
				 *const plain[] = { "1", "mail", NULL };
	char why[ROW_WHY_MAX];

	(void)state;
	assert_null(strstr(job_of(names, own, why), "unique_key"));
	assert_null(strstr(job_of(names, type, why), "unique_key"));
	assert_non_null(strstr(job_of(names, plain, why), "unique_key"));
	rules.remember_sec = 0;
	assert_null(strstr(job_of(names, plain, why), "unique_key"));
	rules.remember_sec = 60;
}

static void
columns_that_mean_nothing_are_refused(void **state)
{
	static const struct {
		const char *names[NAMES_MAX];
		const char *why;
	} bad[] = {
		{{ "id", "type", "arg" },   "the column 'arg' of the select means nothing"            },
		{ { "id", "type", "type" }, "the select has two columns 'type'"                       },
		{ { "type" },               "the select has no column 'id'"                           },
		{ { "id", "args" },         "the select has no column 'type', and the outbox no 'job'"},
	};
	struct row_columns columns;
	char why[ROW_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t count = 0;

		while (bad[i].names[count] != NULL)
			count++;
		assert_int_equal(row_columns_read(&columns, &rules, bad[i].names, count, why), -1);
		assert_string_equal(why, bad[i].why);
	}
}

static void
rows_that_are_no_jobs_are_refused(void **state)
{
	static const char *const names[] = { "id", "type", "args", "at", "priority", "custom",
		"options", NULL };
	static const struct {
		const char *values[NAMES_MAX];
		const char *why;
	} bad[] = {
		{{ NULL, "t" },					    "its id is null"                                   },
		{ { "1\r\nFLUSH", "t" },                                   "the job's id has blanks, or begins with a bracket"},
		{ { "1", NULL },					   "its type is null"                                 },
		{ { "1", "t", "{}" },				      "args is not a JSON array"                         },
		{ { "1", "t", "[1],\"queue\":\"x\",\"y\":[1]" },           "args is no JSON"                                  },
		{ { "1", "t", "[1" },				      "args is no JSON"                                  },
		{ { "1", "\xff" },					 "the job is no JSON"                               },
		{ { "1", "t", NULL, "tomorrow" },                          "at: 'tomorrow' is not a time"                     },
		{ { "1", "t", NULL, NULL, "NaN" },                         "priority: 'NaN' is not a number"                  },
		{ { "1", "t", NULL, NULL, "1,\"jid\":\"x\"" },             "priority: "                                       },
		{ { "1", "t", NULL, NULL, NULL, "[]" },                    "custom is not a JSON object"                      },
		{ { "1", "t", NULL, NULL, NULL, "{\"tags\":[]}" },
                 "custom: 'tags' does not belong in there"								    },
		{ { "1", "t", NULL, NULL, NULL, NULL, "{\"qeue\":1}" },
                 "options: there is no member 'qeue' here"								    },
		{ { "1", "t", NULL, NULL, NULL, NULL, "{\"jid\":\"x\"}" },
                 "options: there is no member 'jid' here"								     },
	};
	char why[ROW_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(job_of(names, bad[i].values, why));
		if (strncmp(why, bad[i].why, strlen(bad[i].why)) != 0)
			fail_msg("'%s' is not '%s'", why, bad[i].why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_becomes_a_job),
		cmocka_unit_test(null_is_as_if_it_were_not_there),
		cmocka_unit_test(a_column_wins_over_the_options),
		cmocka_unit_test(jobs_that_are_unique_by_themselves_get_no_key),
		cmocka_unit_test(columns_that_mean_nothing_are_refused),
		cmocka_unit_test(rows_that_are_no_jobs_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
