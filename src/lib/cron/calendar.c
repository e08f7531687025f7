#include <string.h>

#include "cron/calendar.h"
#include "cron/civil.h"

#define SUNDAY   0
#define SATURDAY 6

/* One month as calendar_days() needs it. */
struct month {
	int64_t first; /* day number of its first day */
	int length;
	int weekday; /* of its first day */
};

void
calendar_init(struct calendar *calendar)
{
	memset(calendar, 0, sizeof(*calendar));
	calendar->seconds = CALENDAR_ALL_60;
	calendar_set_hours(calendar, 0xffffff, CALENDAR_ALL_60);
	calendar->days = CALENDAR_ALL_DAYS;
	calendar->weekdays = 0x7f;
	calendar->months = CALENDAR_ALL_MONTHS;
}

void
calendar_add_time(struct calendar *calendar, int second_of_day)
{
	calendar->minutes[second_of_day / 3600] |= UINT64_C(1) << second_of_day / 60 % 60;
	calendar->seconds |= UINT64_C(1) << second_of_day % 60;
}

void
calendar_set_hours(struct calendar *calendar, uint32_t hours, uint64_t minutes)
{
	for (int hour = 0; hour < 24; hour++)
		calendar->minutes[hour] = hours >> hour & 1 ? minutes : 0;
}

/* The day from Monday to Friday nearest to `day`, without leaving the month; 0 if the month has no
 * such day. */
static int
workday_nearest(const struct month *month, int day)
{
	int weekday;

	if (day < 1 || day > month->length)
		return 0;
	weekday = (month->weekday + day - 1) % 7;
	if (weekday == SATURDAY)
		return day > 1 ? day - 1 : day + 2;
	if (weekday == SUNDAY)
		return day < month->length ? day + 1 : day - 2;
	return day;
}

static uint32_t
days_by_date(const struct calendar *calendar, const struct month *month)
{
	uint32_t days = calendar->days;

	if ((calendar->days_from_last | calendar->workdays | calendar->workdays_from_last) == 0)
		return days;
	for (int n = 0; n < 32; n++) {
		if (calendar->days_from_last >> n & 1 && n < month->length)
			days |= UINT32_C(1) << (month->length - n);
		if (calendar->workdays >> n & 1)
			days |= UINT32_C(1) << workday_nearest(month, n);
		if (calendar->workdays_from_last >> n & 1)
			days |= UINT32_C(1) << workday_nearest(month, month->length - n);
	}
	return days;
}

static uint32_t
days_by_nth_weekday(const struct month *month, int weekday, uint8_t which)
{
	int first = (weekday - month->weekday + 7) % 7 + 1;
	uint32_t days = 0;

	for (int n = 1; n <= 5 && first + (n - 1) * 7 <= month->length; n++)
		if (which >> n & 1)
			days |= UINT32_C(1) << (first + (n - 1) * 7);
	if (which & 1)
		days |= UINT32_C(1) << (first + (month->length - first) / 7 * 7);
	return days;
}

static uint32_t
days_by_weekday(const struct calendar *calendar, const struct month *month)
{
	uint32_t days = 0;

	for (int weekday = 0; weekday < 7; weekday++) {
		int first = (weekday - month->weekday + 7) % 7 + 1;

		if (calendar->weekdays >> weekday & 1)
			days |= UINT32_C(0x10204081) << first;
		if (calendar->nth_weekday[weekday] != 0)
			days |= days_by_nth_weekday(month, weekday, calendar->nth_weekday[weekday]);
	}
	return days;
}

static uint32_t
days_by_week(const struct calendar *calendar, const struct month *month)
{
	uint32_t days = 0;

	for (int day = 1; day <= month->length; day++)
		if (calendar->weeks >> civil_week(month->first + day - 1) & 1)
			days |= UINT32_C(1) << day;
	return days;
}

