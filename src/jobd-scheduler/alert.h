/*
 * The alerts of the configuration: looks at their measures when something has changed or a time has
 * come, never in between, and pushes the jobs that tell.  What was told is kept in the store, in
 * the same transaction as the job.  Never reads a clock.
 */
#ifndef SCHEDULER_ALERT_H
#define SCHEDULER_ALERT_H

#include "alert_rule.h"
#include "alert_window.h"
#include "base/json.h"
#include "conf/alert_when.h"
#include "scheduler.h"

/* Between two looks at the same measure, however much happens; and where a look takes long. */
#define ALERT_PACE_MS      INT64_C(1000)
#define ALERT_SLOW_PACE_MS INT64_C(10000)
/* Ready jobs among which the oldest is looked for slowly. */
#define ALERT_MANY 10000
/* Others fill disks too. */
#define ALERT_DISK_MS INT64_C(300000)
/* After a start the runner tells of its breakers again. */
#define ALERT_BREAKERS_MS INT64_C(10000)

#define ALERT_TEXT_MAX 800

struct alert {
	char name[NOTE_KEY_MAX];
	char *condition; /* as it was written */
	char *job;       /* the type of the jobs that tell */
	struct alert_when when;
	struct alert_rule rule;
	struct alert_progress progress;
	struct alert_window window;
	int64_t staged_all, staged_bad; /* of this turn, for the window */
	int64_t value;
	bool known;                   /* the value is */
	char detail[256];             /* what it is made of, "" if nothing is to be said */
	struct walltime looked_at;    /* unset: never */
	int64_t pace_ms;              /* the next look is not sooner, but for its times */
	struct walltime again_at;     /* the measure may change by itself then; unset: never */
	struct walltime trusted_from; /* before, it is not taken for better */
	bool behind;                  /* something has changed since the last look */
};

struct alerts {
	struct scheduler *scheduler;
	struct alert *list;
	size_t count;
	struct walltime begun; /* since when things are known that no store keeps */
	bool touched;          /* something has changed in this turn */
};

/* NULL without memory. */
struct alerts *alerts_new(struct scheduler *);
void alerts_free(struct alerts *);
/* Takes over the configuration, and what the store knows; also after a turn that was lost. */
enum store_result alerts_load(struct alerts *);

/* What happened in this turn. */
void alerts_touch(struct alerts *);
void alerts_attempt(struct alerts *, const struct job *, bool success);
void alerts_missed(struct alerts *, const char *type);
/* Before the commit: looks where it is time to, and pushes what is to be told. */
enum store_result alerts_advance(struct alerts *);
/* When there is something to look at; unset: never.  The end of the turn's changes. */
struct walltime alerts_next(struct alerts *);
void alerts_settle(struct alerts *, bool committed);

/* One of them, as ALERTS lists it. */
void alert_render(struct json *, const void *alert);

/* alert_measure.c: sets value, known, detail and again_at. */
enum store_result alert_measure(struct alerts *, struct alert *);
/* alert_text.c: the sentence for people, and the arguments of the job that tells; free() them. */
void alert_sentence(
    const struct alert *, enum alert_action, struct walltime now, char *buf, size_t size);
char *alert_arguments(const struct alert *, enum alert_action, struct walltime now);

#endif
