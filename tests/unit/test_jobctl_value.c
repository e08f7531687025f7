#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobctl/row.h"
#include "jobctl/value.h"

static struct value values[1000];
static char raw[4096], copy[4096];

static int
read_text_len(const char *text, size_t len)
{
	size_t room;

	assert_true(len < sizeof(raw));
	memcpy(raw, text, len);
	memcpy(copy, text, len);
	raw[len] = copy[len] = '\0';
	room = value_room(raw, len);
	assert_true(room <= sizeof(values) / sizeof(values[0]));
	return value_read(raw, len, copy, values, room);
}

static int
read_text(const char *text)
{
	return read_text_len(text, strlen(text));
}

static void
what_is_json_is_read(void **state)
{
	static const char *const good[] = { "{}", "[]", " [ ] ", "null", "true", "false", "0", "-0",
		"12.5e+3", "1E2", "\"\"", "[1,[2,{\"a\":[]}],\"x\"]",
		"\t{ \"a\" : 1 , \"b\" : 2 }\r\n", "\"\\ud83d\\ude00\"", "\"\xc3\xa9\"",
		"\"\xf4\x8f\xbf\xbf\"", "\"\x7f\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (read_text(good[i]) == -1)
			fail_msg("'%s' was refused", good[i]);
}

static void
what_is_not_json_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", "{", "}", "[", "]", "{]", "[1,]", "[,1]",
		"[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "nul", "nulls",
		"True", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "\"", "\"a",
		"\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"",
		"\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\", "\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"",
		"\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe0\x80\x80\"", "{} {}", "1 1",
		"'a'", "[1]]", "\"a\"b" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_text(bad[i]) == 0)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(read_text_len("1\0", 2), -1);
	assert_int_equal(read_text_len("\"a\0b\"", 5), -1);
}

static void
every_beginning_of_an_object_is_refused(void **state)
{
	static const char text[] =
	    "{\"a\":[1,-2.5e3,true,null],\"b\":{\"c\":\"\\u00e9\\n\"},\"d\":\"\"}";

	(void)state;
	for (size_t len = 0; len < strlen(text); len++)
		assert_int_equal(read_text_len(text, len), -1);
	assert_int_equal(read_text(text), 0);
}

static void
strings_are_unescaped(void **state)
{
	(void)state;
	assert_int_equal(
	    read_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00x\""), 0);
	assert_string_equal(
	    values[0].text, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x");
	assert_int_equal(read_text("\"a\\u0000b\""), 0);
	assert_int_equal(values[0].len, 3);
	assert_memory_equal(values[0].text, "a\0b", 4);
}

static void
nesting_has_a_limit(void **state)
{
	char text[200];

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	assert_int_equal(read_text_len(text, 128), 0);
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	assert_int_equal(read_text_len(text, 130), -1);
}

static void
members_and_elements_are_found(void **state)
{
	const struct value *list, *element;

	(void)state;
	assert_int_equal(
	    read_text("{\"a\":{\"b\":1},\"list\":[[1,2],{\"x\":[3]},4],\"b\":\"two\",\"b\":3}"), 0);
	assert_string_equal(value_member(values, "b", 1)->text, "two");
	assert_null(value_member(values, "x", 1));
	list = value_member(values, "list", 4);
	element = value_first(list);
	assert_int_equal(element->kind, VALUE_ARRAY);
	element = value_next(list, element);
	assert_int_equal(element->kind, VALUE_OBJECT);
	element = value_next(list, element);
	assert_int_equal(element->kind, VALUE_NUMBER);
	assert_memory_equal(element->text, "4", 1);
	assert_null(value_next(list, element));
	assert_int_equal(read_text("[]"), 0);
	assert_null(value_first(values));
	assert_null(value_member(values, "a", 1));
}

static void
rows_give_texts_and_numbers(void **state)
{
	static const char text[] =
	    "{\"name\":\"web\",\n\"pid\":12,\"exit\":{\"code\":7,\"signal\":null},"
	    "\"core\":true,\"big\":99999999999999999999,\"args\":[1,\"a\"],"
	    "\"at\":\"2026-11-22T05:30:00Z\",\"ms\":90000,\"odd\":\"yesterday\"}";
	char buf[64];
	struct row row;

	(void)state;
	assert_int_equal(row_read(&row, text, strlen(text)), 0);
	assert_null(strchr(row.raw, '\n'));
	assert_string_equal(row_text(row.value, "name"), "web");
	assert_string_equal(row_text(row.value, "pid"), "");
	assert_string_equal(row_text(row.value, "nope.nope"), "");
	assert_int_equal(row_number(row.value, "exit.code", -1), 7);
	assert_int_equal(row_number(row.value, "exit.signal", -1), -1);
	assert_int_equal(row_number(row.value, "name", -1), -1);
	assert_int_equal(row_number(row.value, "big", -1), -1);
	assert_int_equal(row_number(NULL, "pid", -1), -1);
	assert_true(row_is(row.value, "core", VALUE_TRUE));
	assert_string_equal(row_cell(row.value, "args", CELL_ANY, buf, sizeof(buf)), "[1,\"a\"]");
	assert_string_equal(row_cell(row.value, "core", CELL_ANY, buf, sizeof(buf)), "yes");
	assert_string_equal(row_cell(row.value, "ms", CELL_DURATION, buf, sizeof(buf)), "1min30s");
	assert_string_equal(row_cell(row.value, "odd", CELL_TIME, buf, sizeof(buf)), "yesterday");
	setenv("TZ", "Asia/Kolkata", 1);
	assert_string_equal(
	    row_cell(row.value, "at", CELL_TIME, buf, sizeof(buf)), "2026-11-22T11:00:00+05:30");
	row_free(&row);
	assert_int_equal(row_read(&row, "[]", 2), -1);
	assert_int_equal(row_read(&row, "{", 1), -1);
}

static void
a_broken_text_is_understood_up_to_a_place(void **state)
{
	static const struct {
		const char *text;
		size_t stopped;
	} cases[] = {
		{"[1,2]",      5},
		{ "[1,]",      3},
		{ "[1",        2},
		{ "",          0},
		{ "{\"a\" 1}", 5},
		{ "[1] x",     4},
		{ "[truth]",   1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t stopped, len = strlen(cases[i].text);

		memcpy(copy, cases[i].text, len + 1);
		assert_int_equal(value_read_upto(cases[i].text, len, copy, values, 16, &stopped),
		    i == 0 ? 0 : -1);
		assert_int_equal(stopped, cases[i].stopped);
	}
}

static void
an_object_has_names_and_members_in_turn(void **state)
{
	static const char text[] = "{\"a\":[1,2],\"b\":3}";
	const struct value *name, *member;

	(void)state;
	memcpy(copy, text, sizeof(text));
	assert_int_equal(value_read(text, strlen(text), copy, values, 16), 0);
	name = value_first(values);
	assert_string_equal(name->text, "a");
	member = value_next(values, name);
	assert_int_equal(member->kind, VALUE_ARRAY);
	name = value_next(values, member);
	assert_string_equal(name->text, "b");
	assert_null(value_next(values, value_next(values, name)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broken_text_is_understood_up_to_a_place),
		cmocka_unit_test(an_object_has_names_and_members_in_turn),
		cmocka_unit_test(what_is_json_is_read),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(every_beginning_of_an_object_is_refused),
		cmocka_unit_test(strings_are_unescaped),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(members_and_elements_are_found),
		cmocka_unit_test(rows_give_texts_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
