/*
 * Next times: examples of clock changes, laws, and a slow second implementation that walks minute
 * by minute through what localtime_r(3) says.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cron/schedule.h"
#include "cron_or_fail.h"

#define MINUTES_PER_DAY      1440
#define WINDOW_DAYS          5
#define WINDOW_MINUTES       (WINDOW_DAYS * MINUTES_PER_DAY)
#define CHANGES_PER_ZONE     12
#define SCHEDULES_PER_CHANGE 40
#define WALK_MAX             300

struct example {
	const char *schedule, *zone, *after;
	const char
	    *expected; /* local times, with * behind a moved one, 1 and 2 behind repeated ones */
	struct schedule_rules rules;
};

static void
check_example(const struct example *example)
{
	static const char marks[] = { ' ', '*', '1', '2' };
	struct schedule *schedule = parse_or_fail(example->schedule, example->zone);
	struct walltime when = time_or_fail(example->after);
	char found[1024] = "", text[SCHEDULE_FORMAT_MAX];
	size_t len = 0, count = 1;
	enum schedule_effect effect;

	for (const char *c = example->expected; *c != '\0'; c++)
		count += *c == '|';
	for (size_t i = 0; i < count; i++) {
		if (schedule_next(schedule, when, &example->rules, &when, &effect) == -1) {
			len += (size_t)snprintf(
			    found + len, sizeof(found) - len, "%snone", i > 0 ? "|" : "");
			break;
		}
		schedule_format(schedule, when, text, sizeof(text));
		len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%s%.*s",
		    i > 0 ? "|" : "", text, effect != SCHEDULE_EFFECT_NONE, &marks[effect]);
	}
	if (strcmp(found, example->expected) != 0)
		fail_msg("%s %s after %s:\n  is        %s\n  should be %s", example->schedule,
		    example->zone, example->after, found, example->expected);
	schedule_free(schedule);
}

