/* Notes, on every store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-scheduler/store.h"

#define DO(call) assert_int_equal((call), STORE_OK)

static char dir[64], path[96];

static struct store *
open_file(void)
{
	char error[STORE_ERROR_MAX] = "";
	struct store *store = store_sqlite_open(path, 100, error);

	if (store == NULL)
		fail_msg("%s", error);
	return store;
}

static bool
collect(void *arg, const char *key, const char *text)
{
	char *all = arg;
	size_t len = strlen(all);

	snprintf(all + len, 200 - len, "%s=%s ", key, text);
	return strcmp(key, "b/stop") != 0;
}

static const char *
list(struct store *store, const char *prefix)
{
	static char all[200];

	all[0] = '\0';
	DO(store->ops->note_list(store, prefix, collect, all));
	return all;
}

static void
check(struct store *store)
{
	DO(store->ops->note_put(store, "b/two", "2"));
	DO(store->ops->note_put(store, "b/one", "1"));
	DO(store->ops->note_put(store, "a/one", ""));
	DO(store->ops->note_put(store, "b%", "%"));
	assert_string_equal(list(store, "b/"), "b/one=1 b/two=2 ");
	assert_string_equal(list(store, "b"), "b%=% b/one=1 b/two=2 ");
	assert_string_equal(list(store, ""), "a/one= b%=% b/one=1 b/two=2 ");
	assert_string_equal(list(store, "c"), "");
	DO(store->ops->commit(store));
	DO(store->ops->note_put(store, "b/one", "another"));
	DO(store->ops->note_put(store, "b/two", NULL));
	DO(store->ops->note_put(store, "b/nothing", NULL));
	assert_string_equal(list(store, "b/"), "b/one=another ");
	store->ops->rollback(store);
	assert_string_equal(list(store, "b/"), "b/one=1 b/two=2 ");
	DO(store->ops->note_put(store, "b/stop", "x"));
	assert_string_equal(list(store, "b/"), "b/one=1 b/stop=x ");
	DO(store->ops->commit(store));
}

static void
in_memory(void **state)
{
	struct store *store = store_memory_open();

	(void)state;
	assert_non_null(store);
	check(store);
	store->ops->close(store);
}

static void
on_disk_they_are_there_after_opening_again(void **state)
{
	struct store *store = open_file();

	(void)state;
	check(store);
	store->ops->close(store);
	store = open_file();
	assert_string_equal(list(store, "b/o"), "b/one=1 ");
	store->ops->close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_memory),
		cmocka_unit_test(on_disk_they_are_there_after_opening_again),
	};
	int failed;

	snprintf(dir, sizeof(dir), "/tmp/jobd-test-note-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/q.db", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return failed;
}
