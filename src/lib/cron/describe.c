#include "base/text.h"
#include "cron/describe.h"
#include "cron/schedule_struct.h"

/* People's weeks begin on Monday, so that Sunday is 7 here. */
static const char *const weekday_names[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday", "Sunday" };
static const char *const month_names[] = { "", "January", "February", "March", "April", "May",
	"June", "July", "August", "September", "October", "November", "December" };
static const char *const nth_names[] = { "last", "first", "second", "third", "fourth", "fifth" };

/* Where months are named, they follow at the end. */
static void
add_of_month(struct text *text, const struct calendar *calendar)
{
	if (calendar->months == CALENDAR_ALL_MONTHS)
		text_add(text, " of the month");
}

static void
add_dates(struct text *text, const struct calendar *calendar)
{
	static const struct text_list list = { 1, 31, NULL };
	size_t count = 0, index = 0;

	count = (calendar->days != 0 && calendar->days != CALENDAR_ALL_DAYS) +
		(size_t)__builtin_popcountll(calendar->days_from_last) +
		(size_t)__builtin_popcountll(calendar->workdays) +
		(size_t)__builtin_popcountll(calendar->workdays_from_last);
	if (calendar->days != 0 && calendar->days != CALENDAR_ALL_DAYS) {
		text_add(text, "day%s ", __builtin_popcountll(calendar->days) == 1 ? "" : "s");
		text_add_list(text, &list, calendar->days);
		index++;
	}
	for (int n = 0; n < 32; n++) {
		if (calendar->days_from_last >> n & 1) {
			text_add_joint(text, index++, count);
			text_add(text,
			    n == 0   ? "the last day"
			    : n == 1 ? "%d day before the last"
				     : "%d days before the last",
			    n);
		}
		if (calendar->workdays >> n & 1) {
			text_add_joint(text, index++, count);
			text_add(text, "the weekday nearest to day %d", n);
		}
		if (calendar->workdays_from_last >> n & 1) {
			text_add_joint(text, index++, count);
			text_add(text,
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
	static const struct text_list list = { 1, 7, weekday_names };
	size_t count = __builtin_popcountll(calendar->weekdays) > 0, index = 0;

	for (int day = 0; day < 7; day++)
		count += (size_t)__builtin_popcountll(calendar->nth_weekday[day]);
	if (calendar->weekdays != 0) {
		text_add_list(
		    text, &list, calendar->weekdays | (uint64_t)(calendar->weekdays & 1) << 7);
		index++;
	}
	for (int day = 0; day < 7; day++) {
		for (int n = 0; n < 6; n++) {
			if (!(calendar->nth_weekday[day] >> n & 1))
				continue;
			text_add_joint(text, index++, count);
			text_add(text, "the %s %s", nth_names[n], weekday_names[day]);
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

		text_add(text, i == 0 ? " in " : ", ");
		text_add(text, "%d", years->first);
		if (years->last > years->first)
			text_add(text, " to %d", years->last);
		if (years->last > years->first && years->step > 1)
			text_add(text, " every %d years", years->step);
	}
}

static void
add_days(struct text *text, const struct calendar *calendar)
{
	static const struct text_list months = { 1, 12, month_names }, weeks = { 1, 53, NULL };
	bool dates = has_dates(calendar), weekdays = calendar->weekdays != 0x7f;

	if (dates)
		text_add(text, " on ");
	if (dates)
		add_dates(text, calendar);
	if (dates && weekdays)
		text_add(text, calendar->either ? " or" : " if it is");
	if (weekdays)
		text_add(text, !dates || calendar->either ? " on " : " ");
	if (weekdays)
		add_weekdays(text, calendar);
	if (calendar->weeks != 0) {
		text_add(text, " in week ");
		text_add_list(text, &weeks, calendar->weeks);
	}
	if (calendar->months != CALENDAR_ALL_MONTHS) {
		text_add(text, dates || has_nth_weekday(calendar) ? " of " : " in ");
		text_add_list(text, &months, calendar->months);
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
		text_add(&text, "every %s %s", duration, schedule_zone(schedule));
		return buf;
	}
	is_rate = describe_times(&times, calendar);
	text_add(&text, "%s%s", !is_rate && is_every_day(calendar) ? "every day " : "", times_buf);
	add_days(&text, calendar);
	text_add(&text, " %s", schedule_zone(schedule));
	return buf;
}
