/*
 * Says as a crontab what the calendar of a configuration says, and the schedules that users made,
 * for which a running jobd must be asked.
 */
#ifndef JOBCTL_EXPORT_CRONTAB_H
#define JOBCTL_EXPORT_CRONTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"
#include "cron/crontab.h"
#include "jobctl/session.h"

/* What one export has written so far. */
struct export_crontab {
	FILE *out;
	const struct conf *conf;
	bool has_user;           /* a user before the command, as in /etc/crontab */
	char zone[256];          /* that cron takes the next line in; at first the system's */
	bool has_zones;          /* CRON_TZ lines, which not every cron knows */
	size_t jobs;             /* lines that cron runs */
	size_t looks;            /* comments that begin with IMPORT_LOOK */
	struct conf_job initial; /* a job of which nothing is said */
	/* Room for one job's. */
	struct crontab_lines lines;
	char error[SCHEDULE_ERROR_MAX];
};

/* Begins as { .out, .conf, .has_user, .zone }.  0, or -1 if memory gave out; export_end() in both
 * cases. */
int export_begin(struct export_crontab *);
void export_configured(struct export_crontab *);
/* `why` it can't be written, or NULL if that is to be found out. */
void export_job(struct export_crontab *, const struct conf_job *, const char *why);
/* export_routines.c: those that users made.  0, or -1 after a complaint. */
int export_routines(struct export_crontab *, struct session *, struct client *);
void export_end(struct export_crontab *);

/*
 * What a crontab's line runs for the job: its directory, variables and arguments as a shell wants
 * them, and '%' as cron does.  Allocated; NULL with a phrase that says why it can't be written.
 */
char *export_command(const struct conf_job *, const char **why);

#endif
