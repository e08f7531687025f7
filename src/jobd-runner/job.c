#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "job.h"
#include "word.h"

static int refuse(struct job *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static char *copy_string(const json_t *object, const char *name);
static int read_values(struct job *, json_t *args);
static int read_order(struct job *, const json_t *object);
static int read_run(struct job *, const json_t *object);

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

/* NULL if there is no such string; one with a NUL in it counts as none. */
static char *
copy_string(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return NULL;
	return strdup(json_string_value(value));
}

static int
read_values(struct job *job, json_t *args)
{
	if (args != NULL && !json_is_array(args))
		return refuse(job, "args is not an array");
	job->values = args == NULL ? json_array() : json_incref(args);
	return job->values == NULL ? refuse(job, "out of memory") : 0;
}

int
job_make_words(struct job *job)
{
	size_t count = json_array_size(job->values);

	job->args = json_dumps(job->values, JSON_COMPACT);
	job->arguments = calloc(count + 1, sizeof(*job->arguments));
	if (job->args == NULL || job->arguments == NULL)
		return refuse(job, "out of memory");
	for (size_t i = 0; i < count; i++)
		if ((job->arguments[i] = word_of(json_array_get(job->values, i))) == NULL)
			return refuse(job, "argument %zu has a NUL byte", i + 1);
	return 0;
}

static int
read_order(struct job *job, const json_t *object)
{
	const char *order = json_string_value(json_object_get(object, "order"));

	if (order == NULL || strcmp(order, "kill") != 0)
		return refuse(job, "unknown order '%s'", order == NULL ? "" : order);
	job->kind = JOB_ORDER;
	if ((job->reason = copy_string(object, "reason")) == NULL)
		job->reason = strdup("cancelled");
	return job->reason == NULL ? refuse(job, "out of memory") : 0;
}

static int
read_run(struct job *job, const json_t *object)
{
	const json_t *attempts = json_object_get(object, "attempts");

	job->kind = JOB_RUN;
	if ((job->type = copy_string(object, "jobtype")) == NULL)
		return refuse(job, "jobtype is missing or no string");
	job->attempt = json_is_integer(attempts) && json_integer_value(attempts) > 0
			   ? json_integer_value(attempts)
			   : 1;
	if ((job->due_at = copy_string(object, "due_at")) == NULL &&
	    (job->due_at = strdup("")) == NULL)
		return refuse(job, "out of memory");
	return read_values(job, json_object_get(object, "args"));
}

void
job_parse(struct job *job, const char *text, size_t len)
{
	json_error_t error;
	json_t *object = json_loadb(text, len, JSON_ALLOW_NUL, &error);

	*job = (struct job){ .text = text, .text_len = len };
	if (!json_is_object(object))
		refuse(job, "not a JSON object: %s", object == NULL ? error.text : "another value");
	else if ((job->jid = copy_string(object, "jid")) == NULL)
		refuse(job, "jid is missing or no string");
	else if (json_object_get(object, "order") != NULL)
		read_order(job, object);
	else
		read_run(job, object);
	json_decref(object);
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
