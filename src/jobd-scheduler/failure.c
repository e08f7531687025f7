#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

#include "failure.h"
#include "render.h"

struct context {
	const struct job *job;
	const struct failure *failure;
	const char *first; /* JSON text of the time of the first failure, or NULL */
};

static void
write_bounded(struct json *json, const char *name, const char *text, size_t max)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (len == 0)
		json_string(json, name, "unknown");
	else
		json_string_len(json, name, text, len < max ? len : max);
}

static void
write_failure(struct json *json, const void *arg)
{
	const struct context *context = arg;
	const struct job *job = context->job;
	const struct failure *failure = context->failure;

	json_object(json, NULL);
	json_int(json, "retry_count", job->failures > 0 ? job->failures - 1 : 0);
	json_int(json, "remaining",
	    job->retries > job->failures - 1 ? job->retries - job->failures + 1 : 0);
	if (context->first != NULL)
		json_raw(json, "failed_at", context->first);
	else
		render_time(json, "failed_at", failure->at);
	if (walltime_is_set(failure->next_at))
		render_time(json, "next_at", failure->next_at);
	write_bounded(json, "message", failure->message, FAILURE_MESSAGE_MAX);
	write_bounded(json, "errtype", failure->errtype, FAILURE_TYPE_MAX);
	json_array(json, "backtrace");
	for (size_t i = 0; i < failure->backtrace_count && i < FAILURE_BACKTRACE_MAX; i++)
		write_bounded(json, NULL, failure->backtrace[i], FAILURE_MESSAGE_MAX);
	json_array_end(json);
	json_object_end(json);
}

int
failure_set(struct job *job, const struct failure *failure)
{
	struct context context = { .job = job, .failure = failure };
	char first[WALLTIME_TEXT_MAX + 2];
	struct json_scan scan;
	struct json_piece piece;
	size_t len;
	char *text;
	int result;

	if (json_scan_begin(&scan, job->failure, strlen(job->failure)) == 0) {
		while (json_scan_next(&scan, &piece) == 1) {
			if (json_piece_is(&piece, "failed_at") && piece.value_len < sizeof(first)) {
				memcpy(first, piece.value, piece.value_len);
				first[piece.value_len] = '\0';
				context.first = first;
			}
		}
	}
	if ((text = render(write_failure, &context, &len)) == NULL)
		return -1;
	result = job_set_len(job, &job->failure, text, len);
	free(text);
	return result;
}
