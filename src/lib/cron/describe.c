#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cron/schedule_struct.h"

#define TIMES_LISTED_MAX 6
#define MINUTES_PER_DAY  1440

/* Text that grows up to the end of its buffer. */
struct text {
	char *buf;
	size_t size, len;
};

/* How one set of bits is worded. */
struct list {
	int first, last;
	const char *const *names; /* NULL: numbers */
};

/* People's weeks begin on Monday, so that Sunday is 7 here. */
static const char *const weekday_names[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday", "Sunday" };
static const char *const month_names[] = { "", "January", "February", "March", "April", "May",
	"June", "July", "August", "September", "October", "November", "December" };
static const char *const nth_names[] = { "last", "first", "second", "third", "fourth", "fifth" };

static void add(struct text *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text->buf + text->len, text->size - text->len, fmt, args);
	va_end(args);
	if (len > 0)
		text->len +=
		    (size_t)len < text->size - text->len ? (size_t)len : text->size - text->len - 1;
}

/* ", " or " and " between the items of a list. */
static void
add_joint(struct text *text, size_t index, size_t count)
{
	if (index > 0)
		add(text, index + 1 < count ? ", " : " and ");
}

static void
add_item(struct text *text, const struct list *list, int value)
{
	if (list->names != NULL)
		add(text, "%s", list->names[value]);
	else
		add(text, "%d", value);
}

static int
run_end(uint64_t bits, int from, int last)
{
	while (from < last && bits >> (from + 1) & 1)
		from++;
	return from;
}

/* "1, 15 and 20", "Monday to Friday". */
static void
add_list(struct text *text, const struct list *list, uint64_t bits)
{
	size_t count = 0, index = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (int value = list->first; value <= list->last; value++) {
			int end;

			if (!(bits >> value & 1))
				continue;
			end = run_end(bits, value, list->last);
			if (end - value < 2)
				end = value;
			if (pass == 0) {
				count++;
			} else {
				add_joint(text, index++, count);
				add_item(text, list, value);
				if (end > value)
					add(text, " to ");
				if (end > value)
					add_item(text, list, end);
			}
			value = end;
		}
	}
}

static int
bit_count(uint64_t bits)
{
	return __builtin_popcountll(bits);
}

/* The step if the set is 0, n, 2n ... 60 for an n that divides 60; otherwise 0. */
static int
even_step(uint64_t bits)
{
	int count = bit_count(bits), step;
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
		add(text, "every %s", unit);
	else
		add(text, "every %d %ss", step, unit);
}

static void
add_seconds(struct text *text, uint64_t seconds)
{
	static const struct list list = { 0, 59, NULL };
	int step = even_step(seconds);

	if (step > 0 && step < 60) {
		add_rate(text, step, "second");
		return;
	}
	add(text, "at second%s ", bit_count(seconds) == 1 ? "" : "s");
	add_list(text, &list, seconds);
}

static void
add_minutes(struct text *text, uint64_t minutes)
{
	static const struct list list = { 0, 59, NULL };
	int step = even_step(minutes);

	if (step > 0 && step < 60) {
		add_rate(text, step, "minute");
		return;
	}
	add(text, "at minute%s ", bit_count(minutes) == 1 ? "" : "s");
	add_list(text, &list, minutes);
}

static int
time_count(const struct calendar *calendar)
{
	int count = 0;

	for (int hour = 0; hour < 24; hour++)
		count += bit_count(calendar->minutes[hour]);
	return count;
}

