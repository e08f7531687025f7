#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "job.h"

enum member {
	MEMBER_JID,
	MEMBER_JOBTYPE,
	MEMBER_ARGS,
	MEMBER_ATTEMPTS,
	MEMBER_DUE_AT,
	MEMBER_ORDER,
	MEMBER_REASON,
	MEMBER_COUNT,
};

static const char *const member_names[MEMBER_COUNT] = {
	[MEMBER_JID] = "jid",
	[MEMBER_JOBTYPE] = "jobtype",
	[MEMBER_ARGS] = "args",
	[MEMBER_ATTEMPTS] = "attempts",
	[MEMBER_DUE_AT] = "due_at",
	[MEMBER_ORDER] = "order",
	[MEMBER_REASON] = "reason",
};

static int refuse(struct job *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int split(struct json_piece members[MEMBER_COUNT], const char *text, size_t len);
static char *copy_string(const struct json_piece *);
static int read_order(struct job *, const struct json_piece *members);
static int read_run(struct job *, const struct json_piece *members);

static int
refuse(struct job *job, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(job->errstr, sizeof(job->errstr), fmt, ap);
	va_end(ap);
	job->kind = JOB_INVALID;
	return -1;
}

/* Of members with the same name the last one counts.  -1 if it is no object. */
static int
split(struct json_piece members[MEMBER_COUNT], const char *text, size_t len)
{
	struct json_scan scan;
	struct json_piece piece;

	if (json_scan_begin(&scan, text, len) == -1 || scan.close != '}')
		return -1;
	while (json_scan_next(&scan, &piece) == 1)
		for (size_t i = 0; i < MEMBER_COUNT; i++)
			if (json_piece_is(&piece, member_names[i]))
				members[i] = piece;
	return 0;
}

/* NULL if there is no such string; one with a NUL in it counts as none. */
static char *
copy_string(const struct json_piece *piece)
{
	char *copy = piece->value == NULL ? NULL : malloc(piece->value_len + 1);

	if (copy == NULL || json_text(piece->value, piece->value_len, copy) >= 0)
		return copy;
	free(copy);
	return NULL;
}

const json_t *
job_values(struct job *job)
{
	json_error_t error;

	if (job->values == NULL)
		job->values = json_loadb(job->values_text, job->values_len, JSON_ALLOW_NUL, &error);
	if (job->values == NULL)
		refuse(job, "args can't be read: %s", error.text);
	return job->values;
}

/* The text without the blanks between its parts; numbers stay as they were written. */
static char *
copy_compact(const char *text, size_t len)
{
	char *copy = malloc(len + 1), *to = copy;
	bool in_string = false;

	for (size_t i = 0; copy != NULL && i < len; i++) {
		if (!in_string && strchr(" \t\r\n", text[i]) != NULL)
			continue;
		if (in_string && text[i] == '\\')
			*to++ = text[i++];
		else if (text[i] == '"')
			in_string = !in_string;
		*to++ = text[i];
	}
	if (copy != NULL)
		*to = '\0';
	return copy;
}

/* A string as it is, everything else as JSON; NULL without memory, or with a NUL. */
static char *
copy_word(const struct json_piece *piece)
{
	return piece->value[0] == '"' ? copy_string(piece)
				      : copy_compact(piece->value, piece->value_len);
}

int
job_make_words(struct job *job)
{
	struct json_piece piece;
	struct json_scan scan;
	size_t count = 0, i = 0;

	json_scan_begin(&scan, job->values_text, job->values_len);
	while (json_scan_next(&scan, &piece) == 1)
		count++;
	job->args = copy_compact(job->values_text, job->values_len);
	job->arguments = calloc(count + 1, sizeof(*job->arguments));
	if (job->args == NULL || job->arguments == NULL)
		return refuse(job, "out of memory");
	json_scan_begin(&scan, job->values_text, job->values_len);
	for (; json_scan_next(&scan, &piece) == 1; i++)
		if ((job->arguments[i] = copy_word(&piece)) == NULL)
			return refuse(job, "argument %zu has a NUL byte", i + 1);
	return 0;
}

static int
read_order(struct job *job, const struct json_piece *members)
{
	char *order = copy_string(&members[MEMBER_ORDER]);
	int result = 0;

	if (order == NULL || strcmp(order, "kill") != 0)
		result = refuse(job, "unknown order '%s'", order == NULL ? "" : order);
	free(order);
	if (result == -1)
		return -1;
	job->kind = JOB_ORDER;
	if ((job->reason = copy_string(&members[MEMBER_REASON])) == NULL)
		job->reason = strdup("cancelled");
	return job->reason == NULL ? refuse(job, "out of memory") : 0;
}

/* From 1; what is no such number is the first attempt. */
static int64_t
read_attempt(const struct json_piece *piece)
{
	char *end = NULL;
	long long attempt = piece->value == NULL ? 1 : strtoll(piece->value, &end, 10);

	return end == piece->value + piece->value_len && attempt > 0 ? attempt : 1;
}

static int
read_run(struct job *job, const struct json_piece *members)
{
	const struct json_piece *args = &members[MEMBER_ARGS];

	job->kind = JOB_RUN;
	if ((job->type = copy_string(&members[MEMBER_JOBTYPE])) == NULL)
		return refuse(job, "jobtype is missing or no string");
	job->attempt = read_attempt(&members[MEMBER_ATTEMPTS]);
	if ((job->due_at = copy_string(&members[MEMBER_DUE_AT])) == NULL &&
	    (job->due_at = strdup("")) == NULL)
		return refuse(job, "out of memory");
	if (args->value != NULL && args->value[0] != '[')
		return refuse(job, "args is not an array");
	job->values_text = args->value != NULL ? args->value : "[]";
	job->values_len = args->value != NULL ? args->value_len : 2;
	return 0;
}

/* An order has no type; what a client pushed may have a member of any name. */
void
job_parse(struct job *job, const char *text, size_t len)
{
	struct json_piece members[MEMBER_COUNT] = { 0 };
	const char *error = json_check(text, len);

	*job = (struct job){ .text = text, .text_len = len };
	if (error != NULL || split(members, text, len) == -1)
		refuse(job, "not a JSON object: %s", error != NULL ? error : "another value");
	else if ((job->jid = copy_string(&members[MEMBER_JID])) == NULL)
		refuse(job, "jid is missing or no string");
	else if (members[MEMBER_ORDER].value != NULL && members[MEMBER_JOBTYPE].value == NULL)
		read_order(job, members);
	else
		read_run(job, members);
}

void
job_clear(struct job *job)
{
	for (size_t i = 0; job->arguments != NULL && job->arguments[i] != NULL; i++)
		free(job->arguments[i]);
	free(job->arguments);
	json_decref(job->values);
	free(job->jid);
	free(job->type);
	free(job->args);
	free(job->due_at);
	free(job->reason);
	memset(job, 0, sizeof(*job));
}
