#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/human.h"
#include "base/json.h"
#include "base/signame.h"
#include "base/text.h"
#include "base/words.h"

static void
durations_are_read_in_every_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{"250ms",    250     },
                { "10s",     10000   },
                { "5min",    300000  },
                { "2h",      7200000 },
		{ "1d",      86400000},
                { "1h30min", 5400000 },
                { "7",       7000    },
                { "0",       0       },
		{ "1.5s",    1500    }
	};
	static const char *const bad[] = { "", "5q", "s", "-1s", "1 s", "1e3s", "0x10", "inf",
		"nan", "99999999999999d", "5s ", " 5s" };
	const char *errstr;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(text_to_duration_ms(good[i].text, &ms, &errstr), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (text_to_duration_ms(bad[i], &ms, &errstr) == 0)
			fail_msg("'%s' was taken for %lld ms", bad[i], (long long)ms);
		assert_non_null(errstr);
	}
}

static void
durations_survive_writing_and_reading(void **state)
{
	static const int64_t samples[] = { 0, 1, 999, 1000, 61001, 3600000, 90061001, 604800000 };
	const char *errstr;
	char text[64];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		text_from_duration_ms(samples[i], text, sizeof(text));
		assert_int_equal(text_to_duration_ms(text, &ms, &errstr), 0);
		assert_int_equal(ms, samples[i]);
	}
}

static void
sizes_are_powers_of_1024(void **state)
{
	const char *errstr;
	int64_t bytes;

	(void)state;
	assert_int_equal(text_to_size_bytes("64K", &bytes, &errstr), 0);
	assert_int_equal(bytes, 65536);
	assert_int_equal(text_to_size_bytes("50M", &bytes, &errstr), 0);
	assert_int_equal(bytes, 52428800);
	assert_int_equal(text_to_size_bytes("2G", &bytes, &errstr), 0);
	assert_int_equal(bytes, INT64_C(2147483648));
	assert_int_equal(text_to_size_bytes("50MB", &bytes, &errstr), 0);
	assert_int_equal(bytes, 52428800);
	assert_int_equal(text_to_size_bytes("50Q", &bytes, &errstr), -1);
	assert_int_equal(text_to_size_bytes("1M2K", &bytes, &errstr), -1);
}

static void
commands_are_split_like_a_shell_does(void **state)
{
	const char *errstr;
	char **words;

	(void)state;
	words = text_split_command("  sh -c 'a \"b\" ; c' \"d \\\" e\" f\\ g '' ", &errstr);
	assert_non_null(words);
	assert_string_equal(words[0], "sh");
	assert_string_equal(words[1], "-c");
	assert_string_equal(words[2], "a \"b\" ; c");
	assert_string_equal(words[3], "d \" e");
	assert_string_equal(words[4], "f g");
	assert_string_equal(words[5], "");
	assert_null(words[6]);
	free(words);
	assert_null(text_split_command("", &errstr));
	assert_null(text_split_command("  ", &errstr));
	assert_null(text_split_command("a 'b", &errstr));
	assert_non_null(errstr);
	assert_null(text_split_command("a \\", &errstr));
}

static void
times_survive_writing_and_reading(void **state)
{
	static const char *const samples[] = { "1970-01-01T00:00:01Z", "2000-02-29T23:59:59.123Z",
		"2026-11-22T05:30:00Z", "2100-03-01T00:00:00.000001Z", "1969-12-31T23:59:59.500Z" };
	char text[WALLTIME_TEXT_MAX];
	struct walltime when;
	const char *errstr;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		assert_int_equal(walltime_parse(samples[i], &when, &errstr), 0);
		assert_string_equal(walltime_format(when, text, sizeof(text)), samples[i]);
	}
	assert_int_equal(walltime_parse("2026-11-22T08:00:00+09:00", &when, &errstr), 0);
	assert_string_equal(walltime_format(when, text, sizeof(text)), "2026-11-21T23:00:00Z");
}

/* A week less seven seconds is between two: every day of the year and every time of the day. */
static void
dates_are_those_of_the_library(void **state)
{
	char text[WALLTIME_TEXT_MAX], expected[WALLTIME_TEXT_MAX];

	(void)state;
	for (int64_t sec = INT64_C(-62167219200); sec < INT64_C(253402300800); sec += 86399 * 7) {
		const struct walltime when = { sec * CLOCK_US_PER_SEC };
		const time_t library = (time_t)sec;
		struct tm tm;

		assert_non_null(gmtime_r(&library, &tm));
		assert_true(strftime(expected, sizeof(expected), "T%H:%M:%SZ", &tm) > 0);
		walltime_format(when, text, sizeof(text));
		assert_string_equal(text + 10, expected);
		assert_int_equal(strtol(text, NULL, 10), tm.tm_year + 1900);
		assert_int_equal(strtol(text + 5, NULL, 10), tm.tm_mon + 1);
		assert_int_equal(strtol(text + 8, NULL, 10), tm.tm_mday);
	}
	walltime_format(
	    (struct walltime){ INT64_C(253402300800) * CLOCK_US_PER_SEC }, text, sizeof(text));
	assert_string_equal(text, "");
}

