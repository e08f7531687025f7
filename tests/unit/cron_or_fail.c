#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cron_or_fail.h"

struct schedule *
parse_or_fail(const char *text, const char *zone)
{
	char err[SCHEDULE_ERROR_MAX];
	struct schedule *schedule = schedule_parse(text, zone, err, sizeof(err));

	if (schedule == NULL)
		fail_msg("'%s' in %s: %s", text, zone, err);
	return schedule;
}

struct walltime
time_or_fail(const char *text)
{
	struct walltime when;
	const char *errstr;

	if (walltime_parse(text, &when, &errstr) == -1)
		fail_msg("'%s' %s", text, errstr);
	return when;
}
