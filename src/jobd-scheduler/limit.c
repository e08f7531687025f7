#include "limit.h"

/*
 * The state is the time at which the bucket will be full again.  A token takes one interval to
 * come, so there is one as long as the bucket is not more than count - 1 intervals from full.
 */
static int64_t
interval_us(const struct limit_rate *rate)
{
	int64_t us = rate->period_ms * CLOCK_US_PER_MS / rate->count;

	return us > 0 ? us : 1;
}

/* A clock that was set back must not keep the bucket empty for longer than it takes to fill. */
static int64_t
full_at(const struct limit_rate *rate, struct walltime state, struct walltime now)
{
	int64_t latest = now.us + rate->count * interval_us(rate);

	if (state.us < now.us)
		return now.us;
	return state.us < latest ? state.us : latest;
}

struct walltime
limit_settle(const struct limit_rate *rate, struct walltime state, struct walltime now)
{
	if (rate->count > 0 && walltime_is_set(state) && state.us > now.us)
		state.us = full_at(rate, state, now);
	return state;
}

struct walltime
limit_next(const struct limit_rate *rate, struct walltime state, struct walltime now)
{
	struct walltime next = now;

	if (rate->count > 0)
		next.us = full_at(rate, state, now) - (rate->count - 1) * interval_us(rate);
	return next;
}

bool
limit_has_token(const struct limit_rate *rate, struct walltime state, struct walltime now)
{
	return limit_next(rate, state, now).us <= now.us;
}

struct walltime
limit_take(const struct limit_rate *rate, struct walltime state, struct walltime now)
{
	if (rate->count > 0)
		state.us = full_at(rate, state, now) + interval_us(rate);
	return state;
}
