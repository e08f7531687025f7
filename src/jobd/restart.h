/*
 * Whether, and after which time, a program that ended is started again; and the budget over all
 * programs.  Pure.
 */
#ifndef JOBD_RESTART_H
#define JOBD_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "exit_info.h"

enum restart_verdict { RESTART_NOW, RESTART_LATER, RESTART_GIVE_UP, RESTART_FINISHED };

struct restart_facts {
	const struct conf_program *conf;
	const struct exit_info *exit;
	bool was_ready;   /* it had reached RUNNING */
	int64_t failures; /* failed starts in a row before this end */
	uint32_t random;  /* any number, for the jitter */
};

struct restart_decision {
	enum restart_verdict verdict;
	int64_t delay_ms; /* with RESTART_LATER */
	int64_t failures; /* failed starts in a row, this end included */
};

/*
 * The rules, also in jobd.conf(5):
 * - It ran well if it was ready and stayed up for at least backoff_min; every other end is a failed
 * start.
 * - A oneshot that exits with an expected code has finished.
 * - restart = never: it has finished.  restart = on_failure: an expected code means that it has
 * finished.
 * - After it ran well it is started at once; only if failed starts came before and backoff_reset
 * has not passed since, after their delay.
 * - The n-th failed start in a row is followed by a delay of backoff_min * backoff_factor^(n-1), at
 * most backoff_max, give or take backoff_jitter percent; after start_retries such delays it is
 * given up.
 */
struct restart_decision restart_decide(const struct restart_facts *);
/* The delay after the n-th failed start in a row, n from 1. */
int64_t restart_delay_ms(const struct conf_program *, int64_t failures, uint32_t random);

/* How many starts happened lately, over all programs; a sliding window in `count` buckets. */
#define RESTART_BUCKETS 16
struct restart_budget {
	int64_t limit, window_ms;
	int64_t counts[RESTART_BUCKETS];
	int64_t bucket; /* number of the newest bucket, counted from the clock's start */
};

void restart_budget_init(struct restart_budget *, int64_t limit, int64_t window_ms);
/* Takes one restart out of the budget: 0, or the milliseconds to wait before asking again. */
int64_t restart_budget_take(struct restart_budget *, struct monotime now);

#endif
