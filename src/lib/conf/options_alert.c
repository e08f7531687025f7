#include "conf/options_table.h"

#define ALERTING(field) offsetof(struct conf, alerting.field)

/* clang-format off */

const struct conf_option conf_alerts_options[] = {
	OPTION("job", STRING, ALERTING(job), "", LIVE,
	    .summary = "The type of the jobs that tell about alerts: a mail or a URL; with it the alerts dead, waiting and breaker are there.",
	    .example = "push"),
	OPTION("repeat", DURATION, ALERTING(repeat_ms), "0s", LIVE, .max = YEAR_MS,
	    .summary = "An alert that goes on is told again so often; 0 means once."),
	OPTION("defaults", BOOL, ALERTING(defaults), "true", LIVE,
	    .summary = "The alerts dead, waiting and breaker are there without a section of their own."),
	END
};

const struct conf_option conf_alert_options[] = {
	OPTION("when", STRING, ALERT(when), "", LIVE, .check = value_check_when,
	    .summary = "What is wrong: a measure, perhaps of one queue, type or program, and its bound.",
	    .example = "oldest_waiting queue=mailers > 10min"),
	OPTION("for", DURATION, ALERT(hold_ms), "0s", LIVE, .max = YEAR_MS,
	    .summary = "It is told when it has been so for so long.",
	    .example = "5min"),
	OPTION("job", STRING, ALERT(job), "", LIVE,
	    .summary = "The type of the jobs that tell it; by default that of alerts.",
	    .example = "push"),
	OPTION("repeat", DURATION, ALERT(repeat_ms), NULL, LIVE, .max = YEAR_MS,
	    .summary = "It is told again so often while it goes on; by default as alerts says.",
	    .example = "1h"),
	OPTION("enabled", BOOL, ALERT(enabled), "true", LIVE,
	    .summary = "If false, it is as if the section were not there; it hides a default of its name."),
	END
};

const struct conf_option conf_notify_options[] = {
	OPTION("events", LIST, NOTIFY(events), NULL, LIVE, .check = value_check_event,
	    .summary = "What is told.",
	    .example = "job.dead"),
	OPTION("types", LIST, NOTIFY(types), NULL, LIVE, .check = value_check_line,
	    .summary = "Patterns of job types; by default all.",
	    .example = "billing::*"),
	OPTION("queues", LIST, NOTIFY(queues), NULL, LIVE, .check = value_check_line,
	    .summary = "Patterns of queues; by default all.",
	    .example = "mailers"),
	OPTION("programs", LIST, NOTIFY(programs), NULL, LIVE, .check = value_check_line,
	    .summary = "Patterns of programs; by default all.",
	    .example = "web"),
	OPTION("job", STRING, NOTIFY(job), "", LIVE,
	    .summary = "The type of the jobs that tell it; their argument is the event.",
	    .example = "push"),
	OPTION("enabled", BOOL, NOTIFY(enabled), "true", LIVE,
	    .summary = "If false, it is as if the section were not there."),
	END
};

const struct conf_option conf_alert_hidden_options[] = {
	OPTION("name", STRING, ALERT(name), "", LIVE),
	OPTION("file", STRING, ALERT(file), "", LIVE),
	OPTION("line", INT, ALERT(line), "0", LIVE),
	END
};

const struct conf_option conf_notify_hidden_options[] = {
	OPTION("name", STRING, NOTIFY(name), "", LIVE),
	OPTION("file", STRING, NOTIFY(file), "", LIVE),
	OPTION("line", INT, NOTIFY(line), "0", LIVE),
	END
};
/* clang-format on */
