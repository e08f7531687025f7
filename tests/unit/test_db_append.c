/* Rows that are held and written many at a time: nobody may see a difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jobd-scheduler/db.h"

static const char *const tables[] = {
	"CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, x TEXT, y TEXT);"
	"CREATE TABLE other(n INT)"
};

enum { ONE, FEW, MANY, ANY_ONE, ANY_FEW, ANY_MANY, GET, COUNT, OTHER, PUT, STATEMENTS };
#define INSERT "INSERT OR FAIL INTO t(id, a, b, x, y) VALUES"
#define NEXT   "(NULL, ?, ?, ?, ?)"
#define THREE  NEXT "," NEXT "," NEXT
#define ANY    "(?, ?, ?, ?, ?)"
#define FOUR   ANY "," ANY "," ANY "," ANY
static const char *const statements[] = {
	[ONE] = INSERT "(?, ?, ?, ?, ?)",
	[FEW] = INSERT "(?, ?, ?, ?, ?)," THREE,
	[MANY] = INSERT "(?, ?, ?, ?, ?)," THREE "," THREE "," THREE "," THREE "," THREE,
	[ANY_ONE] = INSERT ANY,
	[ANY_FEW] = INSERT FOUR,
	[ANY_MANY] = INSERT FOUR "," FOUR "," FOUR "," FOUR,
	[GET] = "SELECT a, b, x, y FROM t WHERE id = ?",
	[COUNT] = "SELECT count(*) FROM t",
	[OTHER] = "INSERT INTO other(n) VALUES(?)",
	[PUT] = "INSERT INTO t(id) VALUES(?)",
};
static const struct db_append append = {
	.statements = {ONE, FEW, MANY},
	.numbers = 2,
	.texts = 2,
	.at_end = true,
};
static const struct db_append anywhere = {
	.statements = {ANY_ONE, ANY_FEW, ANY_MANY},
	.numbers = 3,
	.texts = 2,
};

static char dir[64], path[96];
static struct db *db;
static char long_text[5000];

static int
setup(void **state)
{
	char error[DB_ERROR_MAX] = "";

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/jobd-test-append-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a.db", dir);
	memset(long_text, 'l', sizeof(long_text) - 1);
	db = db_open(path, 100, tables, 1, statements, STATEMENTS, error);
	return db != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "a.db", "a.db-wal", "a.db-shm" };
	char name[128];

	(void)state;
	db_close(db);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, names[i]);
		unlink(name);
	}
	return rmdir(dir);
}

/* What a row has, by its id: some are long, some texts are missing, some numbers stay the same. */
static void
row_of(int64_t id, int64_t numbers[2], const char *texts[2], char text[32])
{
	numbers[0] = id / 3;
	numbers[1] = 7;
	snprintf(text, 32, "row %lld", (long long)id);
	texts[0] = id % 11 == 0 ? long_text : text;
	texts[1] = id % 5 == 0 ? "" : "y";
}

static enum db_result
add(int64_t id)
{
	const char *texts[2];
	int64_t numbers[2];
	char text[32];
	enum db_result result;

	row_of(id, numbers, texts, text);
	result = db_append(db, &append, id, numbers, texts);
	memset(text, 'z', sizeof(text)); /* it is the caller's */
	return result;
}

/* The same where its id is one of its numbers. */
static enum db_result
add_anywhere(int64_t id)
{
	const char *texts[2];
	int64_t numbers[3];
	char text[32];

	row_of(id, numbers + 1, texts, text);
	numbers[0] = id;
	return db_append(db, &anywhere, 0, numbers, texts);
}

static void
assert_row(int64_t id)
{
	const char *texts[2];
	int64_t numbers[2];
	char text[32];
	struct db_query *query = db_query(db, GET, "i", id);

	row_of(id, numbers, texts, text);
	assert_int_equal(db_step(db, query), DB_ROW);
	assert_int_equal(db_int(query, 0), numbers[0]);
	assert_int_equal(db_int(query, 1), numbers[1]);
	assert_string_equal(db_text(query, 2), texts[0]);
	assert_string_equal(db_text(query, 3), texts[1]);
	assert_int_equal(db_is_null(query, 3), texts[1][0] == '\0');
	db_reset(query);
}

static int64_t
count(void)
{
	struct db_query *query = db_query(db, COUNT, "");
	int64_t found;

	assert_int_equal(db_step(db, query), DB_ROW);
	found = db_int(query, 0);
	db_reset(query);
	return found;
}

