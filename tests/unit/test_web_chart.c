/* Charts and the picture of the day: what they draw is inside the picture, and words are escaped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "jobd-web/chart.h"
#include "jobd-web/timeline.h"

static size_t
occurrences(const char *text, const char *word)
{
	size_t count = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		count++;
	return count;
}

static const char *
format(double value, char *buf, size_t size)
{
	snprintf(buf, size, "%.0f", value);
	return buf;
}

static void
tops_are_round_and_not_less(void **state)
{
	(void)state;
	assert_true(chart_top(0) == 1 && chart_top(1) == 1 && chart_top(1.5) == 2);
	assert_true(chart_top(3) == 5 && chart_top(51) == 100 && chart_top(1e9 + 1) == 2e9);
	for (double most = 0.1; most < 1e15; most *= 1.7)
		assert_true(chart_top(most) >= most && chart_top(most) <= most * 2.5 + 1);
}

/* All numbers behind this attribute are within the picture. */
static void
assert_inside(const char *svg, const char *attribute, double most)
{
	for (; (svg = strstr(svg, attribute)) != NULL; svg += strlen(attribute)) {
		double value = strtod(svg + strlen(attribute), NULL);

		assert_true(value >= 0 && value <= most);
	}
}

static void
bars_stay_inside(void **state)
{
	struct chart_bar bars[] = {
		{0,     0,    "00:00"},
                { 3,    7,    "<b>"  },
                { 1e12, 5e11, "02:00"}
	};
	struct buf out = { 0 };

	(void)state;
	chart_bars(&out, "a \"summary\"", bars, 3, 1, "done", "failed");
	assert_int_equal(occurrences(out.data, "<g>"), 3);
	assert_int_equal(occurrences(out.data, "class=\"hit\""), 3);
	assert_null(strstr(out.data, "<b>"));
	assert_non_null(strstr(out.data, "a &quot;summary&quot;"));
	assert_inside(out.data, " y=\"", 100);
	assert_inside(out.data, " height=\"", 100);
	assert_inside(out.data, " x=\"", 720);
	assert_null(strstr(out.data, "nan"));
	buf_free(&out);
}

static void
nothing_known_draws_nothing(void **state)
{
	struct buf out = { 0 };

	(void)state;
	chart_bars(&out, "", NULL, 0, 3, "done", "failed");
	chart_line(&out, "good", "", NULL, 0, 10, format, "then", "now");
	chart_spark(&out, "good", NULL, 0, 1);
	assert_null(strstr(out.data, "nan"));
	assert_null(strstr(out.data, "<g>"));
	assert_int_equal(occurrences(out.data, "<svg"), occurrences(out.data, "</svg>"));
	buf_free(&out);
}

static void
gaps_break_the_line(void **state)
{
	struct chart_point points[] = {
		{0,    1, false},
                { 0.5, 2, false},
                { 0.9, 4, true },
                { 1,   4, false}
	};
	struct buf out = { 0 };

	(void)state;
	chart_line(&out, "good", "", points, 4, 1, format, "then", "now");
	assert_non_null(strstr(out.data, ">5<"));
	assert_non_null(strstr(out.data, "class=\"line\" d=\"M0.0 "));
	assert_non_null(strstr(out.data, "M648.0 "));
	/* Both pieces of the area are closed. */
	assert_int_equal(occurrences(out.data, "V100Z"), 2);
	buf_free(&out);
}

static struct walltime
at(const char *text)
{
	struct walltime when;
	const char *errstr;

	assert_int_equal(walltime_parse(text, &when, &errstr), 0);
	return when;
}

static void
a_day_has_its_times(void **state)
{
	struct walltime from = at("2026-11-22T00:00:00Z"), until = at("2026-11-23T00:00:00Z");
	struct walltime due[TIMELINE_MAX + 1];

	(void)state;
	assert_int_equal(timeline_find("0 * * * *", "UTC", from, until, due), 24);
	/* Midnight itself belongs to the day that it begins. */
	assert_int_equal(due[0].us, from.us);
	assert_int_equal(timeline_find("0 8 * * *", "America/Bogota", from, until, due), 1);
	assert_int_equal(due[0].us, at("2026-11-22T13:00:00Z").us);
	assert_int_equal(timeline_find("* * * * *", "UTC", from, until, due), TIMELINE_MAX + 1);
	assert_int_equal(timeline_find("no schedule", "UTC", from, until, due), 0);
	assert_int_equal(timeline_find("0 8 * * *", "No/Where", from, until, due), 0);
}

static void
a_day_is_drawn(void **state)
{
	struct walltime from = at("2026-11-22T00:00:00Z"), until = at("2026-11-23T00:00:00Z");
	struct walltime now = at("2026-11-22T12:00:00Z"), due[TIMELINE_MAX + 1];
	size_t count = timeline_find("0 */6 * * *", "UTC", from, until, due);
	struct buf out = { 0 };

	(void)state;
	timeline_draw(&out, "4 times", from, until, now, due, count);
	assert_int_equal(occurrences(out.data, "class=\"past\""), 2);
	assert_int_equal(occurrences(out.data, "class=\"due\""), 2);
	buf_free(&out);
	count = timeline_find("* * * * *", "UTC", from, until, due);
	timeline_draw(&out, "many", from, until, now, due, count);
	assert_int_equal(occurrences(out.data, "class=\"band\""), 1);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tops_are_round_and_not_less),
		cmocka_unit_test(bars_stay_inside),
		cmocka_unit_test(nothing_known_draws_nothing),
		cmocka_unit_test(gaps_break_the_line),
		cmocka_unit_test(a_day_has_its_times),
		cmocka_unit_test(a_day_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
