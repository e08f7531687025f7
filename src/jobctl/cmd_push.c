#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "jobctl/args.h"
#include "jobctl/command.h"
#include "jobctl/job_wait.h"
#include "jobctl/listing.h"
#include "jobctl/when.h"
#include "jobctl/jid.h"
#include "proto/verbs.h"

static int read_seconds(const char *option, const char *text, int64_t *seconds);
static char *make_job(const struct call *, const char *jid, const char *args);
static void write_options(
    struct json *, const struct option_values *, struct walltime at, int64_t unique_seconds);

int
cmd_push(struct session *session, struct client *client, const struct call *call)
{
	char jid[JID_TEXT_MAX], answer[300], *args, *job;
	const char *id = jid;
	int code;

	args = args_array("arguments", call->arg_count > 1 ? call->args[1] : "[]");
	if (args == NULL)
		return EXIT_USAGE;
	jid_new(jid);
	job = make_job(call, jid, args);
	free(args);
	if (job == NULL)
		return EXIT_USAGE;
	code = send_line(client, "%s %s", VERB_PUSH, job);
	free(job);
	if (code != EXIT_OK || receive_ok_text(client, answer, sizeof(answer)) == -1)
		return EXIT_FAILED;
	if (strncmp(answer, "KEPT ", 5) == 0)
		id = answer + 5;
	if (call->options.wait)
		return job_wait_print(session, client, id);
	session->output->fact("id", id);
	return EXIT_OK;
}

/* The protocol has whole seconds: what is less is one. */
static int
read_seconds(const char *option, const char *text, int64_t *seconds)
{
	const char *errstr;
	int64_t ms;

	if (text_to_duration_ms(text, &ms, &errstr) == -1) {
		complain("%s: '%s' %s", option, text, errstr);
		return -1;
	}
	*seconds = (ms + 999) / 1000;
	return 0;
}

/* Allocated; NULL after a complaint. */
static char *
make_job(const struct call *call, const char *jid, const char *args)
{
	const struct option_values *given = &call->options;
	struct walltime at = { 0 };
	int64_t unique_seconds = 0;
	struct json json;
	size_t size = strlen(args) + strlen(call->args[0]) * 6 + 1024;
	char *job;

	if (given->at != NULL && when_read(given->at, &at) == -1)
		return NULL;
	if (given->unique != NULL && read_seconds("--unique", given->unique, &unique_seconds) == -1)
		return NULL;
	size += given->queue == NULL ? 0 : strlen(given->queue) * 6;
	for (size_t i = 0; given->tags[i] != NULL; i++)
		size += strlen(given->tags[i]) * 6 + 4;
	job = malloc(size);
	if (job == NULL) {
		complain("out of memory");
		return NULL;
	}
	json_begin(&json, job, size);
	json_object(&json, NULL);
	json_string(&json, "jid", jid);
	json_string(&json, "jobtype", call->args[0]);
	json_raw(&json, "args", args);
	write_options(&json, given, at, unique_seconds);
	json_object_end(&json);
	json_end(&json);
	return job;
}

static void
write_options(struct json *json, const struct option_values *given, struct walltime at,
    int64_t unique_seconds)
{
	char time[WALLTIME_TEXT_MAX];

	if (given->queue != NULL)
		json_string(json, "queue", given->queue);
	if (walltime_is_set(at))
		json_string(json, "at", walltime_format(at, time, sizeof(time)));
	if (given->priority >= 0)
		json_int(json, "priority", given->priority);
	/* Faktory forgets a job with 0 at its first failure, and keeps one with -1 as dead. */
	if (given->retries >= 0)
		json_int(json, "retry", given->retries == 0 ? -1 : given->retries);
	if (unique_seconds == 0 && given->tags[0] == NULL)
		return;
	json_object(json, "custom");
	if (unique_seconds > 0)
		json_int(json, "unique_for", unique_seconds);
	if (given->tags[0] != NULL)
		json_array(json, "tags");
	for (size_t i = 0; given->tags[i] != NULL; i++)
		json_string(json, NULL, given->tags[i]);
	if (given->tags[0] != NULL)
		json_array_end(json);
	json_object_end(json);
}
