#include <string.h>

#include "restart.h"

static bool ran_well(const struct restart_facts *);

int64_t
restart_delay_ms(const struct conf_program *conf, int64_t failures, uint32_t random)
{
	double delay = (double)conf->backoff_min_ms;
	double jitter;

	for (int64_t n = 1; n < failures && delay < (double)conf->backoff_max_ms; n++)
		delay *= conf->backoff_factor;
	if (delay > (double)conf->backoff_max_ms)
		delay = (double)conf->backoff_max_ms;
	/* From -1 to 1, times the share. */
	jitter = ((double)random / (double)UINT32_MAX * 2 - 1) *
		 (double)conf->backoff_jitter_percent / 100;
	return (int64_t)(delay * (1 + jitter));
}

static bool
ran_well(const struct restart_facts *facts)
{
	return facts->was_ready && facts->exit->uptime_ms >= facts->conf->backoff_min_ms;
}

struct restart_decision
restart_decide(const struct restart_facts *facts)
{
	const struct conf_program *conf = facts->conf;
	bool finished = facts->exit->reason == EXIT_REASON_CODE && facts->exit->expected;
	int64_t failures = facts->failures;

	if (conf->oneshot && finished)
		return (struct restart_decision){ .verdict = RESTART_FINISHED };
	if (conf->restart == CONF_RESTART_NEVER && (facts->was_ready || finished))
		return (struct restart_decision){ .verdict = RESTART_FINISHED };
	if (conf->restart == CONF_RESTART_ON_FAILURE && facts->was_ready && finished)
		return (struct restart_decision){ .verdict = RESTART_FINISHED };
	if (ran_well(facts)) {
		if (facts->exit->uptime_ms >= conf->backoff_reset_ms)
			failures = 0;
		if (failures == 0)
			return (struct restart_decision){ .verdict = RESTART_NOW };
		return (struct restart_decision){ .verdict = RESTART_LATER,
			.delay_ms = restart_delay_ms(conf, failures, facts->random),
			.failures = failures };
	}
	failures++;
	if (failures > conf->start_retries || conf->restart == CONF_RESTART_NEVER)
		return (
		    struct restart_decision){ .verdict = RESTART_GIVE_UP, .failures = failures };
	return (struct restart_decision){ .verdict = RESTART_LATER,
		.delay_ms = restart_delay_ms(conf, failures, facts->random),
		.failures = failures };
}

void
restart_budget_init(struct restart_budget *budget, int64_t limit, int64_t window_ms)
{
	memset(budget, 0, sizeof(*budget));
	budget->limit = limit;
	budget->window_ms = window_ms;
}

int64_t
restart_budget_take(struct restart_budget *budget, struct monotime now)
{
	int64_t bucket_us = budget->window_ms * CLOCK_US_PER_MS / RESTART_BUCKETS;
	int64_t current, total = 0;

	if (budget->limit <= 0 || bucket_us <= 0)
		return 0;
	current = now.us / bucket_us;
	/* Buckets that have left the window are emptied. */
	for (int64_t n = budget->bucket + 1; n <= current && n <= budget->bucket + RESTART_BUCKETS;
	     n++)
		budget->counts[n % RESTART_BUCKETS] = 0;
	budget->bucket = current;
	for (int i = 0; i < RESTART_BUCKETS; i++)
		total += budget->counts[i];
	if (total >= budget->limit)
		return (bucket_us - now.us % bucket_us) / CLOCK_US_PER_MS + 1;
	budget->counts[current % RESTART_BUCKETS]++;
	return 0;
}
