/* The figures of hours that a store keeps: the same test on every store; then when the one on disk
 * writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_jobs.h"

static bool
collect_stat(void *arg, const struct stat_record *stat)
{
	char text[100];

	snprintf(text, sizeof(text), "%d:%d:%d:%d:%d:%d ", (int)stat->at.us, (int)stat->pushed,
	    (int)stat->done, (int)stat->failed, (int)stat->run_ms, (int)stat->run_ms_max);
	strlcat(arg, text, 2000);
	return true;
}

static void
statistics_add_up(void **state)
{
	struct store *store = *state;
	struct stat_record one = {
		.at = { 3600 }, .pushed = 1, .done = 2, .run_ms = 5, .run_ms_max = 5
	};
	struct stat_record two = { .at = { 3600 }, .failed = 3, .run_ms = 7, .run_ms_max = 4 };
	struct stat_record other = { .at = { 7200 }, .done = 1 };
	int64_t processed, failures;
	char text[2000] = "";

	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 0);
	DO(store->ops->stat_add(store, &one));
	DO(store->ops->stat_add(store, &two));
	DO(store->ops->stat_add(store, &other));
	DO(store->ops->commit(store));
	DO(store->ops->stat_add(store, &two));
	store->ops->rollback(store);
	DO(store->ops->stat_list(store, (struct walltime){ 0 }, collect_stat, text));
	assert_string_equal(text, "3600:1:2:3:12:5 7200:0:1:0:0:0 ");
	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 6);
	assert_int_equal(failures, 3);
	text[0] = '\0';
	DO(store->ops->stat_list(store, (struct walltime){ 3601 }, collect_stat, text));
	assert_string_equal(text, "7200:0:1:0:0:0 ");
}

/* Another connection sees what is written. */
static const char *
written_stats(void)
{
	static char text[2000];
	char error[STORE_ERROR_MAX];
	struct store *other = store_sqlite_open(stores_path, 100, error);

	assert_non_null(other);
	text[0] = '\0';
	DO(other->ops->stat_list(other, (struct walltime){ 0 }, collect_stat, text));
	other->ops->close(other);
	return text;
}

static void
statistics_are_written_when_they_are_settled(void **state)
{
	struct store *store = *state;
	struct stat_record one = { .at = { 3600 }, .done = 1 };
	int64_t processed, failures;
	char text[2000] = "";

	DO(store->ops->stat_add(store, &one));
	DO(store->ops->commit(store));
	assert_true(store->owes);
	assert_string_equal(written_stats(), "");
	DO(store->ops->stat_list(store, (struct walltime){ 0 }, collect_stat, text));
	assert_string_equal(text, "3600:0:1:0:0:0 ");
	DO(store->ops->settle(store));
	store->ops->rollback(store);
	assert_string_equal(written_stats(), "");
	DO(store->ops->settle(store));
	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 1);
	DO(store->ops->commit(store));
	assert_false(store->owes);
	assert_string_equal(written_stats(), "3600:0:1:0:0:0 ");
	DO(store->ops->stat_total(store, &processed, &failures));
	assert_int_equal(processed, 1);
	DO(store->ops->stat_add(store, &one));
	DO(store->ops->commit(store));
	DO(store->ops->stat_add(store, &one)); /* never committed */
	store = stores_reopen(state);
	assert_string_equal(written_stats(), "3600:0:2:0:0:0 ");
}

static void
statistics_of_two_hours_do_not_mix(void **state)
{
	struct store *store = *state;
	struct stat_record one = { .at = { 3600 }, .done = 1 };
	struct stat_record two = { .at = { 7200 }, .done = 1 };
	char text[2000] = "";

	DO(store->ops->stat_add(store, &one));
	DO(store->ops->commit(store));
	DO(store->ops->stat_add(store, &two));
	store->ops->rollback(store);
	DO(store->ops->stat_add(store, &two));
	DO(store->ops->stat_list(store, (struct walltime){ 0 }, collect_stat, text));
	assert_string_equal(text, "3600:0:1:0:0:0 7200:0:1:0:0:0 ");
	DO(store->ops->commit(store));
	DO(store->ops->stat_add(store, &one)); /* the clock was set back */
	DO(store->ops->commit(store));
	text[0] = '\0';
	DO(store->ops->stat_list(store, (struct walltime){ 0 }, collect_stat, text));
	assert_string_equal(text, "3600:0:2:0:0:0 7200:0:1:0:0:0 ");
	DO(store->ops->settle(store));
	DO(store->ops->commit(store));
	assert_string_equal(written_stats(), text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_EVERY(statistics_add_up),
		ON_SQLITE(statistics_are_written_when_they_are_settled),
		ON_SQLITE(statistics_of_two_hours_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
