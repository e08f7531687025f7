/*
 * What the results of a program's check mean: whether it passes, when that is to be told, when the
 * program is to be restarted, and when the next try is.  Pure.
 */
#ifndef RUNNER_PROBE_RULE_H
#define RUNNER_PROBE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum probe_verdict { PROBE_UNKNOWN, PROBE_PASSING, PROBE_FAILING };
#define PROBE_VERDICT_COUNT 3

enum probe_action {
	PROBE_NOTHING,
	PROBE_TELL,    /* jobd is to be told of the verdict */
	PROBE_RESTART, /* the program is to be restarted */
};

struct probe_rule {
	int64_t failures, successes; /* in a row that change the verdict */
	int64_t grace_ms;            /* so long after the start failures do not count ... */
	int64_t interval_ms;
	bool restarts; /* a failing one is restarted */
};

/* Begins zeroed with each start of the program. */
struct probe_state {
	enum probe_verdict verdict;
	bool proven; /* ... or until a success */
	int64_t failures, successes, tries;
	struct monotime told;
};

/* What a result is judged by, besides the rule. */
struct probe_result {
	bool good;
	bool counts;    /* false: it is not ready yet, and failures mean nothing */
	bool is_news;   /* the text differs from that of the last one */
	int64_t age_ms; /* of the program */
	struct monotime now;
};

const char *probe_verdict_word(enum probe_verdict);
/* Takes a result in. */
enum probe_action probe_take(
    struct probe_state *, const struct probe_rule *, const struct probe_result *);
/* From the end of a try to the next one. */
int64_t probe_pause_ms(const struct probe_state *, const struct probe_rule *);

#endif
