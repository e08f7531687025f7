/* Texts are walked and checked at once: the pieces, and what is wrong, wherever in a text it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_check.h"
#include "base/json_scan.h"

/* Longer than what is looked at at once, on both sides. */
#define BEFORE_MAX 40
#define AFTER_MAX  20

/* "key=value " of each piece, and the outcome. */
static const char *
scan(const char *text)
{
	static char out[500];
	struct json_scan at;
	struct json_piece piece;
	size_t len = 0;
	int more;

	out[0] = '\0';
	if ((more = json_scan_begin(&at, text, strlen(text))) == 0)
		while ((more = json_scan_next(&at, &piece)) == 1)
			len += (size_t)snprintf(out + len, sizeof(out) - len, "%.*s=%.*s ",
			    (int)piece.key_len, piece.key != NULL ? piece.key : "",
			    (int)piece.value_len, piece.value);
	snprintf(out + len, sizeof(out) - len, "%d", more);
	return out;
}

static void
pieces_are_found_to_the_letter(void **state)
{
	(void)state;
	assert_string_equal(scan("{}"), "0");
	assert_string_equal(scan(" [ ] "), "0");
	assert_string_equal(scan("{\"a\":1,\"b\":{\"c\":[1,\"}\"]}}"), "a=1 b={\"c\":[1,\"}\"]} 0");
	assert_string_equal(scan("[ 1 , \"a\\\"]\" ,[[]],null]"), "=1 =\"a\\\"]\" =[[]] =null 0");
	assert_string_equal(
	    scan("{\"a\" : 12345678901234567890.50 }"), "a=12345678901234567890.50 0");
}

/* The walk of a text, also into the objects of a list: what is wrong, or NULL. */
static const char *
walk(const char *text, size_t len)
{
	struct json_scan scan, object;
	struct json_piece piece;
	int more = 1;

	if (json_scan_begin(&scan, text, len) == -1)
		return json_check(text, len);
	while (more == 1) {
		if (scan.close == '}' || !json_scan_enter(&scan, &object)) {
			more = json_scan_next(&scan, &piece);
			continue;
		}
		while ((more = json_scan_next(&object, &piece)) == 1)
			continue;
		json_scan_leave(&scan, &object);
		more = more == 0 ? 1 : -1;
	}
	return more == -1 ? scan.error : NULL;
}

/* The text in memory of its own, so that nobody may look behind it: what is wrong, or NULL. */
static const char *
wrong_with(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	const char *checked, *walked;

	assert_non_null(copy);
	memcpy(copy, text, len);
	checked = json_check(copy, len);
	walked = walk(copy, len);
	if ((checked == NULL) != (walked == NULL) ||
	    (checked != NULL && strcmp(checked, walked) != 0))
		fail_msg("'%.*s': %s, but %s", (int)len, text, checked, walked);
	free(copy);
	return checked;
}

static void
assert_wrong(const char *text, size_t len, const char *words)
{
	const char *wrong = wrong_with(text, len);

	if (wrong == NULL || words == NULL ? wrong != words : strcmp(wrong, words) != 0)
		fail_msg("'%.*s': %s, not %s", (int)len, text, wrong, words);
}

#define NO_VALUE   "a value is missing or unknown"
#define NO_NAME    "the name of a member is missing"
#define NO_COLON   "there is no ':' behind the name of a member"
#define NO_COMMA   "a ',' or a bracket is missing"
#define NO_END     "it does not end"
#define MORE       "something follows behind it"
#define NUMBER     "a number is not complete"
#define CONTROL    "a string has a control character"
#define ESCAPE     "a string has an unknown escape"
#define NOT_UTF8   "a string is not UTF-8"
#define STRING_END "a string does not end"

