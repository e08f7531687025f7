/* Hashes of jids in memory: what was added is found, what was removed is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/jid_table.h"

#define MOST 16

static int64_t
hash_of_number(int64_t number)
{
	char jid[32];

	snprintf(jid, sizeof(jid), "jid-%lld", (long long)number);
	return jid_table_hash(jid);
}

/* It is stored in databases. */
static void
the_hash_stays_what_it_was(void **state)
{
	(void)state;
	assert_true(jid_table_hash("") == INT64_C(0x8570e254d5cb));
	assert_true(jid_table_hash("12345678-abcdefgh") == INT64_C(0x5f1c127755a6));
}

static bool
has(const struct jid_table *table, int64_t hash, int64_t id)
{
	int64_t ids[MOST];
	size_t count = jid_table_find(table, hash, ids, MOST);

	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Hashes that differ by little, so that many want the same place. */
static void
neighbours_are_told_apart(void **state)
{
	struct jid_table table = { NULL, 0, 0 };
	static bool there[1000];
	uint32_t seed = 1;

	(void)state;
	assert_false(has(&table, 1, 1));
	assert_false(jid_table_remove(&table, (struct jid_entry){ 1, 1 }));
	for (int i = 0; i < 20000; i++) {
		int64_t id;
		struct jid_entry entry;

		seed = seed * 1103515245 + 12345;
		id = seed / 65536 % 1000;
		entry = (struct jid_entry){ (id % 7) << 40 | (id % 50), id + 1 };
		assert_int_equal(has(&table, entry.hash, entry.id), there[id]);
		if (there[id])
			assert_true(jid_table_remove(&table, entry));
		else
			assert_int_equal(jid_table_add(&table, entry), 0);
		there[id] = !there[id];
	}
	jid_table_clear(&table);
	assert_int_equal(table.count, 0);
}

static void
one_hash_may_have_many_ids(void **state)
{
	struct jid_table table = { NULL, 0, 0 };
	int64_t ids[4];

	(void)state;
	for (int64_t id = 1; id <= 6; id++)
		assert_int_equal(jid_table_add(&table, (struct jid_entry){ 5, id }), 0);
	assert_int_equal(jid_table_find(&table, 5, ids, 4), 4);
	assert_true(jid_table_remove(&table, (struct jid_entry){ 5, 3 }));
	assert_false(has(&table, 5, 3));
	assert_true(has(&table, 5, 6));
	jid_table_clear(&table);
}

/* Nothing that was added is denied, and little else is claimed. */
static void
the_filter_misses_nothing(void **state)
{
	struct jid_filter *filter = NULL;
	int wrong = 0;

	(void)state;
	assert_false(jid_filter_has(filter, hash_of_number(1)));
	for (int64_t i = 0; i < 200000; i++)
		assert_int_equal(jid_filter_add(&filter, hash_of_number(i)), 0);
	for (int64_t i = 0; i < 200000; i++)
		assert_true(jid_filter_has(filter, hash_of_number(i)));
	for (int64_t i = 200000; i < 400000; i++)
		wrong += jid_filter_has(filter, hash_of_number(i));
	assert_in_range(wrong, 0, 40);
	jid_filter_free(filter);
}

static void
entries_are_sorted_and_found(void **state)
{
	static struct jid_entry entries[50000];
	const size_t count = sizeof(entries) / sizeof(entries[0]);
	int64_t sum = 0;

	(void)state;
	for (size_t i = 0; i < count; i++)
		entries[i] = (struct jid_entry){ hash_of_number((int64_t)i / 2), (int64_t)i + 1 };
	assert_int_equal(jid_sort(entries, count), 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || entries[i - 1].hash <= entries[i].hash);
		assert_true(entries[i].hash == hash_of_number((entries[i].id - 1) / 2));
		sum += entries[i].id;
	}
	assert_true(sum == (int64_t)count * ((int64_t)count + 1) / 2);
	for (size_t i = 0; i < count; i++) {
		size_t at = jid_sorted_find(entries, count, entries[i].hash);

		assert_true(entries[at].hash == entries[i].hash);
		assert_true(at == 0 || entries[at - 1].hash < entries[i].hash);
	}
	assert_int_equal(jid_sorted_find(entries, count, 0), 0);
	assert_int_equal(jid_sorted_find(entries, count, INT64_MAX), count);
	assert_int_equal(jid_sorted_find(entries, 0, 5), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_stays_what_it_was),
		cmocka_unit_test(neighbours_are_told_apart),
		cmocka_unit_test(one_hash_may_have_many_ids),
		cmocka_unit_test(the_filter_misses_nothing),
		cmocka_unit_test(entries_are_sorted_and_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
