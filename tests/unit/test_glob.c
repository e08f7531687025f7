#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/glob.h"

static bool
matches(const char *pattern, const char *text)
{
	return glob_match(pattern, text, strlen(text));
}

static void
patterns_match_as_in_redis(void **state)
{
	(void)state;
	assert_true(matches("", ""));
	assert_true(matches("*", ""));
	assert_true(matches("*", "anything"));
	assert_true(matches("h?llo", "hello"));
	assert_true(matches("h*llo", "heeeello"));
	assert_true(matches("h[ae]llo", "hallo"));
	assert_true(matches("h[^e]llo", "hallo"));
	assert_true(matches("h[a-c]llo", "hbllo"));
	assert_true(matches("h[c-a]llo", "hbllo"));
	assert_true(
	    matches("*\"jobtype\":\"X\"*", "{\"jid\":\"1\",\"jobtype\":\"X\",\"args\":[]}"));
	assert_true(matches("a\\*b", "a*b"));
	assert_true(matches("[\\]]", "]"));
	assert_true(matches("*a*b*c", "xxaxxbxxbxxc"));
	assert_true(matches("**a**", "bab"));
	assert_true(matches("\\", "\\"));
}

static void
others_do_not(void **state)
{
	(void)state;
	assert_false(matches("", "a"));
	assert_false(matches("h?llo", "hllo"));
	assert_false(matches("h[ae]llo", "hillo"));
	assert_false(matches("h[^e]llo", "hello"));
	assert_false(matches("a\\*b", "axb"));
	assert_false(matches("*a*b*c", "xxaxxbxxbxx"));
	assert_false(matches("a", "aa"));
	assert_false(matches("[a", "b"));
	assert_false(matches("*\"jobtype\":\"X\"*", "{\"jobtype\":\"Y\"}"));
	assert_false(matches("a?", "a"));
}

/* Many stars against a long text that nearly matches: a naive matcher would never end. */
static void
it_does_not_explode(void **state)
{
	static char text[100000];
	const char *pattern = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_false(glob_match(pattern, text, sizeof(text)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_in_redis),
		cmocka_unit_test(others_do_not),
		cmocka_unit_test(it_does_not_explode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