static void
what_is_wrong_is_told(void **state)
{
	/* clang-format off */
	static const char *const rows[][2] = {
		{ "", NO_VALUE },
		{ " ", NO_VALUE },
		{ "[", NO_VALUE },
		{ "[1,", NO_VALUE },
		{ "[1,]", NO_VALUE },
		{ "[,1]", NO_VALUE },
		{ "]", NO_VALUE },
		{ ":", NO_VALUE },
		{ "[tru]", NO_VALUE },
		{ "[nulL]", NO_VALUE },
		{ "{\"a\":}", NO_VALUE },
		{ "{\"a\":", NO_VALUE },
		{ "{\"a\":,}", NO_VALUE },
		{ "{", NO_NAME },
		{ "{,}", NO_NAME },
		{ "{\"a\":1,}", NO_NAME },
		{ "{\"a\":1,,}", NO_NAME },
		{ "{1:2}", NO_NAME },
		{ "{a:1}", NO_NAME },
		{ "{\"a\"}", NO_COLON },
		{ "{\"a\"", NO_COLON },
		{ "{\"a\",1}", NO_COLON },
		{ "[1 2]", NO_COMMA },
		{ "[\"a\":1]", NO_COMMA },
		{ "[1}", NO_COMMA },
		{ "{\"a\":1]", NO_COMMA },
		{ "{\"a\":1 \"b\":2}", NO_COMMA },
		{ "[truex]", NO_COMMA },
		{ "[1", NO_END },
		{ "[[1]", NO_END },
		{ "{\"a\":{}", NO_END },
		{ "[]x", MORE },
		{ "[][]", MORE },
		{ "1 2", MORE },
		{ "[1],", MORE },
		{ "[\"a]", STRING_END },
		{ "{\"a", STRING_END },
		{ "[\"\\", ESCAPE },
		{ "[\"\\u12\"]", ESCAPE },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_wrong(rows[i][0], strlen(rows[i][0]), rows[i][1]);
	assert_wrong("[]\0", 3, MORE);
	assert_wrong("[\0]", 3, NO_VALUE);
	assert_wrong("[\"\0\"]", 5, CONTROL);
	assert_wrong("[\"\\\0\"]", 6, ESCAPE);
}

/* In front of what follows a number. */
static void
numbers_are_whole(void **state)
{
	static const char *const good[] = { "0", "-0", "7", "-12", "1.5", "0.10", "1e5", "1E+5",
		"1e-05", "-1.25e+3", "123456789012345678901234567890" };
	static const char *const rows[][2] = {
		{"-",         NUMBER  },
                { "-a",       NUMBER  },
                { "--1",      NUMBER  },
                { "1.",       NUMBER  },
		{ "1.e5",     NUMBER  },
                { "1e",       NUMBER  },
                { "1e+",      NUMBER  },
                { "1e.5",     NUMBER  },
		{ "-.5",      NUMBER  },
                { "01",       NO_COMMA},
                { "-01",      NO_COMMA},
                { "0x1",      NO_COMMA},
		{ "1.2.3",    NO_COMMA},
                { "1e5e5",    NO_COMMA},
                { "1a",       NO_COMMA},
		{ ".5",       NO_VALUE},
                { "+1",       NO_VALUE},
                { "NaN",      NO_VALUE},
		{ "Infinity", NO_VALUE}
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		for (int space = 0; space < 2; space++) {
			int len =
			    snprintf(text, sizeof(text), "[%s%s]", good[i], space == 0 ? "" : " ");

			assert_wrong(text, (size_t)len, NULL);
			assert_wrong(good[i], strlen(good[i]), NULL);
		}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int len = snprintf(text, sizeof(text), "{\"n\":%s}", rows[i][0]);

		assert_wrong(text, (size_t)len, rows[i][1]);
		len = snprintf(text, sizeof(text), "[0,[%s]]", rows[i][0]);
		assert_wrong(text, (size_t)len, rows[i][1]);
	}
}

/* What may stand in a string, and what not. */
static const struct {
	const char *bytes, *words;
} odd[] = {
	{"\\\"",                NULL    },
	{ "\\\\",               NULL    },
	{ "\\/\\b\\f\\n\\r\\t", NULL    },
	{ "\\u00e9",            NULL    },
	{ "\\uD83d\\ude00",     NULL    },
	{ "\\ud83d",            NULL    },
	{ "\x7f",               NULL    },
	{ "\xc3\xa9",           NULL    },
	{ "\xe0\xa0\x80",       NULL    },
	{ "\xe2\x82\xac",       NULL    },
	{ "\xed\x9f\xbf",       NULL    },
	{ "\xf0\x90\x80\x80",   NULL    },
	{ "\xf0\x9f\x98\x80",   NULL    },
	{ "\xf4\x8f\xbf\xbf",   NULL    },
	{ "\\x",                ESCAPE  },
	{ "\\u12g4",            ESCAPE  },
	{ "\\u",                ESCAPE  },
	{ "\\U0041",            ESCAPE  },
	{ "\x01",               CONTROL },
	{ "\x1f",               CONTROL },
	{ "\t",		 CONTROL },
	{ "\n",		 CONTROL },
	{ "\x80",               NOT_UTF8},
	{ "\xc3",               NOT_UTF8},
	{ "\xc0\x80",           NOT_UTF8},
	{ "\xc1\xbf",           NOT_UTF8},
	{ "\xe2\x82",           NOT_UTF8},
	{ "\xe0\x9f\xbf",       NOT_UTF8},
	{ "\xed\xa0\x80",       NOT_UTF8},
	{ "\xf0\x8f\xbf\xbf",   NOT_UTF8},
	{ "\xf0\x9f\x98",       NOT_UTF8},
	{ "\xf4\x90\x80\x80",   NOT_UTF8},
	{ "\xf5\x80\x80\x80",   NOT_UTF8},
	{ "\xff",               NOT_UTF8},
};

/* As the only element, as a name and a value, and deeper. */
static void
try_string(const char *string, const char *words)
{
	static const char *const frames[] = { "%s", "[%s]", "{%s:1}", "{\"a\":%s}", "[{%s:[]}]",
		"[0,{\"a\":[{%s:%s}]}]" };

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		char text[300];
		size_t len = 0;

		for (const char *from = frames[i]; *from != '\0'; from++) {
			if (*from != '%') {
				text[len++] = *from;
				continue;
			}
			memcpy(text + len, string, strlen(string));
			len += strlen(string);
			from++;
		}
		assert_wrong(text, len, words);
	}
}

