#include "cron/describe.h"

#define TIMES_LISTED_MAX 6
#define MINUTES_PER_DAY  1440

/* The step if the set is 0, n, 2n ... 60 for an n that divides 60; otherwise 0. */
static int
even_step(uint64_t bits)
{
	int count = __builtin_popcountll(bits), step;
	uint64_t even = 0;

	if (count == 0 || 60 % count != 0)
		return 0;
	step = 60 / count;
	for (int value = 0; value < 60; value += step)
		even |= UINT64_C(1) << value;
	return even == bits ? step : 0;
}

static void
add_rate(struct text *text, int step, const char *unit)
{
	if (step == 1)
		text_add(text, "every %s", unit);
	else
		text_add(text, "every %d %ss", step, unit);
}

static void
add_seconds(struct text *text, uint64_t seconds)
{
	static const struct text_list list = { 0, 59, NULL };
	int step = even_step(seconds);

	if (step > 0 && step < 60) {
		add_rate(text, step, "second");
		return;
	}
	text_add(text, "at second%s ", __builtin_popcountll(seconds) == 1 ? "" : "s");
	text_add_list(text, &list, seconds);
}

static void
add_minutes(struct text *text, uint64_t minutes)
{
	static const struct text_list list = { 0, 59, NULL };
	int step = even_step(minutes);

	if (step > 0 && step < 60) {
		add_rate(text, step, "minute");
		return;
	}
	text_add(text, "at minute%s ", __builtin_popcountll(minutes) == 1 ? "" : "s");
	text_add_list(text, &list, minutes);
}

static int
time_count(const struct calendar *calendar)
{
	int count = 0;

	for (int hour = 0; hour < 24; hour++)
		count += __builtin_popcountll(calendar->minutes[hour]);
	return count;
}

/* "at 09:00 and 17:30". */
static void
add_times(struct text *text, const struct calendar *calendar)
{
	size_t count = (size_t)time_count(calendar), index = 0;
	int second = __builtin_ctzll(calendar->seconds);

	text_add(text, "at ");
	for (int minute = 0; minute < 24 * 60; minute++) {
		if (!(calendar->minutes[minute / 60] >> minute % 60 & 1))
			continue;
		text_add_joint(text, index++, count);
		text_add(text, "%02d:%02d", minute / 60, minute % 60);
		if (second != 0)
			text_add(text, ":%02d", second);
	}
}

/* The minutes that all hours in use share; *hours says which those are.  0 if they differ. */
static uint64_t
shared_minutes(const struct calendar *calendar, uint32_t *hours)
{
	uint64_t minutes = 0;
	bool differ = false;

	*hours = 0;
	for (int hour = 0; hour < 24; hour++) {
		if (calendar->minutes[hour] == 0)
			continue;
		*hours |= UINT32_C(1) << hour;
		if (minutes != 0 && minutes != calendar->minutes[hour])
			differ = true;
		minutes = calendar->minutes[hour];
	}
	return differ ? 0 : minutes;
}

static bool
has_minute(const struct calendar *calendar, int minute)
{
	return calendar->minutes[minute / 60 % 24] >> minute % 60 & 1;
}

/* The minute that follows the longest pause of the day, which may be over midnight. */
static int
first_after_pause(const struct calendar *calendar)
{
	int first = 0, longest = 0, pause = 0;

	for (int minute = 0; minute < 2 * MINUTES_PER_DAY; minute++, pause++) {
		if (!has_minute(calendar, minute))
			continue;
		if (pause > longest && minute >= MINUTES_PER_DAY) {
			longest = pause;
			first = minute - MINUTES_PER_DAY;
		}
		pause = 0;
	}
	return first;
}

/* The step of evenly spaced times, from *first to *last (which may be past midnight); 0 if they are
 * not even. */
static int
even_times(const struct calendar *calendar, int *first, int *last)
{
	int step = 0;

	*first = *last = first_after_pause(calendar);
	for (int minute = *first + 1; minute < *first + MINUTES_PER_DAY; minute++) {
		if (!has_minute(calendar, minute))
			continue;
		if (step != 0 && minute - *last != step)
			return 0;
		step = minute - *last;
		*last = minute;
	}
	return step;
}

/* True if the times fill the day evenly from midnight on. */
static bool
is_round_the_day(const struct calendar *calendar)
{
	int first, last, step = even_times(calendar, &first, &last);

	return step > 0 && has_minute(calendar, 0) &&
	       step * time_count(calendar) == MINUTES_PER_DAY;
}

static void
add_even_rate(struct text *text, int step)
{
	if (step % 60 == 0)
		add_rate(text, step / 60, "hour");
	else
		add_rate(text, step, "minute");
}

/* Times whose minutes are not the same in each hour. */
static void
add_uneven(struct text *text, const struct calendar *calendar)
{
	int first, last, step = even_times(calendar, &first, &last);

	if (step == 0) {
		add_times(text, calendar);
		return;
	}
	add_even_rate(text, step);
	if (!is_round_the_day(calendar))
		text_add(text, " from %02d:%02d to %02d:%02d", first / 60, first % 60,
		    last / 60 % 24, last % 60);
}

static void
add_hours(struct text *text, uint32_t hours)
{
	static const struct text_list list = { 0, 23, NULL };
	int step = 24 / __builtin_popcountll(hours);
	uint32_t even = 0;

	for (int hour = 0; hour < 24; hour += step)
		even |= UINT32_C(1) << hour;
	if (even == hours && step > 1)
		text_add(text, " of every %d hours", step);
	else if (even == hours)
		text_add(text, " of every hour");
	else
		text_add(text, " of hour%s ", __builtin_popcountll(hours) == 1 ? "" : "s");
	if (even != hours)
		text_add_list(text, &list, hours);
}

/* "every 15 minutes", "at minute 12 of every hour", "every 2 hours". */
static void
add_rates(struct text *text, const struct calendar *calendar)
{
	int first, last, step = even_times(calendar, &first, &last);
	uint32_t hours;
	uint64_t minutes = shared_minutes(calendar, &hours);

	if (minutes == 0) {
		add_uneven(text, calendar);
	} else if (step >= 60 && is_round_the_day(calendar)) {
		add_even_rate(text, step);
	} else {
		int of_hour = even_step(minutes);

		add_minutes(text, minutes);
		if (hours != 0xffffff || of_hour == 0 || of_hour == 60)
			add_hours(text, hours);
	}
}

bool
describe_times(struct text *text, const struct calendar *calendar)
{
	bool one_second = __builtin_popcountll(calendar->seconds) == 1;

	if (one_second && time_count(calendar) <= TIMES_LISTED_MAX && !calendar->hour_is_free) {
		add_times(text, calendar);
		return false;
	}
	if (calendar->seconds != 1) {
		add_seconds(text, calendar->seconds);
		if (time_count(calendar) == MINUTES_PER_DAY)
			return true;
		text_add(text, one_second ? " " : ", ");
	}
	add_rates(text, calendar);
	return true;
}
