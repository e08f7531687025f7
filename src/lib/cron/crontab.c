#include "cron/crontab.h"
#include "cron/describe.h"
#include "cron/schedule_struct.h"

#define SECONDS_PER_DAY 86400
/* Every zone of today is a multiple of this away from UTC. */
#define ZONE_STEP_SEC 900
#define ALL_WEEKDAYS  0x7fU

/* One field of crontab(5) as a set of bits. */
struct set {
	uint64_t bits;
	int first, last; /* of the field */
	bool may_star;   /* a field that begins with * means more than its values */
};

static const char *reason_against(const struct calendar *);
static int of_interval(int64_t seconds, struct crontab_lines *, const char **why);
static int of_calendar(const struct calendar *, struct crontab_lines *, const char **why);

int
crontab_of_schedule(const struct schedule *schedule, struct crontab_lines *lines, const char **why)
{
	const struct recurrence *recurrence = &schedule->recurrence;

	lines->text[0] = '\0';
	lines->count = 0;
	lines->is_utc = lines->differs_by_clock_change = false;
	if (recurrence->interval_sec > 0)
		return of_interval(recurrence->interval_sec, lines, why);
	return of_calendar(&recurrence->calendar, lines, why);
}

/* Ticks are multiples of the interval in UTC, where no clock changes. */
static int
of_interval(int64_t seconds, struct crontab_lines *lines, const char **why)
{
	struct calendar calendar;

	if (seconds % 60 != 0) {
		*why = "cron has no seconds";
		return -1;
	}
	if (SECONDS_PER_DAY % seconds != 0) {
		*why = "it counts through, and cron begins anew each hour and each day";
		return -1;
	}
	calendar_init(&calendar);
	calendar_set_hours(&calendar, 0, 0);
	calendar.seconds = 0;
	for (int64_t second = 0; second < SECONDS_PER_DAY; second += seconds)
		calendar_add_time(&calendar, (int)second);
	calendar.hour_is_free = true;
	lines->is_utc = ZONE_STEP_SEC % seconds != 0;
	if (of_calendar(&calendar, lines, why) == -1)
		return -1;
	lines->differs_by_clock_change = false;
	return 0;
}

/* The step of a set that goes from `from` to the end of the field; 0 if it is none. */
static int
step_of(uint64_t bits, int from, int last)
{
	for (int step = 1; from + step <= last; step++) {
		uint64_t expected = 0;

		for (int value = from; value <= last; value += step)
			expected |= UINT64_C(1) << value;
		if (expected == bits)
			return step;
	}
	return 0;
}

static void
add_run(struct text *text, int first, int last, int step)
{
	text_add(text, first == last ? "%d" : step == 1 ? "%d-%d" : "%d-%d/%d", first, last, step);
}

/* "1-5,7"; the whole of it in one if its steps are equal: "8-20/4". */
static void
add_list(struct text *text, const struct set *set)
{
	int first = __builtin_ctzll(set->bits), last = 63 - __builtin_clzll(set->bits);
	int step = __builtin_popcountll(set->bits) < 3 ? 0 : step_of(set->bits, first, last);

	if (step > 0) {
		add_run(text, first, last, step);
		return;
	}
	for (int value = first, end; value <= last; value = end + 1) {
		end = value;
		if (!(set->bits >> value & 1))
			continue;
		while (set->bits >> (end + 1) & 1)
			end++;
		if (value > first)
			text_add(text, ",");
		add_run(text, value, end, 1);
	}
}

static void
add_field(struct text *text, const struct set *set)
{
	int step = step_of(set->bits, set->first, set->last);

	if (step > 0 && set->may_star)
		text_add(text, step == 1 ? "*" : "*/%d", step);
	else
		add_list(text, set);
}

static const char *
reason_against(const struct calendar *calendar)
{
	bool has_nth = false;

	for (int day = 0; day < 7; day++)
		has_nth |= calendar->nth_weekday[day] != 0;
	return calendar->seconds != 1     ? "cron has no seconds"
	       : calendar->year_count > 0 ? "cron has no years"
	       : calendar->weeks != 0     ? "cron has no weeks of the year"
	       : has_nth                  ? "cron does not count the days of the week in a month"
	       : calendar->days_from_last != 0 || calendar->workdays_from_last != 0
		   ? "cron does not know the last days of a month"
	       : calendar->workdays != 0 ? "cron does not know the nearest working day"
					 : NULL;
}

/*
 * Cron takes a day that matches either field, unless one of them begins with *.  False if both must
 * match and neither can begin so.
 */
static bool
choose_days(const struct calendar *calendar, struct set *days, struct set *weekdays)
{
	bool all_days = calendar->days == CALENDAR_ALL_DAYS;
	bool all_weekdays = calendar->weekdays == ALL_WEEKDAYS;

	*days = (struct set){ calendar->days, 1, 31, true };
	*weekdays = (struct set){ calendar->weekdays, 0, 6, true };
	if (calendar->either) {
		/* "Either" with all of one is every day. */
		if (!all_days && !all_weekdays) {
			days->may_star = weekdays->may_star = false;
			return true;
		}
		days->bits = CALENDAR_ALL_DAYS;
		weekdays->bits = ALL_WEEKDAYS;
		return true;
	}
	return all_days || all_weekdays || step_of(days->bits, 1, 31) > 0 ||
	       step_of(weekdays->bits, 0, 6) > 0;
}

/* The hours that have the minutes of this one, if it is the first of them; 0 otherwise. */
static uint32_t
hours_like(const struct calendar *calendar, int hour)
{
	uint32_t hours = 0;

	if (calendar->minutes[hour] == 0)
		return 0;
	for (int other = 0; other < 24; other++)
		if (calendar->minutes[other] == calendar->minutes[hour]) {
			if (other < hour)
				return 0;
			hours |= UINT32_C(1) << other;
		}
	return hours;
}

/* "0 9 * * 1-5"; false if cron takes another way through a clock change than the calendar. */
static bool
add_line(struct text *text, const struct calendar *calendar, int hour, uint32_t hours)
{
	struct set sets[] = {
		{calendar->minutes[hour], 0, 59, true },
		{ hours,                     0, 23, calendar->hour_is_free },
		{ 0		     },
		{ calendar->months,  1, 12, true },
		{ 0},
	};

	choose_days(calendar, &sets[2], &sets[4]);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (i > 0)
			text_add(text, " ");
		add_field(text, &sets[i]);
	}
	text_add(text, "\n");
	return !calendar->hour_is_free || step_of(hours, 0, 23) > 0;
}

static int
of_calendar(const struct calendar *calendar, struct crontab_lines *lines, const char **why)
{
	struct text text = { .buf = lines->text, .size = sizeof(lines->text) };
	struct set days, weekdays;

	if ((*why = reason_against(calendar)) != NULL)
		return -1;
	if (!choose_days(calendar, &days, &weekdays)) {
		*why = "cron takes a day of the month or a day of the week, not both at once";
		return -1;
	}
	for (int hour = 0; hour < 24; hour++) {
		uint32_t hours = hours_like(calendar, hour);

		if (hours == 0)
			continue;
		if (!add_line(&text, calendar, hour, hours))
			lines->differs_by_clock_change = true;
		lines->count++;
	}
	return 0;
}
