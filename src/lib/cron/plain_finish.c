#include <string.h>

#include "cron/plain.h"

#define MINUTES_PER_DAY 1440

typedef int finish_fn(const struct plain *, struct recurrence *);

static bool
said(struct word word)
{
	return word.at != NULL;
}

static bool
says_days(const struct plain *plain)
{
	return said(plain->on_weekday) || said(plain->on_nth_weekday) || said(plain->on_date) ||
	       said(plain->in_month);
}

static int
finish_days(const struct plain *plain, struct recurrence *recurrence)
{
	struct calendar *calendar = &recurrence->calendar;

	if (said(plain->on_date) && (said(plain->on_weekday) || said(plain->on_nth_weekday)))
		return parse_error(plain->parse,
		    said(plain->on_weekday) ? plain->on_weekday : plain->on_nth_weekday,
		    "is a day of the week beside a date, which is ambiguous: '0 0 1 * mon' is "
		    "either, "
		    "'day=1 day_of_week=mon' is both");
	if (said(plain->on_weekday) && said(plain->on_nth_weekday))
		return parse_error(plain->parse, plain->on_weekday,
		    "is a day of every week beside one that is counted in the month: write two "
		    "schedules");
	if (said(plain->on_date)) {
		calendar->days = plain->days;
		calendar->days_from_last = plain->days_from_last;
		calendar->workdays = plain->workdays;
		calendar->workdays_from_last = plain->workdays_from_last;
	}
	if (said(plain->on_weekday) || said(plain->on_nth_weekday)) {
		calendar->weekdays = plain->weekdays;
		memcpy(calendar->nth_weekday, plain->nth_weekday, sizeof(calendar->nth_weekday));
	}
	if (said(plain->in_month))
		calendar->months = plain->months;
	return 0;
}

/* at TIME and TIME; midnight if none was said. */
static int
finish_times(const struct plain *plain, struct recurrence *recurrence)
{
	struct calendar *calendar = &recurrence->calendar;

	if (said(plain->at_minute))
		return parse_error(plain->parse, plain->at_minute,
		    "is a minute of no hour: it goes with 'every hour'; with a day write a time "
		    "such as 9:12");
	if (said(plain->window))
		return parse_error(plain->parse, plain->window,
		    "begins a span of time, which goes with every so many minutes or hours");
	calendar_set_hours(calendar, 0, 0);
	calendar->seconds = 0;
	for (size_t i = 0; i < plain->time_count; i++) {
		if (plain->times[i] % 60 != plain->times[0] % 60)
			return parse_error(plain->parse, plain->at,
			    "begins times with different seconds: write two schedules");
		calendar_add_time(calendar, plain->times[i]);
	}
	if (plain->time_count == 0)
		calendar_add_time(calendar, 0);
	return finish_days(plain, recurrence);
}

static int
finish_none(const struct plain *plain, struct recurrence *recurrence)
{
	if (said(plain->in_month) && !said(plain->on_date) && !said(plain->on_weekday) &&
	    !said(plain->on_nth_weekday))
		return parse_error(plain->parse, plain->in_month,
		    "names a month, but no day: write 1st of january, or every day in january");
	if (!said(plain->at) && !says_days(plain))
		return parse_error_all(plain->parse, "names neither a time nor a day");
	return finish_times(plain, recurrence);
}

static int
finish_day(const struct plain *plain, struct recurrence *recurrence)
{
	if (plain->count > 1)
		return parse_error(plain->parse, plain->every,
		    "days leave open with which day to begin: @every 48h counts from 1970-01-01 "
		    "UTC, "
		    "'0 0 */2 * *' takes the odd days of each month");
	if (said(plain->on_weekday) || said(plain->on_nth_weekday) || said(plain->on_date))
		return parse_error(
		    plain->parse, plain->every, "contradicts the days that are named too");
	return finish_times(plain, recurrence);
}

static int
finish_week(const struct plain *plain, struct recurrence *recurrence)
{
	if (plain->count > 1)
		return parse_error(plain->parse, plain->every,
		    "weeks leave open with which week to begin: @every 2w counts from 1970-01-01 "
		    "UTC, "
		    "'1st and 3rd monday of month' follows the months");
	if (said(plain->on_date) || said(plain->on_nth_weekday))
		return parse_error(plain->parse, plain->every,
		    "contradicts the days of the month that are named too");
	if (!said(plain->on_weekday))
		recurrence->calendar.weekdays = 1;
	return finish_times(plain, recurrence);
}

static int
finish_month(const struct plain *plain, struct recurrence *recurrence)
{
	struct calendar *calendar = &recurrence->calendar;

	if (12 % plain->count != 0)
		return parse_error(plain->parse, plain->every,
		    "months do not fit into a year: 1, 2, 3, 4, 6 and 12 do");
	if (said(plain->in_month))
		return parse_error(
		    plain->parse, plain->every, "contradicts the months that are named too");
	if (said(plain->on_weekday))
		return parse_error(plain->parse, plain->on_weekday,
		    "comes four or five times a month: say which, as in 1st monday of month");
	if (!said(plain->on_date) && !said(plain->on_nth_weekday))
		calendar->days = 2;
	calendar->months = 0;
	for (int month = 1; month <= 12; month += plain->count)
		calendar->months |= (uint16_t)(1U << month);
	return finish_times(plain, recurrence);
}

