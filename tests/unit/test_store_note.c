/* Notes, on every store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stores.h"

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
notes_are_listed_by_their_beginning(void **state)
{
	struct store *store = *state;

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
notes_are_there_after_opening_again(void **state)
{
	notes_are_listed_by_their_beginning(state);
	assert_string_equal(list(stores_reopen(state), "b/o"), "b/one=1 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(notes_are_listed_by_their_beginning),
		ON_SQLITE(notes_are_there_after_opening_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
