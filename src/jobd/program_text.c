#include <stdio.h>
#include <time.h>

#include "base/text.h"

#include "program.h"

/* What people are told of a program in one line. */

const char *
program_description(const struct program *program, char *buf, size_t size)
{
	char uptime[40];
	time_t sec = program->exit.at.us / CLOCK_US_PER_SEC;
	struct tm tm;

	buf[0] = '\0';
	switch (program->state) {
	case STATE_RUNNING:
		text_from_uptime_ms(
		    monotime_diff_ms(monotime_now(), program->started), uptime, sizeof(uptime));
		snprintf(buf, size, "pid %d, uptime %s%s%s", (int)program->pid, uptime,
		    program->health.state == HEALTH_FAILING ? ", check failing: " : "",
		    program->health.state == HEALTH_FAILING ? program->health.text : "");
		break;
	case STATE_STARTING:
		if (program->reason[0] == '\0' && program->health.text[0] != '\0')
			snprintf(buf, size, "check: %s", program->health.text);
		else
			snprintf(buf, size, "%s", program->reason);
		break;
	case STATE_WAITING:
	case STATE_PREPARING:
	case STATE_BACKOFF:
	case STATE_FATAL:
	case STATE_STOPPING:
	case STATE_EXPELLING:
	case STATE_SWEEPING:
		snprintf(buf, size, "%s", program->reason);
		break;
	case STATE_STOPPED:
	case STATE_EXITED:
		if (program->exit.reason == EXIT_REASON_NONE)
			snprintf(buf, size, "Not started");
		else if (localtime_r(&sec, &tm) != NULL)
			strftime(buf, size, "%b %d %I:%M %p", &tm);
		break;
	case STATE_COUNT:
		break;
	}
	return buf;
}