static void
strings_are_checked_at_every_place(void **state)
{
	char string[100];

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		for (int before = 0; before <= BEFORE_MAX; before++)
			for (int after = 0; after <= AFTER_MAX; after += 1 + after / 2) {
				snprintf(string, sizeof(string), "\"%.*s%s%.*s\"", before,
				    "0123456789012345678901234567890123456789", odd[i].bytes, after,
				    "zyxwvzyxwvzyxwvzyxwv");
				try_string(string, odd[i].words);
			}
}

/* Whatever its length, and whatever is behind it. */
static void
plain_strings_are_known(void **state)
{
	struct json_scan scan;
	struct json_piece piece;
	char text[100];

	(void)state;
	for (int len = 0; len <= BEFORE_MAX; len++)
		for (size_t i = 0; i <= sizeof(odd) / sizeof(odd[0]); i++) {
			const char *bytes = i > 0 ? odd[i - 1].bytes : "";
			bool good = i == 0 || odd[i - 1].words == NULL;
			int all = snprintf(text, sizeof(text), "[\"%.*s%s\",1]", len,
			    "0123456789012345678901234567890123456789", bytes);

			assert_int_equal(json_scan_begin(&scan, text, (size_t)all), 0);
			assert_int_equal(json_scan_next(&scan, &piece), good ? 1 : -1);
			if (good)
				assert_int_equal(
				    piece.is_plain, i == 0 || strcmp(bytes, "\x7f") == 0);
			if (good && json_scan_next(&scan, &piece) == 1)
				assert_false(piece.is_plain);
		}
}

/* Of arrays, of objects, and of both. */
static void
depth_has_a_limit(void **state)
{
	static const char *const opens[][2] = {
		{"[",        "["      },
                { "{\"a\":", "{\"a\":"},
                { "[",       "{\"a\":"},
                { "{\"a\":", "["      }
	};

	(void)state;
	for (size_t kind = 0; kind < 4; kind++)
		for (size_t deep = JSON_DEPTH_MAX - 1; deep <= JSON_DEPTH_MAX + 2; deep++) {
			char text[(JSON_DEPTH_MAX + 2) * 6 + 1];
			size_t len = 0;

			for (size_t i = 0; i < deep; i++)
				len += (size_t)snprintf(
				    text + len, sizeof(text) - len, "%s", opens[kind][i % 2]);
			text[len++] = '7';
			for (size_t i = deep; i-- > 0;)
				text[len++] = opens[kind][i % 2][0] == '[' ? ']' : '}';
			assert_wrong(
			    text, len, deep <= JSON_DEPTH_MAX ? NULL : "it is nested too deeply");
		}
}

/* Both ways to read a text find the same, whatever the text. */
static void
the_walk_agrees_with_the_check(void **state)
{
	static const char seed[] =
	    "[{\"jid\":\"12345678\",\"args\":[1,-2.5e+3,\"\\u00e9\\n\xc3\xa9 and more than sixteen "
	    "bytes\",{\"a\":null}],\"b\":true} , {} ,[[]],7,\"\\ud83d\\ude00\"]";
	static const char letters[] = "{}[]\",:\\ue0159-+.tfn \t\x01\xc3\xa9\xed\xff";
	int good = 0;

	(void)state;
	srandom(11);
	for (int round = 0; round < 100000; round++) {
		char text[sizeof(seed)];
		size_t len = sizeof(seed) - 1;

		memcpy(text, seed, len);
		for (long changes = random() % 3; changes >= 0; changes--) {
			size_t at = (size_t)random() % len;

			if (random() % 2 == 0)
				text[at] = letters[(size_t)random() % (sizeof(letters) - 1)];
			else
				memmove(text + at, text + at + 1, --len - at);
		}
		good += wrong_with(text, random() % 4 == 0 ? (size_t)random() % len : len) == NULL;
	}
	assert_in_range(good, 1000, 99000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_found_to_the_letter),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(strings_are_checked_at_every_place),
		cmocka_unit_test(plain_strings_are_known),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(the_walk_agrees_with_the_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
