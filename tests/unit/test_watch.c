/*
 * Watched files on a real file system: what is told, and how often.
 */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "jobd-runner/watch.h"

#include "conf_files.h"

struct test {
	struct event_base *base;
	struct conf *conf;
	struct watch *watch;
	struct event *limit;
	char told[1000]; /* "web:src/a.py " */
};

static void
changed(void *arg, const char *program, const char *path)
{
	struct test *test = arg;
	size_t len = strlen(test->told);

	snprintf(test->told + len, sizeof(test->told) - len, "%s:%s ", program, path);
	event_base_loopbreak(test->base);
}

static void
over(evutil_socket_t fd, short events, void *arg)
{
	struct test *test = arg;

	(void)fd;
	(void)events;
	event_base_loopbreak(test->base);
}

static void
make_dir(const char *name)
{
	assert_int_equal(mkdir(conf_files_path(name), 0755), 0);
}

static void
move(const char *from, const char *to)
{
	char *old = strdup(conf_files_path(from));

	assert_int_equal(rename(old, conf_files_path(to)), 0);
	free(old);
}

static void
begin(struct test *test, const char *text)
{
	memset(test, 0, sizeof(*test));
	test->base = event_base_new();
	test->limit = evtimer_new(test->base, over, test);
	test->conf = conf_of(text);
	test->watch = watch_load(NULL, test->base, test->conf, changed, test);
}

static void
end(struct test *test)
{
	watch_free(test->watch);
	conf_free(test->conf);
	event_free(test->limit);
	event_base_free(test->base);
}

/* What was told until one was, or for long enough that nothing more comes. */
static const char *
tell(struct test *test)
{
	static char told[sizeof(test->told)];
	const struct timeval limit = { .tv_sec = 1 };

	test->told[0] = '\0';
	event_add(test->limit, &limit);
	event_base_dispatch(test->base);
	event_del(test->limit);
	memcpy(told, test->told, sizeof(told));
	return told;
}

static void
a_burst_is_told_once(void **state)
{
	struct test test;

	(void)state;
	make_dir("src");
	make_dir("src/app");
	begin(&test, "program web { command = a watch = 'src/**/*.py' }");
	for (int i = 0; i < 10; i++)
		conf_files_write(i % 2 == 0 ? "src/app/a.py" : "src/b.py", "x");
	conf_files_write("src/app/a.txt", "x");
	assert_string_equal(tell(&test), "web:src/app/a.py ");
	assert_string_equal(tell(&test), "");
	conf_files_write("src/app/a.txt", "y");
	assert_string_equal(tell(&test), "");
	end(&test);
}

static void
each_program_is_told_of_its_own(void **state)
{
	struct test test;

	(void)state;
	make_dir("one");
	make_dir("two");
	conf_files_write("two/settings", "x");
	begin(&test, "program a { command = a watch = 'one' }\n"
		     "program b { command = a watch = { 'two/settings', 'nowhere/x' } }\n"
		     "program c { command = a }");
	conf_files_write("one/x", "x");
	assert_string_equal(tell(&test), "a:one/x ");
	conf_files_write("two/other", "x");
	conf_files_write("two/settings", "y");
	assert_string_equal(tell(&test), "b:two/settings ");
	unlink(conf_files_path("one/x"));
	assert_string_equal(tell(&test), "a:one/x ");
	end(&test);
}

static void
what_is_made_later_is_found(void **state)
{
	struct test test;

	(void)state;
	begin(&test, "program web { command = a watch = { 'late/**/*.py', 'late/.env' } }");
	make_dir("late");
	make_dir("late/deep");
	conf_files_write("late/deep/x.py", "x");
	assert_string_equal(tell(&test), "web:late/deep/x.py ");
	conf_files_write("late/.env", "x");
	assert_string_equal(tell(&test), "web:late/.env ");
	make_dir("late/.git");
	conf_files_write("late/.git/x.py", "x");
	assert_string_equal(tell(&test), "");
	/* What comes and goes as a whole. */
	make_dir("aside");
	conf_files_write("aside/y.py", "x");
	move("aside", "late/aside");
	assert_string_equal(tell(&test), "web:late/aside/y.py ");
	move("late/aside", "aside");
	assert_string_equal(tell(&test), "web:late/aside ");
	conf_files_write("aside/y.py", "z");
	assert_string_equal(tell(&test), "");
	end(&test);
}

static void
a_directory_that_is_made_anew_is_found(void **state)
{
	struct test test;

	(void)state;
	make_dir("src");
	make_dir("conf");
	conf_files_write("src/a.py", "x");
	conf_files_write("conf/settings", "x");
	begin(&test, "program web { command = a watch = { 'src', 'conf/*' } }");
	/* As a new release is put in place of the old one. */
	move("src", "old");
	assert_string_equal(tell(&test), "web:src ");
	conf_files_write("old/a.py", "y");
	assert_string_equal(tell(&test), "");
	make_dir("src");
	conf_files_write("src/a.py", "z");
	assert_string_equal(tell(&test), "web:src/a.py ");
	unlink(conf_files_path("conf/settings"));
	assert_int_equal(rmdir(conf_files_path("conf")), 0);
	assert_string_equal(tell(&test), "web:conf/settings ");
	make_dir("conf");
	assert_string_equal(tell(&test), "");
	conf_files_write("conf/settings", "y");
	assert_string_equal(tell(&test), "web:conf/settings ");
	end(&test);
}

static void
another_configuration_watches_other_files(void **state)
{
	struct conf *conf;
	struct test test;

	(void)state;
	begin(&test, "program web { command = a watch = 'a' }");
	conf = conf_of("program web { command = a watch = 'b' }");
	test.watch = watch_load(test.watch, test.base, conf, changed, &test);
	conf_free(conf);
	conf_files_write("a", "x");
	assert_string_equal(tell(&test), "");
	conf_files_write("b", "x");
	assert_string_equal(tell(&test), "web:b ");
	conf = conf_of("program web { command = a }");
	test.watch = watch_load(test.watch, test.base, conf, changed, &test);
	assert_null(test.watch);
	conf_free(conf);
	end(&test);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_burst_is_told_once, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    each_program_is_told_of_its_own, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    what_is_made_later_is_found, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    a_directory_that_is_made_anew_is_found, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(
		    another_configuration_watches_other_files, conf_files_begin, conf_files_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