static void
clock_changes_follow_the_rules(void **state)
{
	static const struct example examples[] = {
  /* clang-format off */
		/* A skipped hour: once, at the first instant after it. */
		{ "30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z",
		    "2026-03-08T03:00:00-04:00*|2026-03-09T02:30:00-04:00", { 0 } },
		{ "*/15 2 * * *", "America/New_York", "2026-03-08T00:00:00Z",
		    "2026-03-08T03:00:00-04:00*|2026-03-09T02:00:00-04:00", { 0 } },
		{ "*/30 1-3 * * *", "America/New_York", "2026-03-08T06:29:00Z",
		    "2026-03-08T01:30:00-05:00|2026-03-08T03:00:00-04:00*|2026-03-08T03:30:00-04:00|2026-03-09T01:00:00-04:00", { 0 } },
		{ "30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z",
		    "2026-03-09T02:30:00-04:00", { .gap = DST_GAP_SKIP } },
		{ "0 3 * * *", "America/New_York", "2026-03-08T00:00:00Z", "2026-03-08T03:00:00-04:00", { 0 } },
		{ "30 2 8 3 *", "America/New_York", "2026-03-01T00:00:00Z",
		    "2026-03-08T03:00:00-04:00*|2027-03-08T02:30:00-05:00", { 0 } },
		{ "hour=2 minute=30 day=8 month=3 year=2026", "America/New_York", "2026-01-01T00:00:00Z",
		    "none", { .gap = DST_GAP_SKIP } },
		/* A repeated hour: once, the first time. */
		{ "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
		    "2026-11-01T01:30:00-04:001|2026-11-02T01:30:00-05:00", { 0 } },
		{ "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
		    "2026-11-01T01:30:00-05:002|2026-11-02T01:30:00-05:00", { .overlap = DST_OVERLAP_SECOND } },
		{ "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
		    "2026-11-01T01:30:00-04:001|2026-11-01T01:30:00-05:002|2026-11-02T01:30:00-05:00",
		    { .overlap = DST_OVERLAP_BOTH } },
		{ "*/30 1 * * *", "America/New_York", "2026-11-01T05:00:00Z",
		    "2026-11-01T01:30:00-04:001|2026-11-02T01:00:00-05:00", { 0 } },
		{ "*/30 1 * * *", "America/New_York", "2026-11-01T05:00:00Z",
		    "2026-11-01T01:00:00-05:002|2026-11-01T01:30:00-05:002|2026-11-02T01:00:00-05:00",
		    { .overlap = DST_OVERLAP_SECOND } },
		/* The only date there is, repeated: the second pass is not lost. */
		{ "hour=1 minute=30 day=1 month=11 year=2026", "America/New_York", "2026-11-01T05:45:00Z",
		    "2026-11-01T01:30:00-05:002|none", { .overlap = DST_OVERLAP_SECOND } },
		{ "hour=1 minute=30 day=1 month=11 year=2026", "America/New_York", "2026-01-01T00:00:00Z",
		    "2026-11-01T01:30:00-05:002|none", { .overlap = DST_OVERLAP_SECOND } },
		{ "30 1 1 11 *", "America/New_York", "2025-12-01T00:00:00Z",
		    "2026-11-01T01:30:00-05:002|2027-11-01T01:30:00-04:00", { .overlap = DST_OVERLAP_SECOND } },
		/* An hour of * or a step of it follows elapsed time, and no rule changes that. */
		{ "*/30 * * * *", "America/New_York", "2026-11-01T05:00:00Z",
		    "2026-11-01T01:30:00-04:001|2026-11-01T01:00:00-05:002|2026-11-01T01:30:00-05:002|2026-11-01T02:00:00-05:00",
		    { .overlap = DST_OVERLAP_SECOND } },
		{ "*/30 * * * *", "America/New_York", "2026-03-08T06:00:00Z",
		    "2026-03-08T01:30:00-05:00|2026-03-08T03:00:00-04:00|2026-03-08T03:30:00-04:00", { 0 } },
		{ "0 */2 * * *", "America/New_York", "2026-03-08T04:00:00Z",
		    "2026-03-08T00:00:00-05:00|2026-03-08T04:00:00-04:00", { 0 } },
		{ "0 */2 * * *", "Europe/Berlin", "2026-10-24T21:00:00Z",
		    "2026-10-25T00:00:00+02:00|2026-10-25T02:00:00+02:001|2026-10-25T02:00:00+01:002|2026-10-25T04:00:00+01:00", { 0 } },
		{ "every hour at minute 12", "Europe/Berlin", "2026-10-25T00:00:00Z",
		    "2026-10-25T02:12:00+02:001|2026-10-25T02:12:00+01:002|2026-10-25T03:12:00+01:00", { 0 } },
		{ "every 90 minutes", "America/New_York", "2026-03-08T05:00:00Z",
		    "2026-03-08T01:30:00-05:00|2026-03-08T03:00:00-04:00|2026-03-08T04:30:00-04:00", { 0 } },
		/* Half an hour. */
		{ "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
		    "2026-10-04T02:30:00+11:00*|2026-10-05T02:15:00+11:00", { 0 } },
		{ "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z",
		    "2026-04-05T01:45:00+11:001|2026-04-06T01:45:00+10:30", { 0 } },
		{ "*/30 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z",
		    "2026-04-05T01:30:00+11:001|2026-04-05T01:30:00+10:302|2026-04-05T02:00:00+10:30", { 0 } },
		/* A day that never was. */
		{ "0 9 * * *", "Pacific/Apia", "2011-12-29T18:00:00Z",
		    "2011-12-29T09:00:00-10:00|2011-12-31T00:00:00+14:00*|2011-12-31T09:00:00+14:00", { 0 } },
		{ "0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z",
		    "2011-12-31T00:00:00+14:00*|2012-12-30T09:00:00+14:00", { 0 } },
		{ "0 * 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", "2012-12-30T00:00:00+14:00", { 0 } },
		/* Changes at midnight. */
		{ "@daily", "America/Havana", "2024-03-09T12:00:00Z",
		    "2024-03-10T01:00:00-04:00*|2024-03-11T00:00:00-04:00", { 0 } },
		{ "@daily", "America/Havana", "2024-11-02T12:00:00Z",
		    "2024-11-03T00:00:00-04:001|2024-11-04T00:00:00-05:00", { 0 } },
		{ "@daily", "Asia/Beirut", "2026-03-28T00:00:00Z",
		    "2026-03-29T01:00:00+03:00*|2026-03-30T00:00:00+03:00", { 0 } },
		{ "0 0 * * sun", "America/Asuncion", "2023-09-29T00:00:00Z",
		    "2023-10-01T01:00:00-03:00*|2023-10-08T00:00:00-03:00", { 0 } },
		{ "59 23 * * *", "Asia/Beirut", "2026-10-23T22:00:00Z",
		    "2026-10-24T23:59:00+03:001|2026-10-25T23:59:00+02:00", { 0 } },
		/* Far away. */
		{ "30 2 * * *", "Europe/Berlin", "2150-03-28T12:00:00Z",
		    "2150-03-29T03:00:00+02:00*|2150-03-30T02:30:00+02:00", { 0 } },
		{ "0 0 29 2 *", "Europe/Berlin", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00+01:00", { 0 } },
		{ "month=2 day=29 day_of_week=mon", "UTC", "2072-03-01T00:00:00Z",
		    "2112-02-29T00:00:00+00:00|2140-02-29T00:00:00+00:00", { 0 } },
		{ "0 0 1 1 *", "UTC", "9998-06-01T00:00:00Z", "9999-01-01T00:00:00+00:00|none", { 0 } },
		{ "0 0 1 1 *", "UTC", "1899-06-01T00:00:00Z", "1900-01-01T00:00:00+00:00", { 0 } },
		/* Strictly after. */
		{ "0 8 * * *", "America/Bogota", "2026-11-22T13:00:00Z", "2026-11-23T08:00:00-05:00", { 0 } },
		{ "0 8 * * *", "America/Bogota", "2026-11-22T12:59:59.999999Z", "2026-11-22T08:00:00-05:00", { 0 } },
		{ "0 8 * * *", "America/Bogota", "2026-11-22T13:00:00.000001Z", "2026-11-23T08:00:00-05:00", { 0 } },
		/* Intervals. */
		{ "@every 90s", "UTC", "2026-11-22T00:00:00Z", "2026-11-22T00:01:30+00:00|2026-11-22T00:03:00+00:00", { 0 } },
		{ "@every 90s", "UTC", "2026-11-22T00:00:00Z", "2026-11-22T00:00:10+00:00|2026-11-22T00:01:40+00:00",
		    { .anchor = { INT64_C(10000000) } } },
		{ "@every 1h", "UTC", "1969-12-31T22:30:00Z", "1969-12-31T23:00:00+00:00", { 0 } },
		{ "@every 1h", "America/New_York", "2026-11-01T04:30:00Z",
		    "2026-11-01T01:00:00-04:00|2026-11-01T01:00:00-05:00|2026-11-01T02:00:00-05:00", { 0 } },
  /* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		check_example(&examples[i]);
}

/* One random schedule, as sets that need no parser. */
struct sample {
	uint64_t minutes;
	uint32_t hours, days;
	uint16_t months;
	uint8_t weekdays;
	bool day_is_star, weekday_is_star, hour_is_star;
	char text[512];
};

/* A fixed sequence, so that a failure can be looked at again. */
static uint64_t random_state = 88172645463325252ULL;

static unsigned
pick(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)((random_state >> 11) % below);
}

/* A list of one to four values, or a step of *; returns the set and appends the text. */
static uint64_t
sample_field(char *text, size_t size, unsigned min, unsigned max, unsigned stars, bool *is_star)
{
	static const unsigned steps[] = { 1, 1, 2, 3, 5, 15 };
	size_t len = strlen(text);
	uint64_t set = 0;
	unsigned step;

	*is_star = pick(10) < stars;
	if (*is_star) {
		step = steps[pick(max == 59 ? 6 : 4)];
		len += (size_t)snprintf(text + len, size - len, step == 1 ? "* " : "*/%u ", step);
		for (unsigned value = min; value <= max; value += step)
			set |= UINT64_C(1) << value;
		return set;
	}
	for (unsigned left = 1 + pick(4); left > 0; left--) {
		unsigned value = min + pick(max - min + 1);

		set |= UINT64_C(1) << value;
		len +=
		    (size_t)snprintf(text + len, size - len, "%u%s", value, left > 1 ? "," : " ");
	}
	return set;
}

static void
sample_make(struct sample *sample)
{
	bool ignored;

	sample->text[0] = '\0';
	sample->minutes = sample_field(sample->text, sizeof(sample->text), 0, 59, 4, &ignored);
	sample->hours = (uint32_t)sample_field(
	    sample->text, sizeof(sample->text), 0, pick(2) ? 4 : 23, 3, &sample->hour_is_star);
	if (sample->hour_is_star) {
		/* The reference must know the whole range. */
		sample->text[0] = '\0';
		sample->minutes =
		    sample_field(sample->text, sizeof(sample->text), 0, 59, 4, &ignored);
		sample->hours =
		    (uint32_t)sample_field(sample->text, sizeof(sample->text), 0, 23, 10, &ignored);
	}
	sample->days = (uint32_t)sample_field(
	    sample->text, sizeof(sample->text), 1, 31, 8, &sample->day_is_star);
	sample->months =
	    (uint16_t)sample_field(sample->text, sizeof(sample->text), 1, 12, 9, &ignored);
	sample->weekdays = (uint8_t)sample_field(
	    sample->text, sizeof(sample->text), 0, 6, 8, &sample->weekday_is_star);
}

static bool
sample_matches(const struct sample *sample, const struct tm *local)
{
	bool day = sample->days >> local->tm_mday & 1,
	     weekday = sample->weekdays >> local->tm_wday & 1;

	if (!(sample->minutes >> local->tm_min & 1) || !(sample->hours >> local->tm_hour & 1) ||
	    !(sample->months >> (local->tm_mon + 1) & 1))
		return false;
	return sample->day_is_star || sample->weekday_is_star ? day && weekday : day || weekday;
}

/* Local time around a clock change, minute by minute, as the C library says. */
struct window {
	time_t start;
	struct tm local[WINDOW_MINUTES];
	int64_t naive[WINDOW_MINUTES]; /* the local time as if it were UTC, in minutes */
};

static void
zone_use(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void
window_fill(struct window *window, time_t change)
{
	window->start = change - change % 60 - WINDOW_DAYS / 2 * 86400;
	for (int i = 0; i < WINDOW_MINUTES; i++) {
		time_t when = window->start + i * 60;

		localtime_r(&when, &window->local[i]);
		window->naive[i] = (when + window->local[i].tm_gmtoff) / 60;
	}
}

static bool
comes_again(const struct window *window, int i, int step)
{
	for (int n = 1; n <= 25 * 60; n++) {
		int other = i + n * step;

		if (other < 0 || other >= WINDOW_MINUTES)
			return false;
		if (window->naive[other] == window->naive[i])
			return true;
	}
	return false;
}

static bool
matches_in_gap(const struct window *window, const struct sample *sample, int i)
{
	for (int64_t naive = window->naive[i - 1] + 1; naive < window->naive[i]; naive++) {
		time_t when = naive * 60;
		struct tm skipped;

		gmtime_r(&when, &skipped);
		if (sample_matches(sample, &skipped))
			return true;
	}
	return false;
}

static bool
reference_fires(const struct window *window, const struct sample *sample,
    const struct schedule_rules *rules, int i)
{
	if (sample_matches(sample, &window->local[i])) {
		if (sample->hour_is_star || rules->overlap == DST_OVERLAP_BOTH)
			return true;
		if (!comes_again(window, i, rules->overlap == DST_OVERLAP_FIRST ? -1 : 1))
			return true;
	}
	return !sample->hour_is_star && rules->gap == DST_GAP_AFTER &&
	       matches_in_gap(window, sample, i);
}

/* Compares every due time of the middle of the window, and the laws on the way. */
static void
compare(const struct window *window, const struct sample *sample, const char *zone,
    const struct schedule_rules *rules)
{
	struct schedule *schedule = parse_or_fail(sample->text, zone);
	int first = MINUTES_PER_DAY, last = WINDOW_MINUTES - MINUTES_PER_DAY - 120;
	struct walltime when = { ((int64_t)window->start + first * 60) * CLOCK_US_PER_SEC }, next,
			again;
	int left = WALK_MAX;

	for (int i = first + 1; i < last && left > 0; i++) {
		struct walltime here = { ((int64_t)window->start + i * 60) * CLOCK_US_PER_SEC };

		if (!reference_fires(window, sample, rules, i))
			continue;
		left--;
		if (schedule_next(schedule, when, rules, &next, NULL) == -1 || next.us != here.us)
			fail_msg("'%s' in %s gap=%s overlap=%s: after %lld comes %lld, not %lld",
			    sample->text, zone, dst_gap_words[rules->gap],
			    dst_overlap_words[rules->overlap], (long long)(when.us / 1000000),
			    (long long)(next.us / 1000000), (long long)(here.us / 1000000));
		again.us = next.us - 1;
		assert_int_equal(schedule_next(schedule, again, rules, &again, NULL), 0);
		assert_true(again.us == next.us);
		assert_true(next.us > when.us);
		when = next;
	}
	schedule_free(schedule);
}

/* Up to `max` changes of the zone's offset between two years, spread over them. */
static size_t
find_changes(time_t from, time_t to, time_t *changes, size_t max)
{
	time_t all[512];
	size_t count = 0;
	int offset = 0;

	for (time_t when = from; when < to && count < 512; when += 3600) {
		struct tm local;

		localtime_r(&when, &local);
		if (when > from && local.tm_gmtoff != offset)
			all[count++] = when;
		offset = (int)local.tm_gmtoff;
	}
	if (count <= max) {
		memcpy(changes, all, count * sizeof(all[0]));
		return count;
	}
	for (size_t i = 0; i < max; i++)
		changes[i] = all[pick((unsigned)count)];
	return max;
}

static void
next_times_equal_a_slow_search(void **state)
{
	static const struct {
		const char *zone;
		int from, to; /* years since 1970 */
	} zones[] = {
		{"America/New_York",     50,  75 },
		{ "Europe/Berlin",       130, 140},
		{ "Europe/Dublin",       50,  60 },
		{ "Australia/Lord_Howe", 40,  70 },
		{ "Pacific/Apia",        40,  42 },
		{ "America/Havana",      40,  60 },
		{ "Asia/Beirut",         40,  60 },
		{ "America/Asuncion",    40,  54 },
		{ "Africa/Casablanca",   45,  80 },
		{ "America/St_Johns",    25,  45 },
		{ "Antarctica/Troll",    45,  60 },
		{ "Pacific/Kwajalein",   22,  25 },
		{ "America/Sao_Paulo",   35,  49 },
		{ "Asia/Gaza",           45,  80 },
		{ "Asia/Pyongyang",      44,  50 },
		{ "America/Caracas",     36,  48 },
	};
	struct window *window = malloc(sizeof(*window));

	(void)state;
	assert_non_null(window);
	for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
		time_t changes[CHANGES_PER_ZONE];
		size_t count;

		zone_use(zones[z].zone);
		count = find_changes(zones[z].from * 31557600LL, zones[z].to * 31557600LL, changes,
		    CHANGES_PER_ZONE);
		assert_true(count > 0);
		for (size_t c = 0; c < count; c++) {
			window_fill(window, changes[c] + 60 * (time_t)pick(600) - 18000);
			for (int s = 0; s < SCHEDULES_PER_CHANGE; s++) {
				struct schedule_rules rules = { .gap = (enum dst_gap)pick(2),
					.overlap = (enum dst_overlap)pick(3) };
				struct sample sample;

				sample_make(&sample);
				compare(window, &sample, zones[z].zone, &rules);
			}
		}
	}
	free(window);
	unsetenv("TZ");
	tzset();
}

static void
intervals_neither_shift_nor_repeat(void **state)
{
	struct schedule *schedule = parse_or_fail("@every 7min", "UTC");
	struct walltime when = time_or_fail("2026-11-22T05:30:00Z"), next;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct walltime asked = { when.us + 1 + pick(419999999) };

		assert_int_equal(schedule_next(schedule, when, NULL, &next, NULL), 0);
		assert_int_equal(next.us % INT64_C(420000000), 0);
		assert_true(next.us > when.us && next.us - when.us <= INT64_C(420000000));
		/* A restart at any time in between changes nothing. */
		if (asked.us < next.us) {
			assert_int_equal(schedule_next(schedule, asked, NULL, &asked, NULL), 0);
			assert_true(asked.us == next.us);
		}
		when = next;
	}
	schedule_free(schedule);
}

static void
extreme_times_end_in_an_error(void **state)
{
	struct schedule *daily = parse_or_fail("@daily", "Europe/Berlin");
	struct schedule *every = parse_or_fail("@every 1h", "Europe/Berlin");
	struct schedule_rules rules = { .anchor = { INT64_MIN } };
	struct walltime next = { 0 };

	(void)state;
	errno = 0;
	assert_int_equal(
	    schedule_next(daily, (struct walltime){ INT64_MAX }, NULL, &next, NULL), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(
	    schedule_next(every, (struct walltime){ INT64_MAX }, NULL, &next, NULL), -1);
	assert_int_equal(
	    schedule_next(every, (struct walltime){ INT64_MAX }, &rules, &next, NULL), -1);
	assert_int_equal(
	    schedule_next(daily, (struct walltime){ INT64_MIN }, NULL, &next, NULL), 0);
	assert_true(next.us < 0);
	schedule_free(every);
	schedule_free(daily);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_changes_follow_the_rules),
		cmocka_unit_test(next_times_equal_a_slow_search),
		cmocka_unit_test(intervals_neither_shift_nor_repeat),
		cmocka_unit_test(extreme_times_end_in_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
