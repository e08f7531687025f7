#include <errno.h>

#include "cron/civil.h"
#include "cron/schedule_struct.h"

/* One search for the next due time, in seconds of UTC. */
struct search {
	const struct calendar *calendar;
	struct zone *zone;
	struct schedule_rules rules;
	int64_t utc;   /* everything before has been looked at */
	int64_t local; /* no match before this local time, seen from utc */
	enum schedule_effect effect;
};

/* What became of a look at one period. */
enum outcome { OUTCOME_FOUND, OUTCOME_GO_ON, OUTCOME_NONE_LEFT, OUTCOME_ERROR };

static int
interval_next(
    int64_t interval_sec, struct walltime after, struct walltime anchor, struct walltime *next)
{
	int64_t interval = interval_sec * CLOCK_US_PER_SEC, since, ticks;

	if (__builtin_sub_overflow(after.us, anchor.us, &since)) {
		errno = ERANGE;
		return -1;
	}
	ticks = civil_floor_div(since, interval) + 1;
	if (__builtin_mul_overflow(ticks, interval, &since) ||
	    __builtin_add_overflow(anchor.us, since, &next->us)) {
		errno = ERANGE;
		return -1;
	}
	return 0;
}

/* Whether a fixed hour runs at this one of two equal local times. */
static bool
pass_is_wanted(const struct search *search, bool earlier, bool later)
{
	if (search->calendar->hour_is_free || search->rules.overlap == DST_OVERLAP_BOTH)
		return true;
	return search->rules.overlap == DST_OVERLAP_FIRST ? !earlier : !later;
}

static enum outcome
found(struct search *search, int64_t utc, enum schedule_effect effect)
{
	search->utc = utc;
	search->effect = effect;
	return OUTCOME_FOUND;
}

/*
 * If `period` begins with a jump of the clock over local times that a fixed hour asks for, the run
 * is at its beginning: one, however many are skipped.
 */
static enum outcome
search_gap(struct search *search, const struct zone_period *period)
{
	struct zone_period before;
	int64_t local;

	if (search->calendar->hour_is_free || search->rules.gap == DST_GAP_SKIP)
		return OUTCOME_GO_ON;
	if (zone_period(search->zone, period->start - 1, &before) == -1)
		return OUTCOME_ERROR;
	if (before.offset >= period->offset ||
	    calendar_next(search->calendar, period->start + before.offset, &local) == -1 ||
	    local >= period->start + period->offset)
		return OUTCOME_GO_ON;
	return found(search, period->start, SCHEDULE_EFFECT_MOVED);
}

/* Looks from where the search is to the end of its period. */
static enum outcome
search_period(struct search *search, const struct zone_period *period)
{
	bool earlier, later;
	int64_t utc;

	for (;; search->utc = utc + 1) {
		if (calendar_next(search->calendar, search->utc + period->offset, &search->local) ==
		    -1) {
			/* A clock change soon after may still repeat what is past. */
			search->local = INT64_MAX;
			return period->end - search->utc > ZONE_CHANGE_MAX_SEC ? OUTCOME_NONE_LEFT
									       : OUTCOME_GO_ON;
		}
		utc = search->local - period->offset;
		if (utc >= period->end)
			return OUTCOME_GO_ON;
		if (zone_repeats(search->zone, utc, &earlier, &later) == -1)
			return OUTCOME_ERROR;
		if (pass_is_wanted(search, earlier, later))
			return found(search, utc,
			    earlier ? SCHEDULE_EFFECT_SECOND
			    : later ? SCHEDULE_EFFECT_FIRST
				    : SCHEDULE_EFFECT_NONE);
	}
}

/*
 * Moves the search on.  A match far behind the period's end saves the periods between; those near
 * it are not passed over, because a clock change may bring the match, or one before it, nearer.
 */
static void
search_on(struct search *search, const struct zone_period *period)
{
	int64_t near = search->local - 3 * ZONE_CHANGE_MAX_SEC;
	bool is_far = search->local < INT64_MAX && near > period->end &&
		      period->end - search->utc > ZONE_CHANGE_MAX_SEC;

	search->utc = is_far ? near : period->end;
}

static enum outcome
search_run(struct search *search)
{
	for (;;) {
		struct zone_period period;
		enum outcome outcome = OUTCOME_GO_ON;

		if (zone_period(search->zone, search->utc, &period) == -1)
			return OUTCOME_ERROR;
		if (search->utc == period.start)
			outcome = search_gap(search, &period);
		if (outcome == OUTCOME_GO_ON)
			outcome = search_period(search, &period);
		if (outcome != OUTCOME_GO_ON)
			return outcome;
		search_on(search, &period);
	}
}

int
schedule_next(const struct schedule *schedule, struct walltime after,
    const struct schedule_rules *rules, struct walltime *next, enum schedule_effect *effect)
{
	struct search search = { .calendar = &schedule->recurrence.calendar,
		.zone = schedule->zone };
	int64_t utc = civil_floor_div(after.us, CLOCK_US_PER_SEC) + 1;
	/* Nothing is due before the first year of the calendar. */
	int64_t first = civil_to_days(CALENDAR_YEAR_MIN, 1, 1) * CIVIL_SECONDS_PER_DAY;

	if (rules != NULL)
		search.rules = *rules;
	if (schedule->recurrence.interval_sec > 0) {
		if (effect != NULL)
			*effect = SCHEDULE_EFFECT_NONE;
		return interval_next(
		    schedule->recurrence.interval_sec, after, search.rules.anchor, next);
	}
	search.utc = utc > first ? utc : first;
	switch (search_run(&search)) {
	case OUTCOME_FOUND:
		next->us = search.utc * CLOCK_US_PER_SEC;
		if (effect != NULL)
			*effect = search.effect;
		return 0;
	case OUTCOME_NONE_LEFT:
		errno = ERANGE;
		return -1;
	case OUTCOME_GO_ON:
	case OUTCOME_ERROR:
		return -1;
	}
	return -1;
}