/* Every number of rows at once, so that all the statements have been at work. */
static void
rows_are_there_for_whoever_looks(void **state)
{
	int64_t id = 100;

	(void)state;
	for (int64_t rows = 1; rows <= 70; rows++) {
		assert_int_equal(db_begin(db), DB_DONE);
		for (int64_t i = 0; i < rows; i++)
			assert_int_equal(add(id + i), DB_DONE);
		if (rows % 2 == 0)
			assert_int_equal(db_commit(db), DB_DONE);
		for (int64_t i = 0; i < rows; i++)
			assert_row(id + i);
		assert_int_equal(db_commit(db), DB_DONE);
		id += rows + 3; /* a gap, as after a start */
	}
	assert_int_equal(count(), 70 * 71 / 2);
}

static void
their_order_may_be_any(void **state)
{
	(void)state;
	for (int64_t rows = 1; rows <= 40; rows++) {
		assert_int_equal(db_begin(db), DB_DONE);
		for (int64_t i = 0; i < rows; i++)
			assert_int_equal(add_anywhere(rows * 100 + i * 7 % 41), DB_DONE);
		for (int64_t i = 0; i < rows; i++)
			assert_row(rows * 100 + i * 7 % 41);
		assert_int_equal(db_commit(db), DB_DONE);
	}
	assert_int_equal(count(), 40 * 41 / 2);
}

/* One kind after the other: what is held of one is written before the other is. */
static void
both_kinds_may_come(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), DB_DONE);
	for (int64_t id = 1; id <= 60; id++)
		assert_int_equal(id % 5 < 2 ? add_anywhere(id) : add(id), DB_DONE);
	assert_int_equal(db_commit(db), DB_DONE);
	for (int64_t id = 1; id <= 60; id++)
		assert_row(id);
}

static void
gaps_between_ids_stay(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), DB_DONE);
	for (int64_t id = 1; id < 200; id += 1 + id % 3)
		assert_int_equal(add(id), DB_DONE);
	for (int64_t id = 1; id < 200; id += 1 + id % 3)
		assert_row(id);
	assert_int_equal(db_commit(db), DB_DONE);
}

static void
a_lost_transaction_takes_them_along(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), DB_DONE);
	for (int64_t id = 1; id <= 40; id++)
		assert_int_equal(add(id), DB_DONE);
	db_rollback(db);
	assert_int_equal(count(), 0);
	assert_int_equal(db_begin(db), DB_DONE);
	assert_int_equal(add(1), DB_DONE);
	assert_int_equal(db_commit(db), DB_DONE);
	assert_int_equal(count(), 1);
	assert_row(1);
}

/* Statements on other tables do not disturb them. */
static void
numbers_pass_by(void **state)
{
	const int64_t number = 5;

	(void)state;
	assert_int_equal(db_begin(db), DB_DONE);
	for (int64_t id = 1; id <= 50; id++) {
		assert_int_equal(add(id), DB_DONE);
		assert_int_equal(db_run_numbers(db, OTHER, &number, 1), DB_DONE);
	}
	assert_int_equal(db_commit(db), DB_DONE);
	for (int64_t id = 1; id <= 50; id++)
		assert_row(id);
}

/* The numbers that SQLite gives are ours, or the transaction fails. */
static void
a_higher_id_is_found_out(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), DB_DONE);
	assert_int_equal(db_run(db, PUT, "i", INT64_C(1000)), DB_DONE);
	for (int64_t id = 1; id <= 4; id++)
		assert_int_equal(add(id), DB_DONE);
	assert_int_equal(db_commit(db), DB_FAILED);
	assert_non_null(strstr(db_error(db), "ids that were never given out"));
	db_rollback(db);
	assert_int_equal(count(), 0);
}

static void
an_id_that_is_taken_is_found_out(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), DB_DONE);
	assert_int_equal(db_run(db, PUT, "i", INT64_C(1)), DB_DONE);
	assert_int_equal(add(1), DB_DONE);
	assert_null(db_query(db, COUNT, ""));
	db_rollback(db);
	assert_int_equal(count(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_there_for_whoever_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(their_order_may_be_any, setup, teardown),
		cmocka_unit_test_setup_teardown(both_kinds_may_come, setup, teardown),
		cmocka_unit_test_setup_teardown(gaps_between_ids_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_lost_transaction_takes_them_along, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_pass_by, setup, teardown),
		cmocka_unit_test_setup_teardown(a_higher_id_is_found_out, setup, teardown),
		cmocka_unit_test_setup_teardown(an_id_that_is_taken_is_found_out, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
