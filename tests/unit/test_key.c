#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/key.h"

static void
short_keys_stay_readable(void **unused)
{
	char key[JOB_KEY_MAX + 1], other[JOB_KEY_MAX + 1], name[2 * JOB_KEY_MAX];

	(void)unused;
	key_make(key, "own", "account 7");
	assert_string_equal(key, "own:account 7");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	key_make(key, "own", name);
	assert_true(strlen(key) < 64);
	assert_int_equal(strncmp(key, "own#", 4), 0);
	name[sizeof(name) - 2] = 'y';
	key_make(other, "own", name);
	assert_string_not_equal(key, other);
}

/* Type, queue and arguments count, and where one ends and the next begins. */
static void
other_jobs_have_other_keys(void **unused)
{
	static const char *const parts[][3] = {
		{"A",   "default", "[1]" },
                { "A",  "default", "[2]" },
                { "A",  "other",   "[1]" },
		{ "B",  "default", "[1]" },
                { "Ad", "efault",  "[1]" },
                { "A",  "default", "[1] "}
	};
	char keys[6][JOB_KEY_MAX + 1], again[JOB_KEY_MAX + 1];
	struct job job;

	(void)unused;
	for (int i = 0; i < 6; i++) {
		job_init(&job);
		job.type = parts[i][0];
		job.queue = parts[i][1];
		job.args = parts[i][2];
		key_of_job(keys[i], &job);
		key_of_job(again, &job);
		assert_string_equal(keys[i], again);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(keys[i], keys[k]);
	}
}

static void
many_keys_do_not_meet(void **unused)
{
	static char seen[2000][JOB_KEY_MAX + 1];
	char args[32];
	struct job job;

	(void)unused;
	job_init(&job);
	job.args = args;
	for (int i = 0; i < 2000; i++) {
		snprintf(args, sizeof(args), "[%d]", i);
		key_of_job(seen[i], &job);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
}

static void
patterns_are_filled_from_the_first_object(void **unused)
{
	static const char args[] =
	    "[1,{\"user\":7,\"name\":\"Ada\",\"big\":9007199254740993},{\"user\":8}]";
	char text[64];

	(void)unused;
	assert_int_equal(key_fill(text, sizeof(text), "u{{user}}/{{ name }}/{{big}}", args), 0);
	assert_string_equal(text, "u7/Ada/9007199254740993");
	assert_int_equal(key_fill(text, sizeof(text), "{{none}}-{{user", args), 0);
	assert_string_equal(text, "-{{user");
	assert_int_equal(key_fill(text, sizeof(text), "plain", "[]"), 0);
	assert_string_equal(text, "plain");
	assert_int_equal(key_fill(text, 4, "{{name}}s", args), -1);
}

static void
arguments_have_numbers(void **unused)
{
	static const char args[] = "[17,\"Ada\",{\"user\":7,\"0\":\"no\"},[1, 2]]";
	char text[64];

	(void)unused;
	assert_int_equal(key_fill(text, sizeof(text), "{{0}}/{{ 1 }}/{{user}}", args), 0);
	assert_string_equal(text, "17/Ada/7");
	assert_int_equal(key_fill(text, sizeof(text), "{{3}}", args), 0);
	assert_string_equal(text, "[1, 2]");
	assert_int_equal(key_fill(text, sizeof(text), "<{{4}}{{0}}>", "[]"), 0);
	assert_string_equal(text, "<>");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_keys_stay_readable),
		cmocka_unit_test(other_jobs_have_other_keys),
		cmocka_unit_test(many_keys_do_not_meet),
		cmocka_unit_test(arguments_have_numbers),
		cmocka_unit_test(patterns_are_filled_from_the_first_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
