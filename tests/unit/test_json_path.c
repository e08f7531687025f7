#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_path.h"
#include "base/json_template.h"

#define TEXT                                                                                       \
	" {\"id\":\"T-1\",\"a\":{\"b\":[1,{\"c\":null},[2,3]]},\"a name\":true,\"\\u0069x\":4,"    \
	"\"twice\":1,\"twice\":2,\"1\":\"one\",\"\xc3\xa9\":\"e\",\"n\":123456789012345678901} "

/* "" if it is not there. */
static const char *
found(const char *path)
{
	static char text[200];
	const char *value;
	size_t len;

	assert_null(json_path_check(path));
	if (!json_path_find(path, TEXT, strlen(TEXT), &value, &len))
		return "";
	snprintf(text, sizeof(text), "%.*s", (int)len, value);
	return text;
}

static void
a_path_names_one_value(void **state)
{
	(void)state;
	assert_string_equal(found("$.id"), "\"T-1\"");
	assert_string_equal(found("$.a.b[0]"), "1");
	assert_string_equal(found("$.a.b[1].c"), "null");
	assert_string_equal(found("$.a.b[2][1]"), "3");
	assert_string_equal(found("$['a name']"), "true");
	assert_string_equal(found("$['a'].b[1]"), "{\"c\":null}");
	assert_string_equal(found("$.1"), "\"one\"");
	assert_string_equal(found("$.\xc3\xa9"), "\"e\"");
	assert_string_equal(found("$.n"), "123456789012345678901");
	assert_int_equal(strlen(found("$")), strlen(TEXT) - 2);
}

static void
names_may_be_escaped_and_the_last_one_counts(void **state)
{
	(void)state;
	assert_string_equal(found("$.ix"), "4");
	assert_string_equal(found("$.twice"), "2");
}

static void
what_is_not_there_is_not_found(void **state)
{
	static const char *const missing[] = { "$.nothing", "$.a.b[3]", "$.a[0]", "$.a.b.c",
		"$.id.x", "$[0]", "$.a.b[999999999]", "$['']", "$.i" };

	(void)state;
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		assert_string_equal(found(missing[i]), "");
}

static void
what_is_no_path_is_refused(void **state)
{
	static const char *const wrong[] = { "", "id", "$.", "$id", "$..id", "$.a.", "$[", "$[]",
		"$[-1]", "$[01]", "$[1", "$['a]", "$['a'", "$[*]", "$.*", "$.a b", "$[1:2]",
		"$[1234567890]", "$[\"a\"]" };
	char longer[300];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_non_null(json_path_check(wrong[i]));
	memset(longer, 'a', sizeof(longer));
	memcpy(longer, "$.", 2);
	longer[sizeof(longer) - 1] = '\0';
	assert_non_null(json_path_check(longer));
}

/* Of fills(): what was put, NUL-ended. */
#define OUT_MAX 600

static void
put(void *arg, const char *text, size_t len)
{
	char *out = arg;
	size_t used = strlen(out);

	snprintf(out + used, OUT_MAX - used, "%.*s", (int)len, text);
}

static bool
put_value(void *arg, const char *source)
{
	char *out = arg;
	size_t used = strlen(out);

	snprintf(out + used, OUT_MAX - used, "<%.100s>", source);
	return strcmp(source, "$.bad") != 0;
}

static bool
fills(const char *text, char *out)
{
	out[0] = '\0';
	return json_template_walk(text, strlen(text), put, put_value, out);
}

static void
strings_that_begin_with_a_dollar_are_values(void **state)
{
	char out[OUT_MAX];

	(void)state;
	assert_true(fills("[\"$.id\", {\"$.key\" : \"$['x\\\"y']\", \"a\": \"b$\"}, 1]", out));
	assert_string_equal(out, "[<$.id>, {\"$.key\" : <$['x\"y']>, \"a\": \"b$\"}, 1]");
	assert_true(fills("[\"$$.id\",\"$$\",\"\\\"$\",\"$\"]", out));
	assert_string_equal(out, "[\"$.id\",\"$\",\"\\\"$\",<$>]");
	assert_true(fills("[]", out));
	assert_string_equal(out, "[]");
	assert_false(fills("[\"$.bad\"]", out));
}

static void
a_long_source_is_refused(void **state)
{
	char text[400], out[OUT_MAX];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "[\"$.", 4);
	memcpy(text + sizeof(text) - 3, "\"]", 3);
	assert_false(fills(text, out));
	memcpy(text + 258, "\"]", 3);
	assert_int_equal(strlen(text), 260);
	assert_false(fills(text, out));
	memcpy(text + 257, "\"]", 3);
	assert_true(fills(text, out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_names_one_value),
		cmocka_unit_test(names_may_be_escaped_and_the_last_one_counts),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(what_is_no_path_is_refused),
		cmocka_unit_test(strings_that_begin_with_a_dollar_are_values),
		cmocka_unit_test(a_long_source_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
