#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/options.h"
#include "conf/value.h"
#include "cron/crontab.h"
#include "jobctl/export_crontab.h"
#include "jobctl/import.h"

/* The options of a job that a line says, or that mean nothing to cron. */
static const char *const said[] = { "schedule", "timezone", "command", "shell", "args",
	"description", "enabled", "manual_only", "directory", "environment", "user", "role", "keep",
	"keep_age", "dead_keep", "dead_keep_age", "output_max", "tags", NULL };

static void look(struct export_crontab *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void write_settings(struct export_crontab *);
static void write_variable(struct export_crontab *, const char *variable);
static const char *find_fault(const struct export_crontab *, const struct conf_job *);
static void name_lost_options(struct export_crontab *, const struct conf_job *);
static int write_schedule(
    struct export_crontab *, const struct conf_job *, const char *command, const char **why);
static void change_zone(struct export_crontab *, const char *zone);
static void write_lines(struct export_crontab *, const struct conf_job *,
    const struct crontab_lines *, const char *command);

int
export_begin(struct export_crontab *export)
{
	if (value_set_all_initial(conf_section_find("job")->options, &export->initial) == -1)
		return -1;
	write_settings(export);
	return 0;
}

void
export_end(struct export_crontab *export)
{
	value_free_all(conf_section_find("job")->options, &export->initial);
}

void
export_configured(struct export_crontab *export)
{
	for (size_t i = 0; i < export->conf->job_count; i++)
		if (export->conf->jobs[i].schedule[0] != '\0')
			export_job(export, &export->conf->jobs[i], NULL);
}

static void
look(struct export_crontab *export, const char *fmt, ...)
{
	va_list args;

	export->looks++;
	fputs(IMPORT_LOOK, export->out);
	va_start(args, fmt);
	vfprintf(export->out, fmt, args);
	va_end(args);
	fputc('\n', export->out);
}

/* What is for all jobs. */
static void
write_settings(struct export_crontab *export)
{
	char *const *variable = export->conf->environment;

	for (; *variable != NULL; variable++)
		write_variable(export, *variable);
}

/* Cron takes quotes off where they are at both ends, and knows nothing inside of them. */
static void
write_variable(struct export_crontab *export, const char *variable)
{
	size_t name = strcspn(variable, "=");
	const char *value = variable + name + 1, *quote = "";

	if (strpbrk(value, "\n\r") != NULL) {
		look(export, "%.*s has several lines", (int)name, variable);
		return;
	}
	if (value[0] == '\0' || strpbrk(value, " \t'\"#") != NULL)
		quote = strchr(value, '"') == NULL ? "\"" : "'";
	if (*quote == '\'' && strchr(value, '\'') != NULL)
		look(export, "%.*s has quotes of both kinds", (int)name, variable);
	else
		fprintf(export->out, "%.*s=%s%s%s\n", (int)name, variable, quote, value, quote);
}

/* What cron needs to know above its lines. */
void
export_job(struct export_crontab *export, const struct conf_job *job, const char *why)
{
	char *command = NULL;

	if (why == NULL && (why = find_fault(export, job)) == NULL)
		command = export_command(job, &why);
	fprintf(export->out, "\n# %s%s%s\n", job->name, job->description[0] == '\0' ? "" : ": ",
	    job->description);
	if (command != NULL)
		name_lost_options(export, job);
	if (command == NULL || write_schedule(export, job, command, &why) == -1)
		look(export, "%s (%s) is left out: %s", job->name, job->schedule, why);
	free(command);
}

static const char *
find_fault(const struct export_crontab *export, const struct conf_job *job)
{
	static const char *const faults[] = {
		[CONF_JOB_FOREIGN] = "it is for workers, and has no command",
		[CONF_JOB_COMMAND] = NULL,
		[CONF_JOB_HTTP] = "it asks a URL, and has no command",
		[CONF_JOB_MAIL] = "it is a mail, and has no command",
	};

	if (strpbrk(job->description, "\n\r") != NULL)
		return "its description has several lines";
	if (export->has_user && strpbrk(job->identity.user, " \t") != NULL)
		return "its user has blanks in his name";
	return faults[conf_job_kind(job)];
}

/* What is not as it is by itself, and that no line can say. */
static void
name_lost_options(struct export_crontab *export, const struct conf_job *job)
{
	const struct conf_option *option = conf_section_find("job")->options;
	const char *joint = "";

	for (; option->name != NULL; option++) {
		size_t i = 0;

		while (said[i] != NULL && strcmp(said[i], option->name) != 0)
			i++;
		if (said[i] != NULL || conf_option_equal(option, job, &export->initial))
			continue;
		if (*joint == '\0') {
			fputs(IMPORT_LOOK "cron has nothing for ", export->out);
			export->looks++;
		}
		fprintf(export->out, "%s%s", joint, option->name);
		joint = ", ";
	}
	if (*joint != '\0')
		fputc('\n', export->out);
	if (!export->has_user && job->identity.user[0] != '\0')
		look(export, "it belongs into the crontab of %s", job->identity.user);
}

static int
write_schedule(struct export_crontab *export, const struct conf_job *job, const char *command,
    const char **why)
{
	const char *zone =
	    job->timezone[0] != '\0' ? job->timezone : export->conf->scheduler.timezone;
	struct schedule *schedule =
	    schedule_parse(job->schedule, zone, export->error, sizeof(export->error));
	int result = -1;

	*why = export->error;
	if (schedule == NULL)
		return -1;
	if (crontab_of_schedule(schedule, &export->lines, why) == 0) {
		change_zone(export, export->lines.is_utc ? "UTC" : schedule_zone(schedule));
		write_lines(export, job, &export->lines, command);
		result = 0;
	}
	schedule_free(schedule);
	return result;
}

/* It is the system's zone that a crontab begins with. */
static void
change_zone(struct export_crontab *export, const char *zone)
{
	if (strcmp(export->zone, zone) == 0)
		return;
	snprintf(export->zone, sizeof(export->zone), "%s", zone);
	fprintf(export->out, "CRON_TZ=%s\n", zone);
	export->has_zones = true;
}

/* What does not run by itself is a comment. */
static void
write_lines(struct export_crontab *export, const struct conf_job *job,
    const struct crontab_lines *lines, const char *command)
{
	const char *off = !job->enabled      ? "# disabled: "
			  : job->manual_only ? "# by hand only: "
					     : "";
	const char *user = job->identity.user[0] == '\0' ? "root" : job->identity.user;

	if (lines->differs_by_clock_change)
		look(export, "cron goes another way through a clock change");
	for (const char *line = lines->text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		fprintf(export->out, "%s%.*s %s%s%s\n", off, (int)strcspn(line, "\n"), line,
		    export->has_user ? user : "", export->has_user ? " " : "", command);
		export->jobs += *off == '\0';
	}
}
