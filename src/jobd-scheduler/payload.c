#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "json_scan.h"
#include "payload.h"

/* What we read and write ourselves; everything else goes through untouched. */
static const char *const own_members[] = { "jid", "jobtype", "queue", "args", "priority",
	"created_at", "enqueued_at", "failure" };

static int read_words(struct job *, const json_t *, char *error, size_t size);
static int read_numbers(struct job *, const json_t *, char *error, size_t size);
static int read_times(struct job *, const json_t *, char *error, size_t size);
static int keep_text(struct job *, const char *text, size_t len);

int
payload_read(struct job *job, const char *text, size_t len, char *error, size_t size)
{
	json_error_t where;
	json_t *json;
	int result = -1;

	if (len > PAYLOAD_MAX) {
		snprintf(error, size, "the job is larger than %zu bytes", PAYLOAD_MAX);
		return -1;
	}
	/* As real numbers: what is too large for an integer is for the worker to judge, not for us.
	 */
	json = json_loadb(text, len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &where);
	if (!json_is_object(json))
		snprintf(error, size, "invalid JSON: %s",
		    json == NULL ? where.text : "a job is an object");
	else if (read_words(job, json, error, size) == 0 &&
		 read_numbers(job, json, error, size) == 0 &&
		 read_times(job, json, error, size) == 0) {
		result = keep_text(job, text, len);
		if (result == -1)
			snprintf(error, size, "out of memory");
	}
	json_decref(json);
	return result;
}

/* The member's text if it is a string without NUL, else "". */
static const char *
word(const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);
	const char *text = json_string_value(value);

	return text != NULL && strlen(text) == json_string_length(value) ? text : "";
}

static int
read_words(struct job *job, const json_t *json, char *error, size_t size)
{
	const char *jid = word(json, "jid"), *type = word(json, "jobtype");
	const char *queue =
	    json_object_get(json, "queue") == NULL ? "default" : word(json, "queue");

	error[0] = '\0';
	if (strlen(jid) < JOB_JID_MIN || strlen(jid) > JOB_JID_MAX)
		snprintf(error, size, "jobs must have a reasonable jid parameter");
	else if (type[0] == '\0' || strlen(type) > JOB_NAME_MAX)
		snprintf(error, size, "jobs must have a jobtype parameter");
	else if (!json_is_array(json_object_get(json, "args")))
		snprintf(error, size, "jobs must have an args parameter");
	else if (!job_is_queue_name(queue))
		snprintf(error, size,
		    "cannot get \"%.100s\" queue: queue names must match \\A[a-zA-Z0-9._-]+\\z",
		    queue);
	else if (job_set(job, &job->jid, jid) == -1 || job_set(job, &job->type, type) == -1 ||
		 job_set(job, &job->queue, queue) == -1)
		snprintf(error, size, "out of memory");
	return error[0] == '\0' ? 0 : -1;
}

/* A member that is missing or null is `initial`. */
static int
read_number(
    const json_t *json, const char *key, double initial, double *number, char *error, size_t size)
{
	const json_t *value = json_object_get(json, key);

	*number = initial;
	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_number(value)) {
		snprintf(error, size, "invalid JSON: '%s' is not a number", key);
		return -1;
	}
	*number = json_number_value(value);
	return 0;
}

static double
between(double least, double number, double most)
{
	return number < least ? least : number > most ? most : number;
}

static int
read_numbers(struct job *job, const json_t *json, char *error, size_t size)
{
	double retry, reserve_sec, priority;

	if (read_number(json, "retry", PAYLOAD_RETRIES, &retry, error, size) == -1 ||
	    read_number(json, "reserve_for", 0, &reserve_sec, error, size) == -1 ||
	    read_number(json, "priority", JOB_PRIORITY, &priority, error, size) == -1)
		return -1;
	if (reserve_sec > 86400) {
		snprintf(error, size, "jobs cannot be reserved for more than one day");
		return -1;
	}
	job->retries = (int64_t)between(-1, retry, 1000000);
	job->priority = (int64_t)between(JOB_PRIORITY_MIN, priority, JOB_PRIORITY_MAX);
	job->reserve_ms =
	    reserve_sec == 0 ? PAYLOAD_RESERVE_MS : (int64_t)between(60, reserve_sec, 86400) * 1000;
	return 0;
}

static int
read_times(struct job *job, const json_t *json, char *error, size_t size)
{
	const json_t *at = json_object_get(json, "at");
	const char *errstr;

	if (at != NULL && !json_is_null(at) && strcmp(word(json, "at"), "") != 0 &&
	    walltime_parse(word(json, "at"), &job->run_at, &errstr) == -1) {
		snprintf(error, size, "invalid timestamp for 'at': \"%.60s\": %s", word(json, "at"),
		    errstr);
		return -1;
	}
	if (walltime_parse(word(json, "created_at"), &job->created_at, &errstr) == -1)
		job->created_at.us = 0;
	return 0;
}

static bool
is_own(const struct json_piece *piece)
{
	for (size_t i = 0; i < sizeof(own_members) / sizeof(own_members[0]); i++)
		if (json_piece_is(piece, own_members[i]))
			return true;
	return false;
}

/* args and extra, to the letter.  The text is known to be good JSON. */
static int
keep_text(struct job *job, const char *text, size_t len)
{
	struct json_scan scan;
	struct json_piece piece;
	char *extra = malloc(len + 1), *end = extra;
	int result = 0;

	if (extra == NULL)
		return -1;
	json_scan_begin(&scan, text, len);
	while (json_scan_next(&scan, &piece) == 1) {
		if (json_piece_is(&piece, "args")) {
			result |= job_set_len(job, &job->args, piece.value, piece.value_len);
		} else if (!is_own(&piece)) {
			/* ,"key":value takes no more room than it took in the text */
			*end++ = ',';
			*end++ = '"';
			end = mempcpy(end, piece.key, piece.key_len);
			*end++ = '"';
			*end++ = ':';
			end = mempcpy(end, piece.value, piece.value_len);
		}
	}
	result |= job_set_len(job, &job->extra, extra, (size_t)(end - extra));
	free(extra);
	return result;
}