/* "at 09:00 and 17:30". */
static void
add_times(struct text *text, const struct calendar *calendar)
{
	size_t count = (size_t)time_count(calendar), index = 0;
	int second = __builtin_ctzll(calendar->seconds);

	add(text, "at ");
	for (int minute = 0; minute < 24 * 60; minute++) {
		if (!(calendar->minutes[minute / 60] >> minute % 60 & 1))
			continue;
		add_joint(text, index++, count);
		add(text, "%02d:%02d", minute / 60, minute % 60);
		if (second != 0)
			add(text, ":%02d", second);
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
		add(text, " from %02d:%02d to %02d:%02d", first / 60, first % 60, last / 60 % 24,
		    last % 60);
}

static void
add_hours(struct text *text, uint32_t hours)
{
	static const struct list list = { 0, 23, NULL };
	int step = 24 / bit_count(hours);
	uint32_t even = 0;

	for (int hour = 0; hour < 24; hour += step)
		even |= UINT32_C(1) << hour;
	if (even == hours && step > 1)
		add(text, " of every %d hours", step);
	else if (even == hours)
		add(text, " of every hour");
	else
		add(text, " of hour%s ", bit_count(hours) == 1 ? "" : "s");
	if (even != hours)
		add_list(text, &list, hours);
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

/* Rates and times within the day.  Returns whether it is a rate, which needs no "every day". */
static bool
add_day_part(struct text *text, const struct calendar *calendar)
{
	bool one_second = bit_count(calendar->seconds) == 1;

	if (one_second && time_count(calendar) <= TIMES_LISTED_MAX && !calendar->hour_is_free) {
		add_times(text, calendar);
		return false;
	}
	if (calendar->seconds != 1) {
		add_seconds(text, calendar->seconds);
		if (time_count(calendar) == MINUTES_PER_DAY)
			return true;
		add(text, one_second ? " " : ", ");
	}
	add_rates(text, calendar);
	return true;
}

/* Where months are named, they follow at the end. */
static void
add_of_month(struct text *text, const struct calendar *calendar)
{
	if (calendar->months == CALENDAR_ALL_MONTHS)
		add(text, " of the month");
}

static void
add_dates(struct text *text, const struct calendar *calendar)
{
	static const struct list list = { 1, 31, NULL };
	size_t count = 0, index = 0;

	count = (calendar->days != 0 && calendar->days != CALENDAR_ALL_DAYS) +
		(size_t)bit_count(calendar->days_from_last) +
		(size_t)bit_count(calendar->workdays) +
		(size_t)bit_count(calendar->workdays_from_last);
	if (calendar->days != 0 && calendar->days != CALENDAR_ALL_DAYS) {
		add(text, "day%s ", bit_count(calendar->days) == 1 ? "" : "s");
		add_list(text, &list, calendar->days);
		index++;
	}
	for (int n = 0; n < 32; n++) {
		if (calendar->days_from_last >> n & 1) {
			add_joint(text, index++, count);
			add(text,
			    n == 0   ? "the last day"
			    : n == 1 ? "%d day before the last"
				     : "%d days before the last",
			    n);
		}
		if (calendar->workdays >> n & 1) {
			add_joint(text, index++, count);
			add(text, "the weekday nearest to day %d", n);
		}
		if (calendar->workdays_from_last >> n & 1) {
			add_joint(text, index++, count);
			add(text,
			    n == 0 ? "the last weekday"
				   : "the weekday nearest to %d days before the last",
			    n);
		}
	}
	add_of_month(text, calendar);
}

static bool
has_nth_weekday(const struct calendar *calendar)
{
	for (int day = 0; day < 7; day++)
		if (calendar->nth_weekday[day] != 0)
			return true;
	return false;
}

static void
add_weekdays(struct text *text, const struct calendar *calendar)
{
	static const struct list list = { 1, 7, weekday_names };
	size_t count = bit_count(calendar->weekdays) > 0, index = 0;

	for (int day = 0; day < 7; day++)
		count += (size_t)bit_count(calendar->nth_weekday[day]);
	if (calendar->weekdays != 0) {
		add_list(text, &list, calendar->weekdays | (uint64_t)(calendar->weekdays & 1) << 7);
		index++;
	}
	for (int day = 0; day < 7; day++) {
		for (int n = 0; n < 6; n++) {
			if (!(calendar->nth_weekday[day] >> n & 1))
				continue;
			add_joint(text, index++, count);
			add(text, "the %s %s", nth_names[n], weekday_names[day]);
		}
	}
	if (has_nth_weekday(calendar))
		add_of_month(text, calendar);
}

static bool
has_dates(const struct calendar *calendar)
{
	return calendar->days != CALENDAR_ALL_DAYS &&
	       (calendar->days | calendar->days_from_last | calendar->workdays |
		   calendar->workdays_from_last) != 0;
}

static void
add_years(struct text *text, const struct calendar *calendar)
{
	for (size_t i = 0; i < calendar->year_count; i++) {
		const struct calendar_years *years = &calendar->years[i];

		add(text, i == 0 ? " in " : ", ");
		add(text, "%d", years->first);
		if (years->last > years->first)
			add(text, " to %d", years->last);
		if (years->last > years->first && years->step > 1)
			add(text, " every %d years", years->step);
	}
}

static void
add_days(struct text *text, const struct calendar *calendar)
{
	static const struct list months = { 1, 12, month_names }, weeks = { 1, 53, NULL };
	bool dates = has_dates(calendar), weekdays = calendar->weekdays != 0x7f;

	if (dates)
		add(text, " on ");
	if (dates)
		add_dates(text, calendar);
	if (dates && weekdays)
		add(text, calendar->either ? " or" : " if it is");
	if (weekdays)
		add(text, !dates || calendar->either ? " on " : " ");
	if (weekdays)
		add_weekdays(text, calendar);
	if (calendar->weeks != 0) {
		add(text, " in week ");
		add_list(text, &weeks, calendar->weeks);
	}
	if (calendar->months != CALENDAR_ALL_MONTHS) {
		add(text, dates || has_nth_weekday(calendar) ? " of " : " in ");
		add_list(text, &months, calendar->months);
	}
	add_years(text, calendar);
}

static bool
is_every_day(const struct calendar *calendar)
{
	return !has_dates(calendar) && calendar->weekdays == 0x7f && calendar->weeks == 0;
}

const char *
schedule_describe(const struct schedule *schedule, char *buf, size_t size)
{
	const struct calendar *calendar = &schedule->recurrence.calendar;
	struct text text = { .buf = buf, .size = size };
	char duration[64], times_buf[SCHEDULE_DESCRIBE_MAX];
	struct text times = { .buf = times_buf, .size = sizeof(times_buf) };
	bool is_rate;

	if (size == 0)
		return buf;
	buf[0] = times_buf[0] = '\0';
	if (schedule->recurrence.interval_sec > 0) {
		text_from_duration_ms(
		    schedule->recurrence.interval_sec * 1000, duration, sizeof(duration));
		add(&text, "every %s %s", duration, schedule_zone(schedule));
		return buf;
	}
	is_rate = add_day_part(&times, calendar);
	add(&text, "%s%s", !is_rate && is_every_day(calendar) ? "every day " : "", times_buf);
	add_days(&text, calendar);
	add(&text, " %s", schedule_zone(schedule));
	return buf;
}
