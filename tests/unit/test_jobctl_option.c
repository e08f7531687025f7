#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobctl/option.h"

#define ALL_OPTIONS (~UINT64_C(0))

static const char *words[20];
static struct option_values values;
static char err[256];

/* The words of a command line, parsed with these options allowed. */
static int
parse(uint64_t allowed, bool stop, const char *const *line)
{
	size_t count;

	for (count = 0; line[count] != NULL; count++)
		words[count] = line[count];
	words[count] = NULL;
	option_values_init(&values);
	if (option_parse(words, allowed, stop, &values, &count, err, sizeof(err)) == -1)
		return -1;
	assert_null(words[count]);
	return (int)count;
}

#define PARSE(allowed, stop, ...) parse(allowed, stop, (const char *const[]){ __VA_ARGS__, NULL })

static void
options_may_stand_anywhere(void **state)
{
	(void)state;
	assert_int_equal(PARSE(ALL_OPTIONS, false, "web", "-f", "-n", "5", "stderr", "--json"), 2);
	assert_string_equal(words[0], "web");
	assert_string_equal(words[1], "stderr");
	assert_true(values.follow && values.json && !values.watch);
	assert_int_equal(values.count, 5);
	assert_int_equal(values.limit, -1);
}

static void
values_come_behind_or_with_an_equals_sign(void **state)
{
	(void)state;
	assert_int_equal(PARSE(OPTION_ARGS, false, "--args=[\"a=b\"]"), 0);
	assert_string_equal(values.args, "[\"a=b\"]");
	assert_int_equal(PARSE(OPTION_ARGS, false, "--args", "--json"), 0);
	assert_string_equal(values.args, "--json");
	assert_int_equal(PARSE(OPTION_ARGS, false, "--args="), 0);
	assert_string_equal(values.args, "");
	assert_int_equal(PARSE(OPTION_ARGS, false, "--args"), -1);
	assert_non_null(strstr(err, "takes a value"));
	assert_int_equal(PARSE(OPTION_JSON, false, "--json=yes"), -1);
}

static void
a_double_dash_ends_them(void **state)
{
	(void)state;
	assert_int_equal(PARSE(ALL_OPTIONS, false, "a", "--", "--json", "-x"), 3);
	assert_string_equal(words[1], "--json");
	assert_false(values.json);
	assert_int_equal(PARSE(ALL_OPTIONS, false, "-", "b"), 2);
}

static void
the_first_word_can_end_them(void **state)
{
	(void)state;
	assert_int_equal(PARSE(OPTION_GLOBAL, true, "--json", "tail", "-f"), 2);
	assert_string_equal(words[0], "tail");
	assert_string_equal(words[1], "-f");
	assert_true(values.json);
}

static void
a_number_is_a_count_of_bytes(void **state)
{
	(void)state;
	assert_int_equal(PARSE(OPTION_BYTES, false, "-1600", "web"), 1);
	assert_int_equal(values.bytes, 1600);
	assert_int_equal(PARSE(OPTION_COUNT, false, "-1600"), -1);
	assert_int_equal(PARSE(OPTION_BYTES, false, "-99999999999999999999"), -1);
	assert_non_null(strstr(err, "too large"));
	assert_int_equal(PARSE(OPTION_BYTES, false, "-N"), -1);
}

static void
some_options_may_be_repeated(void **state)
{
	const char *line[2 * OPTION_TEXTS_MAX + 3] = { NULL };
	const char *all[sizeof(line) / sizeof(line[0])];
	size_t count;

	(void)state;
	assert_int_equal(PARSE(OPTION_TAGS, false, "--tag", "a", "x", "--tag=b"), 1);
	assert_string_equal(values.tags[0], "a");
	assert_string_equal(values.tags[1], "b");
	assert_null(values.tags[2]);
	assert_null(values.tag);
	for (size_t i = 0; i < 2 * (OPTION_TEXTS_MAX + 1); i++)
		line[i] = i % 2 == 0 ? "--tag" : "a";
	memcpy(all, line, sizeof(all));
	option_values_init(&values);
	assert_int_equal(
	    option_parse(all, OPTION_TAGS, false, &values, &count, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "more than 32 times"));
	line[2 * OPTION_TEXTS_MAX] = NULL;
	option_values_init(&values);
	assert_int_equal(
	    option_parse(line, OPTION_TAGS, false, &values, &count, err, sizeof(err)), 0);
	assert_null(values.tags[OPTION_TEXTS_MAX]);
}

/* The same name, as a filter and of a new job. */
static void
what_is_allowed_decides_what_a_name_means(void **state)
{
	(void)state;
	assert_ptr_not_equal(
	    option_find("--queue", OPTION_QUEUE), option_find("--queue", OPTION_TO_QUEUE));
	assert_int_equal(PARSE(OPTION_EVERY, false, "--all"), 0);
	assert_true(values.every && !values.all);
	assert_int_equal(PARSE(OPTION_ALL, false, "--all"), 0);
	assert_true(values.all && !values.every);
}

static void
what_is_not_allowed_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(PARSE(OPTION_WATCH | OPTION_ALL, false, "--json"), -1);
	assert_int_equal(PARSE(OPTION_WATCH | OPTION_ALL, false, "--wacth"), -1);
	assert_string_equal(err, "unknown option --wacth: did you mean --watch?");
	assert_int_equal(PARSE(OPTION_COUNT, false, "-n", "-1"), -1);
	assert_int_equal(PARSE(OPTION_COUNT, false, "-n", "1x"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(values_come_behind_or_with_an_equals_sign),
		cmocka_unit_test(a_double_dash_ends_them),
		cmocka_unit_test(the_first_word_can_end_them),
		cmocka_unit_test(a_number_is_a_count_of_bytes),
		cmocka_unit_test(some_options_may_be_repeated),
		cmocka_unit_test(what_is_allowed_decides_what_a_name_means),
		cmocka_unit_test(what_is_not_allowed_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
