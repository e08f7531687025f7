#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/command.h"
#include "jobctl/export_crontab.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

#define PAGE_ROWS 1000

static int ask(struct client *, const char *after);
static int export_row(struct export_crontab *, const struct value *row);
static char *take_text(const struct value *row, const char *member);
static char *take_args(const struct value *row, const char *otherwise);
static bool is_month_end(const struct value *row);

int
export_routines(struct export_crontab *export, struct session *session, struct client *client)
{
	static const struct view plain = { .member = "schedules" };
	char last[300] = "";
	size_t rows;

	do {
		struct listing listing;
		const struct value *row;
		int result;

		if (ask(client, last) != EXIT_OK)
			return -1;
		result = listing_begin(&listing, session, client, &plain);
		if (result == 1)
			complain("%s", refusal_text(listing.refusal));
		for (rows = 0; result == 0 && (result = listing_next(&listing, &row)) == 1;
		     rows++) {
			snprintf(last, sizeof(last), "%s", row_text(row, "name"));
			result = export_row(export, row);
		}
		listing_end(&listing);
		if (result != 0)
			return -1;
	} while (rows > 0);
	return 0;
}

static int
ask(struct client *client, const char *after)
{
	char request[2000];
	struct json json;

	json_begin(&json, request, sizeof(request));
	json_object(&json, NULL);
	json_int(&json, "limit", PAGE_ROWS);
	if (*after != '\0')
		json_string(&json, "after", after);
	json_object_end(&json);
	json_end(&json);
	return send_line(client, "%s %s", VERB_SCHEDULES, request);
}

/* As if the configuration had a job of its name, with what the type of its jobs says besides. */
static int
export_row(struct export_crontab *export, const struct value *row)
{
	const struct conf_job *type = conf_find_job(export->conf, row_text(row, "job"));
	struct conf_job job = type != NULL ? *type : export->initial;
	char *description, nothing[] = "";
	int result = -1;

	job.name = take_text(row, "name");
	job.schedule = take_text(row, "schedule");
	job.timezone = take_text(row, "timezone");
	job.queue = *row_text(row, "queue") != '\0' ? take_text(row, "queue") : strdup(job.queue);
	job.args = take_args(row, job.args);
	job.enabled = job.enabled && row_is(row, "enabled", VALUE_TRUE);
	job.manual_only = false;
	/* It has one of its own, which says what becomes of times that were missed. */
	job.catch_up = export->initial.catch_up;
	job.description = nothing;
	if (asprintf(&description, "%s of a user", row_text(row, "job")) != -1) {
		for (char *at = description; *at != '\0'; at++)
			if (iscntrl((unsigned char)*at))
				*at = '?';
		job.description = description;
		result = 0;
	} else
		description = NULL;
	if (job.name == NULL || job.schedule == NULL || job.timezone == NULL || job.queue == NULL ||
	    job.args == NULL)
		result = -1;
	if (result == 0)
		export_job(export, &job,
		    is_month_end(row) ? "cron has nothing for the last day of a shorter month"
				      : NULL);
	else
		complain("out of memory");
	free(description);
	free(job.name);
	free(job.schedule);
	free(job.timezone);
	free(job.queue);
	free(job.args);
	return result;
}

/* Users' words must not begin a line of their own. */
static char *
take_text(const struct value *row, const char *member)
{
	char *text = strdup(row_text(row, member));

	for (char *at = text; at != NULL && *at != '\0'; at++)
		if (iscntrl((unsigned char)*at))
			*at = isspace((unsigned char)*at) ? ' ' : '?';
	return text;
}

static char *
take_args(const struct value *row, const char *otherwise)
{
	const struct value *args = row_member(row, "args");

	return args == NULL ? strdup(otherwise) : strndup(args->text, args->len);
}

/* The day 31 is the last of any month, and so it stands in its schedule. */
static bool
is_month_end(const struct value *row)
{
	return strcmp(row_text(row, "frequency"), "monthly") == 0 &&
	       strcmp(row_text(row, "month_end"), "last") == 0 && row_number(row, "day", 0) > 28 &&
	       row_number(row, "day", 0) < 31;
}
