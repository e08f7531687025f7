#include <stdio.h>
#include <string.h>

#include "conf/alert_when.h"
#include "conf/conf.h"
#include "conf/value.h"

/* The rules of options of alerts and of what is told. */

const char *const conf_event_words[] = {
	[CONF_EVENT_JOB_PUSHED] = "job.pushed",
	[CONF_EVENT_JOB_STARTED] = "job.started",
	[CONF_EVENT_JOB_DONE] = "job.done",
	[CONF_EVENT_JOB_FAILED] = "job.failed",
	[CONF_EVENT_JOB_DEAD] = "job.dead",
	[CONF_EVENT_JOB_CANCELLED] = "job.cancelled",
	[CONF_EVENT_PROGRAM_STARTED] = "program.started",
	[CONF_EVENT_PROGRAM_EXITED] = "program.exited",
	[CONF_EVENT_PROGRAM_STOPPED] = "program.stopped",
	[CONF_EVENT_PROGRAM_FATAL] = "program.fatal",
	[CONF_EVENT_COUNT] = NULL,
};

/* The configuration is read by one thread. */
const char *
value_check_when(const char *text)
{
	static char error[ALERT_ERROR_MAX];
	struct alert_when when;

	/* An empty one is as if it were not there. */
	return text[0] != '\0' && alert_when_parse(text, &when, error) == -1 ? error : NULL;
}

const char *
value_check_event(const char *text)
{
	for (const char *const *word = conf_event_words; *word != NULL; word++)
		if (strcmp(*word, text) == 0)
			return NULL;
	return "is none of job.pushed, job.started, job.done, job.failed, job.dead, job.cancelled, "
	       "program.started, program.exited, program.stopped and program.fatal";
}