static bool
year_matches(const struct calendar *calendar, int64_t year)
{
	for (size_t i = 0; i < calendar->year_count; i++) {
		const struct calendar_years *years = &calendar->years[i];

		if (year >= years->first && year <= years->last &&
		    (year - years->first) % years->step == 0)
			return true;
	}
	return calendar->year_count == 0;
}

uint32_t
calendar_days(const struct calendar *calendar, int64_t year, int month_number)
{
	struct month month;
	uint32_t days, by_weekday;

	if (!(calendar->months >> month_number & 1) || !year_matches(calendar, year))
		return 0;
	month.first = civil_to_days(year, month_number, 1);
	month.length = civil_month_length(year, month_number);
	month.weekday = civil_weekday(month.first);
	days = days_by_date(calendar, &month);
	by_weekday = days_by_weekday(calendar, &month);
	days = calendar->either ? days | by_weekday : days & by_weekday;
	if (calendar->weeks != 0)
		days &= days_by_week(calendar, &month);
	return days & ((UINT32_C(2) << month.length) - 1) & CALENDAR_ALL_DAYS;
}

bool
calendar_has_date(const struct calendar *calendar)
{
	int64_t first = 2000, last = first + CIVIL_CYCLE_YEARS - 1;

	if (calendar->year_count > 0) {
		first = CALENDAR_YEAR_MIN;
		last = CALENDAR_YEAR_MAX;
	}
	for (int64_t year = first; year <= last; year++) {
		if (!year_matches(calendar, year))
			continue;
		for (int month = 1; month <= 12; month++)
			if (calendar_days(calendar, year, month) != 0)
				return true;
	}
	return false;
}

/* The first matching second of a day at or after `from`; false if the day has no more. */
static bool
time_next(const struct calendar *calendar, int from, int *next)
{
	int hour = from / 3600, minute = from / 60 % 60, second = from % 60;
	uint64_t left;

	if (calendar->minutes[hour] >> minute & 1 && (left = calendar->seconds >> second) != 0) {
		*next = from + __builtin_ctzll(left);
		return true;
	}
	left = minute == 59 ? 0 : calendar->minutes[hour] >> (minute + 1) << (minute + 1);
	while (left == 0 && ++hour < 24)
		left = calendar->minutes[hour];
	if (left == 0)
		return false;
	*next = hour * 3600 + __builtin_ctzll(left) * 60 + __builtin_ctzll(calendar->seconds);
	return true;
}

/* The first matching date at or after `from`, as a day number. */
static bool
date_next(const struct calendar *calendar, int64_t from, int64_t *next)
{
	struct civil date = civil_from_days(from);
	uint32_t days;

	if (date.year < CALENDAR_YEAR_MIN)
		date = (struct civil){ .year = CALENDAR_YEAR_MIN, .month = 1, .day = 1 };
	for (; date.year <= CALENDAR_YEAR_MAX; date.year++, date.month = 1, date.day = 1) {
		if (!year_matches(calendar, date.year))
			continue;
		for (; date.month <= 12; date.month++, date.day = 1) {
			days = calendar_days(calendar, date.year, date.month) >> date.day
										     << date.day;
			if (days != 0) {
				*next = civil_to_days(date.year, date.month, __builtin_ctz(days));
				return true;
			}
		}
	}
	return false;
}

int
calendar_next(const struct calendar *calendar, int64_t from, int64_t *next)
{
	int64_t today = civil_floor_div(from, CIVIL_SECONDS_PER_DAY), day;
	int second = (int)(from - today * CIVIL_SECONDS_PER_DAY);

	if (!date_next(calendar, today, &day))
		return -1;
	if (day > today)
		second = 0;
	if (!time_next(calendar, second, &second)) {
		if (!date_next(calendar, day + 1, &day))
			return -1;
		time_next(calendar, 0, &second);
	}
	*next = day * CIVIL_SECONDS_PER_DAY + second;
	return 0;
}
