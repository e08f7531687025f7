#include "probe_rule.h"

/* Until it passes or counted failures begin: 0.1 s, 0.2 s, 0.4 s, ..., because a program that
 * starts is waited for.
 */
#define FIRST_PAUSE_MS 100
/* A verdict that stays is told again now and then, so that it is seen to be looked after. */
#define TELL_AGAIN_MS 60000

static enum probe_action take_success(struct probe_state *, const struct probe_rule *);
static enum probe_action take_failure(
    struct probe_state *, const struct probe_rule *, const struct probe_result *);

const char *
probe_verdict_word(enum probe_verdict verdict)
{
	static const char *const words[PROBE_VERDICT_COUNT] = {
		[PROBE_UNKNOWN] = "unknown",
		[PROBE_PASSING] = "passing",
		[PROBE_FAILING] = "failing",
	};

	return words[verdict];
}

static enum probe_action
take_success(struct probe_state *state, const struct probe_rule *rule)
{
	state->proven = true;
	state->failures = 0;
	if (state->successes < rule->successes)
		state->successes++;
	if (state->verdict == PROBE_PASSING || state->successes < rule->successes)
		return PROBE_NOTHING;
	state->verdict = PROBE_PASSING;
	return PROBE_TELL;
}

static enum probe_action
take_failure(
    struct probe_state *state, const struct probe_rule *rule, const struct probe_result *result)
{
	state->successes = 0;
	if (!result->counts || (!state->proven && result->age_ms < rule->grace_ms))
		return PROBE_NOTHING;
	if (state->failures < rule->failures)
		state->failures++;
	if (state->failures < rule->failures)
		return PROBE_NOTHING;
	if (rule->restarts)
		return PROBE_RESTART;
	if (state->verdict == PROBE_FAILING)
		return PROBE_NOTHING;
	state->verdict = PROBE_FAILING;
	return PROBE_TELL;
}

enum probe_action
probe_take(
    struct probe_state *state, const struct probe_rule *rule, const struct probe_result *result)
{
	enum probe_action action;
	/* What keeps a passing program from it once is not told until it counts. */
	bool is_news = result->is_news && state->verdict != PROBE_PASSING;

	state->tries++;
	action = result->good ? take_success(state, rule) : take_failure(state, rule, result);
	if (action == PROBE_NOTHING &&
	    (is_news || (monotime_is_set(state->told) &&
			    monotime_diff_ms(result->now, state->told) >= TELL_AGAIN_MS)))
		action = PROBE_TELL;
	if (action == PROBE_TELL)
		state->told = result->now;
	return action;
}

int64_t
probe_pause_ms(const struct probe_state *state, const struct probe_rule *rule)
{
	int64_t pause_ms = FIRST_PAUSE_MS;

	if (state->verdict != PROBE_UNKNOWN || state->failures > 0)
		return rule->interval_ms;
	for (int64_t i = 1; i < state->tries && pause_ms < rule->interval_ms; i++)
		pause_ms *= 2;
	return pause_ms < rule->interval_ms ? pause_ms : rule->interval_ms;
}
