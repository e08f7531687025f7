/*
 * One instance of a program that is looked after: its check, its memory and its age, for as long as
 * one process of it runs; and what jobd is to be told of it.  Never speaks to jobd itself.
 */
#ifndef RUNNER_GUARD_H
#define RUNNER_GUARD_H

#include <sys/queue.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "jobd_link.h"
#include "probe.h"

struct guards;

struct guard {
	TAILQ_ENTRY(guard) entry;
	struct guards *guards;
	char *name; /* "web:2" */
	int instance;
	const struct conf_program *program; /* as long as the configuration */
	bool seen;                          /* at the last look at all programs */
	pid_t pid;                          /* 0: there is no process to look after */
	struct monotime started;
	struct probe *probe; /* NULL without a check */
	struct event *memory_timer, *age_timer;
	int64_t memory_pause_ms;
	char tag[160]; /* of its processes, "JOBD_START_ID=..."; "" until it is known */

	/* What jobd is to be told. */
	bool tell;
	enum probe_verdict verdict;
	char text[PROBE_TEXT_MAX];
	const char *expel; /* why it is to be restarted, a word of EXPEL; NULL if it is not */
	char expel_text[PROBE_TEXT_MAX];
	bool expelled; /* jobd was told: it is another process soon */
};

TAILQ_HEAD(guard_list, guard);

/* NULL without memory. */
struct guard *guard_new(struct guards *, const struct conf_program *, const char *name);
void guard_free(struct guard *);
/* What jobd shows of it. */
void guard_see(struct guard *, const struct link_program *);
/* The program of a new configuration. */
void guard_set_program(struct guard *, const struct conf_program *);
/* It is to be restarted; `why` is a constant word of EXPEL.  The first reason counts. */
void guard_expel(struct guard *, const char *why, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* For guard.c: memory and age, in guard_limit.c. */
void guard_limit_begin(struct guard *);
void guard_limit_end(struct guard *);

#endif
