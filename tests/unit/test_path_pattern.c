#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/path_pattern.h"

static void
paths_match(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} list[] = {
		{"/a/**/*.py",    "/a/x.py",                  true },
		{ "/a/**/*.py",   "/a/b/c/x.py",              true },
		{ "/a/**/*.py",   "/a/b/c/x.pyc",             false},
		{ "/a/**/*.py",   "/b/x.py",                  false},
		{ "/a/**/*.py",   "/a/.git/x.py",             false},
		{ "/a/**/*.py",   "/a/b/node_modules/c/x.py", false},
		{ "/a/**/*.py",   "/a/.x.py",                 false},
		{ "/a/*.py",      "/a/b/x.py",                false},
		{ "/a/?.[ab]",    "/a/x.b",                   true },
		{ "/a/**",        "/a/b/c",                   true },
		{ "/a/**",        "/a/b/.c",                  false},
		{ "/a/**",        "/a",                       false},
		{ "/a/.git/**",   "/a/.git/HEAD",             true },
		{ "/a/.env",      "/a/.env",                  true },
		{ "/a/.env",      "/a/.envx",                 false},
		{ "//a//b/",      "/a/b",                     true },
		{ "/a/**/b/**/c", "/a/1/b/2/3/c",             true },
		{ "/a/**/b/**/c", "/a/1/2/3/c",               false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (path_pattern_matches(list[i].pattern, list[i].path) != list[i].matches)
			fail_msg("%s and %s", list[i].pattern, list[i].path);
}

static void
only_directories_that_may_hold_a_match_are_entered(void **state)
{
	static const struct {
		const char *pattern, *directory;
		bool enters;
	} list[] = {
		{"/a/**/*.py",  "/a",             true },
		{ "/a/**/*.py", "/a/b/c",         true },
		{ "/a/**/*.py", "/a/.git",        false},
		{ "/a/**/*.py", "/b",             false},
		{ "/a/*.py",    "/a",             true },
		{ "/a/*.py",    "/a/b",           false},
		{ "/a/*/c/x",   "/a/b/c",         true },
		{ "/a/*/c/x",   "/a/b/d",         false},
		{ "/a/**",      "/a/b",           true },
		{ "/a/**",      "/a/__pycache__", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (path_pattern_enters(list[i].pattern, list[i].directory) != list[i].enters)
			fail_msg("%s and %s", list[i].pattern, list[i].directory);
}

static void
the_base_is_what_has_no_wildcard(void **state)
{
	(void)state;
	assert_int_equal(path_pattern_base("/a/b/**/*.py"), strlen("/a/b"));
	assert_int_equal(path_pattern_base("/a/b*"), strlen("/a"));
	assert_int_equal(path_pattern_base("/*"), strlen("/"));
	assert_int_equal(path_pattern_base("/a/b"), strlen("/a"));
	assert_true(path_pattern_is_pattern("/a/[b]"));
	assert_false(path_pattern_is_pattern("/a/b.py"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_match),
		cmocka_unit_test(only_directories_that_may_hold_a_match_are_entered),
		cmocka_unit_test(the_base_is_what_has_no_wildcard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
