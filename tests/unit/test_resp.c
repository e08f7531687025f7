#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/resp.h"

#define BULK_MAX 1000

static enum resp_kind
parse(const char *text, struct resp_item *item)
{
	size_t used;
	enum resp_kind kind = resp_parse(text, strlen(text), BULK_MAX, item, &used);

	if (kind == RESP_MORE || kind == RESP_BROKEN)
		assert_int_equal(used, 0);
	else
		assert_int_equal(used, strlen(text));
	assert_int_equal(item->kind, kind);
	return kind;
}

static void
assert_data(const struct resp_item *item, const char *expected)
{
	assert_int_equal(item->len, strlen(expected));
	assert_memory_equal(item->data, expected, item->len);
}

static void
every_kind_is_read(void **state)
{
	struct resp_item item;

	(void)state;
	assert_int_equal(parse("+HI {\"v\":1}\r\n", &item), RESP_OK);
	assert_data(&item, "HI {\"v\":1}");
	assert_int_equal(parse("+\r\n", &item), RESP_OK);
	assert_data(&item, "");
	assert_int_equal(parse("-NOSUCH web\r\n", &item), RESP_ERROR);
	assert_data(&item, "NOSUCH web");
	assert_int_equal(parse("$4\r\na\r\nb\r\n", &item), RESP_BULK);
	assert_data(&item, "a\r\nb");
	assert_int_equal(parse("$0\r\n\r\n", &item), RESP_BULK);
	assert_data(&item, "");
	assert_int_equal(parse("$-1\r\n", &item), RESP_NIL);
	assert_int_equal(parse("*-1\r\n", &item), RESP_NIL);
	assert_int_equal(parse("*3\r\n", &item), RESP_ARRAY);
	assert_int_equal(item.number, 3);
	assert_int_equal(parse(":-12\r\n", &item), RESP_INTEGER);
	assert_int_equal(item.number, -12);
}

static void
the_whole_range_of_numbers_is_read(void **state)
{
	struct resp_item item;

	(void)state;
	assert_int_equal(parse(":9223372036854775807\r\n", &item), RESP_INTEGER);
	assert_true(item.number == INT64_MAX);
	assert_int_equal(parse(":-9223372036854775808\r\n", &item), RESP_INTEGER);
	assert_true(item.number == INT64_MIN);
	assert_int_equal(parse(":9223372036854775808\r\n", &item), RESP_BROKEN);
	assert_int_equal(parse(":-9223372036854775809\r\n", &item), RESP_BROKEN);
}

static void
every_beginning_of_an_item_asks_for_more(void **state)
{
	static const char *const items[] = { "+OK\r\n", "-ERR no\r\n", "$5\r\nhello\r\n", "$-1\r\n",
		"*12\r\n", ":7\r\n", "$0\r\n\r\n" };
	struct resp_item item;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		for (size_t len = 0; len < strlen(items[i]); len++) {
			assert_int_equal(
			    resp_parse(items[i], len, BULK_MAX, &item, &used), RESP_MORE);
			assert_int_equal(used, 0);
		}
}

static void
only_the_first_item_is_taken(void **state)
{
	static const char text[] = "$2\r\nab\r\n+OK\r\n";
	struct resp_item item;
	size_t used;

	(void)state;
	assert_int_equal(resp_parse(text, strlen(text), BULK_MAX, &item, &used), RESP_BULK);
	assert_int_equal(used, 8);
	assert_int_equal(
	    resp_parse(text + used, strlen(text) - used, BULK_MAX, &item, &used), RESP_OK);
}

static void
what_is_not_resp_is_broken(void **state)
{
	static const char *const broken[] = { "HTTP/1.1 200 OK\r\n", "\r\n", "+OK\n", "\n", "+\n",
		"$\r\n", "$+1\r\n", "$ 1\r\n", "$1x\r\n", "$-2\r\n", "$--1\r\n", "$-\r\n", "*x\r\n",
		"*-2\r\n", ":\r\n", ":1.0\r\n", "$3\r\nabcd\r\n", "$3\r\nabc\n\n", "$1001\r\n",
		"$99999999999999999999\r\n", "$1111111111111111111111111" };
	struct resp_item item;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		if (parse(broken[i], &item) != RESP_BROKEN)
			fail_msg("'%s' was taken for kind %d", broken[i], (int)item.kind);
}

static void
lines_and_bulks_have_a_limit(void **state)
{
	size_t size = 64 * 1024, used;
	char *text = malloc(size);
	struct resp_item item;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	text[0] = '+';
	assert_int_equal(resp_parse(text, size - 1, BULK_MAX, &item, &used), RESP_MORE);
	assert_int_equal(resp_parse(text, size, BULK_MAX, &item, &used), RESP_BROKEN);
	memcpy(text + size - 2, "\r\n", 2);
	assert_int_equal(resp_parse(text, size, BULK_MAX, &item, &used), RESP_OK);
	assert_int_equal(item.len, size - 3);
	memcpy(text, "$1000\r\n", 7);
	assert_int_equal(resp_parse(text, 7, 1000, &item, &used), RESP_MORE);
	assert_int_equal(resp_parse(text, 7, 999, &item, &used), RESP_BROKEN);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(the_whole_range_of_numbers_is_read),
		cmocka_unit_test(every_beginning_of_an_item_asks_for_more),
		cmocka_unit_test(only_the_first_item_is_taken),
		cmocka_unit_test(what_is_not_resp_is_broken),
		cmocka_unit_test(lines_and_bulks_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
