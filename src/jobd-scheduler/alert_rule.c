#include <inttypes.h>
#include <stdio.h>

#include "alert_rule.h"

static const char *const words[] = {
	[ALERT_OK] = "ok",
	[ALERT_PENDING] = "pending",
	[ALERT_FIRING] = "firing",
};

const char *
alert_state_word(enum alert_state state)
{
	return words[state];
}

/* The clock was set back: what was later is now. */
static void
not_later(struct walltime *when, struct walltime now)
{
	if (when->us > now.us)
		*when = now;
}

static enum alert_action
holds(const struct alert_rule *rule, struct alert_progress *progress, struct walltime now)
{
	if (progress->state == ALERT_OK) {
		progress->state = ALERT_PENDING;
		progress->since = now;
	}
	if (progress->state == ALERT_PENDING) {
		if (walltime_diff_ms(now, progress->since) < rule->hold_ms)
			return ALERT_SAY_NOTHING;
		progress->state = ALERT_FIRING;
		progress->fired_at = now;
		progress->fired++;
	} else if (rule->repeat_ms == 0 ||
		   walltime_diff_ms(now, progress->told_at) < rule->repeat_ms)
		return ALERT_SAY_NOTHING;
	progress->told_at = now;
	return ALERT_SAY_FIRING;
}

enum alert_action
alert_step(const struct alert_rule *rule, struct alert_progress *progress, enum alert_found found,
    struct walltime now)
{
	enum alert_state before = progress->state;

	not_later(&progress->since, now);
	not_later(&progress->fired_at, now);
	not_later(&progress->told_at, now);
	if (found == ALERT_UNKNOWN)
		return ALERT_SAY_NOTHING;
	if (found == ALERT_HOLDS)
		return holds(rule, progress, now);
	progress->state = ALERT_OK;
	progress->since.us = 0;
	if (before != ALERT_FIRING)
		return ALERT_SAY_NOTHING;
	progress->told_at = now;
	return ALERT_SAY_RESOLVED;
}

struct walltime
alert_due(const struct alert_rule *rule, const struct alert_progress *progress)
{
	if (progress->state == ALERT_PENDING)
		return walltime_add_ms(progress->since, rule->hold_ms);
	if (progress->state == ALERT_FIRING && rule->repeat_ms > 0)
		return walltime_add_ms(progress->told_at, rule->repeat_ms);
	return (struct walltime){ 0 };
}

void
alert_progress_write(const struct alert_progress *progress, char *buf, size_t size)
{
	snprintf(buf, size, "%d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, (int)progress->state,
	    progress->since.us, progress->fired_at.us, progress->told_at.us, progress->fired);
}

int
alert_progress_read(const char *text, struct alert_progress *progress)
{
	int state;

	*progress = (struct alert_progress){ .state = ALERT_OK };
	if (sscanf(text, "%d %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &state,
		&progress->since.us, &progress->fired_at.us, &progress->told_at.us,
		&progress->fired) != 5 ||
	    state < ALERT_OK || state > ALERT_FIRING) {
		*progress = (struct alert_progress){ .state = ALERT_OK };
		return -1;
	}
	progress->state = (enum alert_state)state;
	return 0;
}
