#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/json_check.h"
#include "base/json_numbers.h"

static void
assert_good(const char *text, size_t len)
{
	const char *error = json_check(text, len);

	if (error != NULL)
		fail_msg("'%.*s': %s", (int)len, text, error);
}

static void
large_numbers_become_strings(void **state)
{
	static const char *const texts[][2] = {
		{"[1e400,-1E999]",					"[\"1e400\",\"-1E999\"]"         },
		{ "{\"a\":9223372036854775808}",                          "{\"a\":\"9223372036854775808\"}"},
		{ "[9223372036854775807,-9223372036854775808,1e308,0.1]", NULL                             },
		{ "[18446744073709551615 ,-99999999999999999999]",
                 "[\"18446744073709551615\" ,\"-99999999999999999999\"]"                                   },
		{ "{\"1e999\":\"\\\"1e999 \\\\\",\"b\":null}",            NULL                             },
		{ "",						     NULL			     },
		{ "1e999",						"\"1e999\""                      },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = json_quote_large(texts[i][0], strlen(texts[i][0]));
		json_t *json;

		assert_non_null(text);
		assert_string_equal(text, texts[i][1] != NULL ? texts[i][1] : texts[i][0]);
		json = json_loads(text, JSON_DECODE_ANY, NULL);
		assert_true(json != NULL || *text == '\0');
		json_decref(json);
		free(text);
	}
}

static void
good_texts_pass(void **state)
{
	static const char *const texts[] = { "{}", "[]", " [ ] ", "0", "-0", "1.5e-10", "1E+2",
		"\"\"", "true", "null", "[[],{}]", "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":false}",
		"\"\\u00e9\\\\\\/\\b\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
		"123456789012345678901234567890", "\t\r\n[1 , 2]\n", "\"\\ud83d\\ude00\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_good(texts[i], strlen(texts[i]));
}

static void
broken_texts_do_not(void **state)
{
	static const char *const texts[] = { "", " ", "{", "[", "]", "[1,]", "[,1]", "[1 2]",
		"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}", "[1}",
		"{\"a\":1]", "01", "-", "1.", ".5", "1e", "+1", "0x1", "tru", "nulL", "\"",
		"\"\\\"", "\"\\x\"", "\"\\u12g4\"", "\"\t\"", "[1]x", "1 2", "\"\xc3\"",
		"\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xff\"", "[\"a\":1]",
		"NaN", "'a'", "{1:2}", "{\"a\":1,,}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (json_check(texts[i], strlen(texts[i])) == NULL)
			fail_msg("'%s' was taken", texts[i]);
	assert_non_null(json_check("\"\0\"", 3));
	assert_non_null(json_check("[]\0", 3));
}

/* Another parser agrees, whatever the text. */
static void
it_agrees_with_jansson(void **state)
{
	static const char *const seeds[] = {
		"{\"jid\":\"12345678\",\"args\":[1,-2.5e+3,\"\\u00e9\\n\xc3\xa9\",{\"a\":null}],"
		"\"b\":"
		"true}",
		"[[[[]]],{\"a\":{\"b\":{}}},\"\\ud83d\\ude00\",0.1,1e5,false]",
	};
	static const char letters[] = "{}[]\",:\\ue0159-+.tfn \x01\xc3\xa9\xed\xff";
	int good = 0;

	(void)state;
	srandom(7);
	for (int round = 0; round < 200000; round++) {
		char text[128];
		size_t len = strlen(seeds[round % 2]);
		json_error_t where;
		json_t *json;

		memcpy(text, seeds[round % 2], len);
		for (long changes = random() % 3; changes >= 0; changes--) {
			size_t at = (size_t)random() % len;

			if (random() % 2 == 0)
				text[at] = letters[(size_t)random() % (sizeof(letters) - 1)];
			else
				memmove(text + at, text + at + 1, --len - at);
		}
		json = json_loadb(
		    text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &where);
		good += json != NULL;
		if ((json != NULL) != (json_check(text, len) == NULL) &&
		    strstr(where.text, "surrogate") == NULL && strstr(where.text, "\\u") == NULL &&
		    strstr(where.text, "overflow") == NULL)
			fail_msg("'%.*s': %s, %s", (int)len, text, json_check(text, len),
			    json == NULL ? where.text : "good");
		json_decref(json);
	}
	assert_in_range(good, 1000, 199000);
}

static const char *
text_of(const char *written)
{
	static char out[100];

	return json_text(written, strlen(written), out) == -1 ? NULL : out;
}

static void
strings_are_read(void **state)
{
	(void)state;
	assert_string_equal(text_of("\"\""), "");
	assert_string_equal(text_of("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\""), "a\"\\/\b\f\n\r\tz");
	assert_string_equal(text_of("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\""),
	    "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_string_equal(text_of("\"\\ud83dx\\udc00\""), "\xef\xbf\xbdx\xef\xbf\xbd");
	assert_null(text_of("\"a\\u0000\""));
	assert_null(text_of("12"));
	assert_null(text_of("null"));
}

static void
numbers_are_read(void **state)
{
	double number = 0;

	(void)state;
	assert_true(json_number("-12.5e1,", 7, &number));
	assert_true(number > -125.1 && number < -124.9);
	assert_false(json_number("\"1\"", 3, &number));
	assert_false(json_number("true", 4, &number));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_texts_pass),
		cmocka_unit_test(large_numbers_become_strings),
		cmocka_unit_test(broken_texts_do_not),
		cmocka_unit_test(it_agrees_with_jansson),
		cmocka_unit_test(strings_are_read),
		cmocka_unit_test(numbers_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
