#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/words.h"
#include "conf/conf.h"
#include "cron/schedule.h"
#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/next.h"
#include "proto/verbs.h"

#define NEXT_COUNT 5

static int of_expression(struct session *, const struct call *, struct walltime from);
static int of_server(struct session *, struct client *, const struct call *, struct walltime);
static int add_row(struct next *, struct session *, struct client **asker, const struct value *row);
static int of_file(struct session *, const char *file, const struct call *, struct walltime);
static int unknown_job(const struct conf *, const char *name);
static const char *readable_file(const struct session *);
static int64_t wanted(const struct call *);

/* Received, and shown as rows of next.c. */
static const struct view schedules_view = { .member = "schedules" };

int
cmd_next(struct session *session, struct client *client, const struct call *call)
{
	struct walltime from = walltime_now();
	const char *errstr, *file;
	int code;

	if (call->options.from != NULL &&
	    walltime_parse(call->options.from, &from, &errstr) == -1) {
		complain("--from: '%s' %s", call->options.from, errstr);
		return EXIT_USAGE;
	}
	if (call->options.schedule != NULL)
		return of_expression(session, call, from);
	if (call->options.timezone != NULL) {
		complain("--timezone goes with --schedule: a job has its own zone");
		return EXIT_USAGE;
	}
	client = session_try(session, SOCKET_QUEUE, SESSION_DEADLINE_MS, &errstr);
	file = client == NULL ? readable_file(session) : NULL;
	if (client == NULL && file != NULL)
		return of_file(session, file, call, from);
	if (client == NULL)
		client = session_open(session, SOCKET_QUEUE, &code);
	if (client == NULL)
		return code;
	code = of_server(session, client, call, from);
	client_close(client);
	return code;
}

static int64_t
wanted(const struct call *call)
{
	return call->options.count >= 0 ? call->options.count : NEXT_COUNT;
}

/* Times in UTC, one a line, or one array of them: made for scripts. */
static int
of_expression(struct session *session, const struct call *call, struct walltime from)
{
	char err[SCHEDULE_ERROR_MAX], text[WALLTIME_TEXT_MAX];
	struct schedule *schedule;
	struct walltime next = from;
	int64_t i;

	if (call->arg_count > 0) {
		complain("a job's name and --schedule exclude each other");
		return EXIT_USAGE;
	}
	schedule = schedule_parse(call->options.schedule, call->options.timezone, err, sizeof(err));
	if (schedule == NULL) {
		complain("%s", err);
		return EXIT_FAILED;
	}
	if (session->json)
		putchar('[');
	for (i = 0; i < wanted(call); i++) {
		if (schedule_next(schedule, next, NULL, &next, NULL) == -1)
			break;
		walltime_format(next, text, sizeof(text));
		printf(
		    session->json ? "%s\"%s\"" : "%s%s\n", session->json && i > 0 ? "," : "", text);
	}
	if (session->json)
		puts("]");
	schedule_free(schedule);
	if (i == wanted(call))
		return EXIT_OK;
	complain("no more times: %s", strerror(errno));
	return i > 0 ? EXIT_OK : EXIT_FAILED;
}

static int
of_server(
    struct session *session, struct client *client, const struct call *call, struct walltime from)
{
	struct listing listing = { 0 };
	struct client *asker = NULL;
	const struct value *row;
	struct next next;
	int result = send_names(client, VERB_SCHEDULES, "", call, 0);

	if (result != EXIT_OK)
		return result;
	next_begin(&next, session, from, wanted(call));
	result = listing_begin(&listing, session, client, &schedules_view);
	if (result == 1)
		complain("%s", refusal_text(listing.refusal));
	if (result == 0) {
		while ((result = listing_next(&listing, &row)) == 1)
			if ((result = add_row(&next, session, &asker, row)) == -1)
				break;
	}
	listing_end(&listing);
	client_close(asker);
	if (result != 0)
		next.failed = true;
	return next_end(&next) == 0 ? EXIT_OK : EXIT_FAILED;
}

/* One with a rule for short months is asked about on a connection of its own, because the list is
 * still on its way.  -1 after a complaint. */
static int
add_row(struct next *next, struct session *session, struct client **asker, const struct value *row)
{
	char from[WALLTIME_TEXT_MAX];
	struct row answer;
	int code;

	if (!next_has_rule(row)) {
		next_add_row(next, row, NULL);
		return 0;
	}
	if (*asker == NULL && (*asker = session_open(session, SOCKET_QUEUE, &code)) == NULL)
		return -1;
	if (send_line(*asker, "%s %s limit=%" PRId64 " from=%s", VERB_NEXT, row_text(row, "name"),
		next->count > 0 ? next->count : 1,
		walltime_format(next->from, from, sizeof(from))) != EXIT_OK ||
	    receive_row(*asker, &answer) == -1)
		return -1;
	next_add_row(next, row, row_member(answer.value, "next"));
	row_free(&answer);
	return 0;
}

/* Where no jobd runs: the file of -c, or the system's if it is there. */
static const char *
readable_file(const struct session *session)
{
	if (session->conf_file != NULL)
		return session->conf_file;
	return session->run_dir_option == NULL && access(CONF_DEFAULT_FILE, R_OK) == 0
		   ? CONF_DEFAULT_FILE
		   : NULL;
}

static int
of_file(struct session *session, const char *file, const struct call *call, struct walltime from)
{
	char error[CONF_ERROR_MAX];
	struct conf *conf = conf_load(file, error, sizeof(error));
	struct next next;
	int code;

	if (conf == NULL) {
		complain("%s", error);
		return EXIT_FAILED;
	}
	if (call->arg_count > 0 && conf_find_job(conf, call->args[0]) == NULL) {
		code = unknown_job(conf, call->args[0]);
		conf_free(conf);
		return code;
	}
	next_begin(&next, session, from, wanted(call));
	for (size_t i = 0; i < conf->job_count; i++)
		if (call->arg_count == 0 || strcmp(conf->jobs[i].name, call->args[0]) == 0)
			next_add_job(&next, &conf->jobs[i], conf->scheduler.timezone);
	code = next_end(&next) == 0 ? EXIT_OK : EXIT_FAILED;
	conf_free(conf);
	return code;
}

static int
unknown_job(const struct conf *conf, const char *name)
{
	const char **names = calloc(conf->job_count + 1, sizeof(*names)), *nearest = NULL;

	for (size_t i = 0; names != NULL && i < conf->job_count; i++)
		names[i] = conf->jobs[i].name;
	if (names != NULL)
		nearest = words_nearest(name, names);
	complain("%s: there is no job '%s'%s%s%s", conf->file, name,
	    nearest == NULL ? "" : ": is '", nearest == NULL ? "" : nearest,
	    nearest == NULL ? "" : "' meant?");
	free(names);
	return EXIT_FAILED;
}