static int
finish_year(const struct plain *plain, struct recurrence *recurrence)
{
	struct calendar *calendar = &recurrence->calendar;

	if (plain->count > 1)
		return parse_error(plain->parse, plain->every,
		    "years leave open with which year to begin: write a keyed schedule, such as "
		    "year=2030-9999/2");
	if (said(plain->on_weekday) || said(plain->on_date) != said(plain->in_month) ||
	    (said(plain->on_nth_weekday) && !said(plain->in_month)))
		return parse_error(plain->parse, plain->every,
		    "needs a month and a day, such as 1st of june, or neither for 1 January");
	if (!said(plain->on_date) && !said(plain->on_nth_weekday)) {
		calendar->days = 2;
		calendar->months = 2;
	}
	return finish_times(plain, recurrence);
}

/* Fills in the times of day from `from` up to `to` (past midnight if it is beyond a day), in
 * minutes. */
static void
fill_times(struct calendar *calendar, int from, int to, int step)
{
	calendar_set_hours(calendar, 0, 0);
	calendar->seconds = 0;
	for (int minute = from; minute <= to; minute += step)
		calendar_add_time(calendar, minute % MINUTES_PER_DAY * 60);
}

static int
finish_window(const struct plain *plain, int step, struct recurrence *recurrence)
{
	int to = plain->to;

	if (plain->from == plain->to)
		return parse_error(
		    plain->parse, plain->window, "begins a span of time without length");
	if (to < plain->from) {
		if (says_days(plain))
			return parse_error(plain->parse, plain->window,
			    "begins a span over midnight, which leaves open to which day its end "
			    "belongs: "
			    "write two schedules");
		to += MINUTES_PER_DAY;
	}
	if (step > to - plain->from)
		return parse_error(plain->parse, plain->every, "is longer than the span of time");
	fill_times(&recurrence->calendar, plain->from, to, step);
	return finish_days(plain, recurrence);
}

/* A step that does not fit into a day or an hour is counted through, as @every is. */
static int
finish_interval(const struct plain *plain, int64_t seconds, struct recurrence *recurrence)
{
	if (says_days(plain))
		return parse_error(plain->parse, plain->every,
		    "does not divide the day evenly, so it can not be joined with days: say from "
		    "when to when, "
		    "or take another number");
	recurrence->interval_sec = seconds;
	return 0;
}

static int
reject_times(const struct plain *plain)
{
	if (said(plain->at))
		return parse_error(plain->parse, plain->at,
		    "is a time of day beside a rate within the day: write one of them");
	return 0;
}

static int
finish_second(const struct plain *plain, struct recurrence *recurrence)
{
	struct calendar *calendar = &recurrence->calendar;

	if (reject_times(plain) == -1)
		return -1;
	if (said(plain->window) || said(plain->at_minute))
		return parse_error(plain->parse, plain->every,
		    "is a rate in seconds, which takes neither a span of time nor a minute: write "
		    "cron fields");
	if (60 % plain->count != 0)
		return finish_interval(plain, plain->count, recurrence);
	calendar->seconds = 0;
	for (int second = 0; second < 60; second += plain->count)
		calendar->seconds |= UINT64_C(1) << second;
	calendar->hour_is_free = true;
	return finish_days(plain, recurrence);
}

static int
finish_minute(const struct plain *plain, struct recurrence *recurrence)
{
	if (reject_times(plain) == -1)
		return -1;
	if (said(plain->at_minute))
		return parse_error(plain->parse, plain->at_minute,
		    "is a minute beside a rate in minutes: it goes with 'every hour'");
	if (said(plain->window))
		return finish_window(plain, plain->count, recurrence);
	if (MINUTES_PER_DAY % plain->count != 0)
		return finish_interval(plain, (int64_t)plain->count * 60, recurrence);
	fill_times(&recurrence->calendar, 0, MINUTES_PER_DAY - 1, plain->count);
	recurrence->calendar.hour_is_free = plain->count < MINUTES_PER_DAY;
	return finish_days(plain, recurrence);
}

static int
finish_hour(const struct plain *plain, struct recurrence *recurrence)
{
	struct calendar *calendar = &recurrence->calendar;
	bool fits = 24 % plain->count == 0;

	if (reject_times(plain) == -1)
		return -1;
	if (said(plain->at_minute) && (said(plain->window) || !fits))
		return parse_error(plain->parse, plain->at_minute,
		    "is a minute that goes with hours that divide the day, without a span of time");
	if (said(plain->window))
		return finish_window(plain, plain->count * 60, recurrence);
	if (!fits)
		return finish_interval(plain, (int64_t)plain->count * 3600, recurrence);
	fill_times(calendar, 0, MINUTES_PER_DAY - 1, plain->count * 60);
	for (int hour = 0; hour < 24 && said(plain->at_minute); hour += plain->count)
		calendar->minutes[hour] = plain->minutes;
	calendar->hour_is_free = plain->count < 24;
	return finish_days(plain, recurrence);
}

static finish_fn *const finishers[] = {
	[PLAIN_UNIT_NONE] = finish_none,
	[PLAIN_UNIT_SECOND] = finish_second,
	[PLAIN_UNIT_MINUTE] = finish_minute,
	[PLAIN_UNIT_HOUR] = finish_hour,
	[PLAIN_UNIT_DAY] = finish_day,
	[PLAIN_UNIT_WEEK] = finish_week,
	[PLAIN_UNIT_MONTH] = finish_month,
	[PLAIN_UNIT_YEAR] = finish_year,
};

int
plain_finish(const struct plain *plain, struct recurrence *recurrence)
{
	return finishers[plain->unit](plain, recurrence);
}

int
parse_plain(
    struct parse *parse, const struct word *words, size_t count, struct recurrence *recurrence)
{
	struct plain plain = { .parse = parse };

	if (plain_read(&plain, words, count) == -1)
		return -1;
	return plain_finish(&plain, recurrence);
}
