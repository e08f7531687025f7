#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd/names.h"

static bool
user(const char *word, const char *program, int instance)
{
	return names_match(word, program, instance, CONF_ROLE_USER);
}

static void
a_name_means_every_instance(void **state)
{
	(void)state;
	assert_true(user("web", "web", 1));
	assert_true(user("web", "web", 3));
	assert_false(user("web", "webs", 1));
	assert_false(user("webs", "web", 1));
	assert_false(user("", "web", 1));
}

static void
a_number_means_one_instance(void **state)
{
	(void)state;
	assert_true(user("web:1", "web", 1));
	assert_true(user("web:12", "web", 12));
	assert_false(user("web:1", "web", 12));
	assert_false(user("web:01", "web", 1));
	assert_false(user("web:", "web", 1));
}

static void
patterns_are_those_of_a_shell(void **state)
{
	(void)state;
	assert_true(user("*", "web", 1));
	assert_true(user("web:*", "web", 7));
	assert_true(user("w*", "web", 7));
	assert_true(user("w?b", "web", 1));
	assert_true(user("w[ae]b:[1-3]", "web", 2));
	assert_false(user("w[ae]b:[1-3]", "web", 4));
	assert_false(user("web:*", "worker", 1));
	assert_false(user("x*", "web", 1));
}

static void
all_leaves_the_helpers_out(void **state)
{
	static const struct {
		enum conf_role role;
		const char *name;
		bool is_helper;
	} roles[] = {
		{CONF_ROLE_USER,       "web",       false},
		{ CONF_ROLE_LOGGER,    "logger",    true },
		{ CONF_ROLE_SCHEDULER, "scheduler", false},
		{ CONF_ROLE_RUNNER,    "runner",    true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		const char *name = roles[i].name;
		enum conf_role role = roles[i].role;

		assert_int_equal(names_is_helper(role), roles[i].is_helper);
		assert_int_equal(names_match("all", name, 1, role), !roles[i].is_helper);
		assert_int_equal(names_match("*", name, 1, role), !roles[i].is_helper);
		assert_true(names_match(name, name, 1, role));
	}
	assert_true(names_match("logger:1", "logger", 1, CONF_ROLE_LOGGER));
	assert_false(names_match("logger:*", "logger", 1, CONF_ROLE_LOGGER));
}

static void
a_word_without_end_matches_nothing(void **state)
{
	char word[4096];

	(void)state;
	memset(word, '*', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_false(user(word, "web", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_means_every_instance),
		cmocka_unit_test(a_number_means_one_instance),
		cmocka_unit_test(patterns_are_those_of_a_shell),
		cmocka_unit_test(all_leaves_the_helpers_out),
		cmocka_unit_test(a_word_without_end_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
