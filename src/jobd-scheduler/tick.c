#include "tick.h"

static const char *const reason_words[TICK_REASON_COUNT] = {
	[TICK_ON_TIME] = "",
	[TICK_CAUGHT_UP] = "caught_up",
	[TICK_MISSED] = "missed",
	[TICK_SUPERSEDED] = "superseded",
	[TICK_TOO_OLD] = "too_old",
	[TICK_PAUSED] = "paused",
	[TICK_OVERLAP] = "overlap",
	[TICK_BACKLOG] = "backlog",
	[TICK_DISABLED] = "disabled",
	[TICK_REFUSED] = "refused",
};

static bool tick_after(const struct tick_rules *, struct walltime cursor, struct tick *);
static void tick_decide(const struct tick_rules *, struct tick *, bool newest, struct walltime now);
static bool is_young(const struct tick_rules *, int64_t late_ms);
static bool window_start(
    const struct tick_rules *, struct walltime cursor, struct walltime now, struct walltime *start);
static size_t count_due(const struct tick_rules *, struct walltime cursor, struct walltime now);

size_t
tick_plan(const struct tick_rules *rules, struct walltime cursor, struct walltime now,
    struct tick *ticks, size_t max)
{
	struct walltime start;
	struct tick tick, next;
	size_t count = 0;
	bool more = tick_after(rules, cursor, &tick);

	if (max > 0 && more && tick.fire_at.us <= now.us &&
	    window_start(rules, cursor, now, &start) && start.us >= tick.due_at.us) {
		tick_decide(rules, &tick, false, now);
		tick.run = false;
		tick.until = start;
		ticks[count++] = tick;
		more = tick_after(rules, start, &tick);
	}
	for (; count < max && more && tick.fire_at.us <= now.us; tick = next) {
		more = tick_after(rules, tick.due_at, &next);
		tick_decide(rules, &tick, !more || next.fire_at.us > now.us, now);
		ticks[count++] = tick;
	}
	return count;
}

/* The first tick behind the cursor, undecided; false if there is none. */
static bool
tick_after(const struct tick_rules *rules, struct walltime cursor, struct tick *tick)
{
	*tick = (struct tick){ .reason = TICK_ON_TIME };
	if (rules->next(rules->next_arg, cursor, &tick->due_at) == -1)
		return false;
	tick->fire_at.us =
	    tick->due_at.us + tick_jitter_us(rules->name, tick->due_at, rules->jitter_ms);
	return true;
}

static void
tick_decide(const struct tick_rules *rules, struct tick *tick, bool newest, struct walltime now)
{
	int64_t late_ms = walltime_diff_ms(now, tick->fire_at);
	bool in_grace = late_ms <= TICK_GRACE_MS;

	tick->run = false;
	if (rules->paused)
		tick->reason = TICK_PAUSED;
	else if (rules->catch_up == CONF_CATCH_UP_SKIP && !(newest && in_grace))
		tick->reason = TICK_MISSED;
	else if (rules->catch_up == CONF_CATCH_UP_ONCE && !newest)
		tick->reason = TICK_SUPERSEDED;
	else if (!in_grace && !is_young(rules, late_ms))
		tick->reason = TICK_TOO_OLD;
	else {
		tick->run = true;
		tick->reason = newest && in_grace ? TICK_ON_TIME : TICK_CAUGHT_UP;
	}
}

static bool
is_young(const struct tick_rules *rules, int64_t late_ms)
{
	return rules->max_age_ms < 0 || late_ms <= rules->max_age_ms;
}

/*
 * If more ticks than the window holds are due, finds a time behind which at most so many are, by
 * halving the span (schedules can't be walked backwards).  What catch_up = all has to run is never
 * left out.
 */
static bool
window_start(const struct tick_rules *rules, struct walltime cursor, struct walltime now,
    struct walltime *start)
{
	bool run_all = rules->catch_up == CONF_CATCH_UP_ALL && !rules->paused;
	int64_t span_us = now.us - cursor.us;
	int64_t keep_us = run_all ? rules->max_age_ms * CLOCK_US_PER_MS : 0;

	if (count_due(rules, cursor, now) <= TICK_WINDOW || (run_all && rules->max_age_ms < 0))
		return false;
	do {
		span_us /= 2;
		start->us = now.us - span_us;
	} while (span_us > keep_us && count_due(rules, *start, now) > TICK_WINDOW);
	if (span_us < keep_us)
		start->us = now.us - keep_us - 1;
	return true;
}

/* How many are to be acted on, counted up to one more than the window. */
static size_t
count_due(const struct tick_rules *rules, struct walltime cursor, struct walltime now)
{
	struct tick tick;
	size_t count = 0;

	while (
	    count <= TICK_WINDOW && tick_after(rules, cursor, &tick) && tick.fire_at.us <= now.us) {
		cursor = tick.due_at;
		count++;
	}
	return count;
}

struct walltime
tick_end(const struct tick *tick)
{
	return walltime_is_set(tick->until) ? tick->until : tick->due_at;
}

struct walltime
tick_next_fire(const struct tick_rules *rules, struct walltime cursor)
{
	struct tick tick;

	if (!tick_after(rules, cursor, &tick))
		return (struct walltime){ 0 };
	return tick.fire_at;
}

/* FNV-1a over the name and the time, then mixed so that neighbouring times spread evenly. */
int64_t
tick_jitter_us(const char *name, struct walltime due_at, int64_t jitter_ms)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325), time = (uint64_t)due_at.us;

	if (jitter_ms <= 0)
		return 0;
	for (const char *c = name; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	for (int i = 0; i < 8; i++, time >>= 8)
		hash = (hash ^ (time & 0xff)) * UINT64_C(0x100000001b3);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	return (int64_t)(hash % (uint64_t)(jitter_ms * CLOCK_US_PER_MS + 1));
}

enum tick_action
tick_overlap(int64_t overlap, size_t active, size_t waiting)
{
	if ((active == 0 && waiting == 0) || overlap == CONF_OVERLAP_PARALLEL)
		return TICK_START;
	if (overlap == CONF_OVERLAP_SKIP)
		return TICK_SKIP_OVERLAP;
	if (overlap == CONF_OVERLAP_REPLACE)
		return TICK_REPLACE;
	return waiting >= TICK_BACKLOG_MAX ? TICK_SKIP_BACKLOG : TICK_BLOCK;
}

const char *
tick_reason_word(enum tick_reason reason)
{
	return reason_words[reason];
}
