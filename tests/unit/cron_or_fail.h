/*
 * Schedules and times from their texts, for the tests of lib/cron; the test fails if one can't be
 * read.
 */
#ifndef TESTS_CRON_OR_FAIL_H
#define TESTS_CRON_OR_FAIL_H

#include "base/clock.h"
#include "cron/schedule.h"

struct schedule *parse_or_fail(const char *text, const char *zone);
struct walltime time_or_fail(const char *text);

#endif
