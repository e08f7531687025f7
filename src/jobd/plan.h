/*
 * What changes from one configuration to another, program by program and why.  Pure.
 */
#ifndef JOBD_PLAN_H
#define JOBD_PLAN_H

#include <stddef.h>

#include "conf/conf.h"

enum plan_action {
	PLAN_NONE,   /* nothing that concerns a running process */
	PLAN_CHANGE, /* taken over without a restart */
	PLAN_SIGNAL, /* taken over, and the program gets its reload_signal */
	PLAN_RESTART,
	PLAN_ADD,
	PLAN_REMOVE,
};

enum plan_kind {
	PLAN_KIND_PROGRAM,
	PLAN_KIND_JOB,
	PLAN_KIND_QUEUE,
	PLAN_KIND_WEBHOOK,
	PLAN_KIND_OUTBOX,
	PLAN_KIND_ALERT,
	PLAN_KIND_NOTIFY,
	PLAN_KIND_OPTION
};

struct plan_item {
	enum plan_kind kind;
	enum plan_action action;
	char *name;
	char *why;                          /* "command, environment changed" */
	const struct conf_program *program; /* in the new configuration, NULL when removed */
};

struct plan {
	struct plan_item
	    *items; /* unchanged programs included, in starting order, removed ones last */
	size_t count;
	char *refused; /* NULL, or why this needs a new jobd: "run_dir can't be changed ..." */
};

/* NULL with errno if there is no memory.  The plan refers to `next`, which must outlive it. */
struct plan *plan_make(const struct conf *current, const struct conf *next);
void plan_free(struct plan *);
const char *plan_action_word(enum plan_action);
const char *plan_kind_word(enum plan_kind);

#endif
