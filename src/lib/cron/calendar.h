/*
 * Which local dates and times a schedule names, as sets of bits, and the next of them.  Pure: local
 * time is a number of seconds that knows no zone and no clock change.
 */
#ifndef CRON_CALENDAR_H
#define CRON_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALENDAR_YEAR_MIN   1
#define CALENDAR_YEAR_MAX   9999
#define CALENDAR_YEARS_MAX  16
#define CALENDAR_ALL_MONTHS 0x1ffe
#define CALENDAR_ALL_DAYS   0xfffffffeU
#define CALENDAR_ALL_60     ((UINT64_C(1) << 60) - 1)

struct calendar_years {
	int first, last, step;
};

struct calendar {
	uint64_t seconds;     /* bits 0 to 59 */
	uint64_t minutes[24]; /* bits 0 to 59 of each hour; 0 is an hour without a run */
	/* The day of the month is one of: */
	uint32_t days;           /* bits 1 to 31 */
	uint32_t days_from_last; /* bit n: n days before the last */
	uint32_t workdays; /* bit n: the day from Monday to Friday that is nearest to n, in the same
			      month */
	uint32_t workdays_from_last; /* bit n: the same for n days before the last */
	/* The day of the week is one of: */
	uint8_t weekdays;       /* bits 0 to 6, Sunday is 0 */
	uint8_t nth_weekday[7]; /* per day of the week; bits 1 to 5: that one of the month, bit 0:
				   the last one */
	bool either; /* a day of the month or a day of the week is enough; otherwise both must match
		      */
	uint16_t months; /* bits 1 to 12 */
	uint64_t weeks;  /* bits 1 to 53 of ISO 8601; 0 is any */
	struct calendar_years years[CALENDAR_YEARS_MAX];
	size_t year_count; /* 0 is any year */
	bool hour_is_free; /* the hour is * or a step of it: clock changes are followed, not
			      corrected */
};

/* Every second of every day. */
void calendar_init(struct calendar *);
/* Adds the time of day, in seconds, to the sets; the seconds' set is shared by all times. */
void calendar_add_time(struct calendar *, int second_of_day);
/* Gives every hour of the set (bits 0 to 23) these minutes, and all others none. */
void calendar_set_hours(struct calendar *, uint32_t hours, uint64_t minutes);
/* The days of one month that match, as bits 1 to 31. */
uint32_t calendar_days(const struct calendar *, int64_t year, int month);
/* True if at least one date matches in any year. */
bool calendar_has_date(const struct calendar *);
/* The first match at or after `from`, in seconds of local time; -1 if there is none up to
 * CALENDAR_YEAR_MAX. */
int calendar_next(const struct calendar *, int64_t from, int64_t *next);

#endif
