/*
 * What the control socket says about programs, events and plans, as JSON.  Never allocates.
 */
#ifndef JOBD_CONTROL_ROWS_H
#define JOBD_CONTROL_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "journal.h"
#include "plan.h"
#include "program.h"

/* All write into buf and return the length, or -1 if it is too small. */
int64_t row_status(const struct program *, char *buf, size_t size);
int64_t row_event(const struct journal_entry *, char *buf, size_t size);
/* One end of a program. */
int64_t row_exit(const struct program *, const struct exit_info *, char *buf, size_t size);
int64_t row_plan(const struct plan_item *, char *buf, size_t size);
int64_t row_result(const char *name, const char *result, const char *code, const char *message,
    char *buf, size_t size);
/* boot: a number that no other run of jobd has; the numbers of events belong to it. */
int64_t row_hello(int64_t boot, char *buf, size_t size);

#endif