static void
times_that_do_not_exist_are_refused(void **state)
{
	static const char *const bad[] = { "", "2026-11-22", "2026-11-22T05:30:00",
		"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-22T24:00:00Z",
		"2026-11-22T05:30:00Zx", "2026-11-22T05:30:00+9:00", "2026-11-22T05:30:00.Z" };
	struct walltime when;
	const char *errstr;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (walltime_parse(bad[i], &when, &errstr) == 0)
			fail_msg("'%s' was taken for a time", bad[i]);
		assert_non_null(errstr);
	}
}

static void
json_is_escaped_and_bounded(void **state)
{
	struct json json;
	char buf[256], small[16];
	int64_t length;

	(void)state;
	json_begin(&json, buf, sizeof(buf));
	json_object(&json, NULL);
	json_string(&json, "a", "x\"\\\n\x01\xff\xc3\xa9");
	json_array(&json, "b");
	json_int(&json, NULL, -5);
	json_int(&json, NULL, INT64_MIN);
	json_int(&json, NULL, INT64_MAX);
	json_int(&json, NULL, 0);
	json_bool(&json, NULL, true);
	json_array_end(&json);
	json_string(&json, "c", NULL);
	json_object_end(&json);
	length = json_end(&json);
	assert_int_equal(length, (int64_t)strlen(buf));
	assert_string_equal(buf, "{\"a\":\"x\\\"\\\\\\n\\u0001\\ufffd\xc3\xa9\",\"b\":[-5,-"
				 "9223372036854775808,9223372036854775807,0,true],\"c\":null}");

	json_begin(&json, small, sizeof(small));
	json_string(&json, NULL, "longer than the buffer");
	assert_int_equal(json_end(&json), -1);
}

static void
signals_have_names(void **state)
{
	const char *errstr;

	(void)state;
	assert_int_equal(signame_parse("TERM", &errstr), 15);
	assert_int_equal(signame_parse("sigterm", &errstr), 15);
	assert_int_equal(signame_parse("9", &errstr), 9);
	assert_int_equal(signame_parse("NOPE", &errstr), -1);
	assert_non_null(errstr);
	assert_string_equal(signame_text(15), "SIGTERM");
}

static void
the_nearest_word_is_offered_only_when_near(void **state)
{
	static const char *const words[] = { "command", "stop_timeout", "start_timeout", "user",
		NULL };

	(void)state;
	assert_string_equal(words_nearest("comand", words), "command");
	assert_string_equal(words_nearest("stop_timeuot", words), "stop_timeout");
	assert_string_equal(words_nearest("usr", words), "user");
	assert_null(words_nearest("zebra", words));
	assert_int_equal(words_distance("abcd", "acbd"), 1);
}

static void
only_types_have_colons(void **state)
{
	(void)state;
	assert_true(text_is_type_name("Oroshi::MailerJob"));
	assert_true(text_is_type_name("mail-2.b_c"));
	assert_false(text_is_type_name(":a"));
	assert_false(text_is_type_name("a b"));
	assert_false(text_is_type_name(""));
	assert_false(text_is_name("a:b"));
	assert_true(text_is_name("mail-2.b_c"));
}

static void
an_unset_time_is_never_the_earlier_one(void **state)
{
	const struct walltime unset = { 0 }, one = { 1000 }, two = { 2000 };

	(void)state;
	assert_int_equal(walltime_earlier(one, two).us, 1000);
	assert_int_equal(walltime_earlier(two, one).us, 1000);
	assert_int_equal(walltime_earlier(unset, two).us, 2000);
	assert_int_equal(walltime_earlier(one, unset).us, 1000);
	assert_false(walltime_is_set(walltime_earlier(unset, unset)));
}

static void
figures_are_for_people(void **state)
{
	char text[HUMAN_MAX];

	(void)state;
	assert_string_equal(human_duration(-1, text, sizeof(text)), "0 ms");
	assert_string_equal(human_duration(999, text, sizeof(text)), "999 ms");
	assert_string_equal(human_duration(1500, text, sizeof(text)), "1.5 s");
	assert_string_equal(human_duration(59000, text, sizeof(text)), "59 s");
	assert_string_equal(human_duration(90 * 60000, text, sizeof(text)), "1.5 h");
	assert_string_equal(human_duration(INT64_C(86400000) * 400, text, sizeof(text)), "400 d");
	assert_string_equal(human_count(0, text, sizeof(text)), "0");
	assert_string_equal(human_count(999, text, sizeof(text)), "999");
	assert_string_equal(human_count(1234567, text, sizeof(text)), "1,234,567");
	assert_string_equal(human_count(-123456, text, sizeof(text)), "-123,456");
	assert_string_equal(human_count(1234567, text, 6), "1,23");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read_in_every_unit),
		cmocka_unit_test(durations_survive_writing_and_reading),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(commands_are_split_like_a_shell_does),
		cmocka_unit_test(times_survive_writing_and_reading),
		cmocka_unit_test(dates_are_those_of_the_library),
		cmocka_unit_test(times_that_do_not_exist_are_refused),
		cmocka_unit_test(json_is_escaped_and_bounded),
		cmocka_unit_test(signals_have_names),
		cmocka_unit_test(only_types_have_colons),
		cmocka_unit_test(the_nearest_word_is_offered_only_when_near),
		cmocka_unit_test(an_unset_time_is_never_the_earlier_one),
		cmocka_unit_test(figures_are_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
