/*
 * Takes any text for JSON: what json_check() says of it is what a walk of it says, and jobs of a
 * list are what each of them is alone.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_scan.h"

#include "jobd-scheduler/payload.h"
#include "jobd-scheduler/payload_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool truth)
{
	if (!truth)
		abort();
}

/* What is wrong with the text, found piece by piece. */
static const char *
walk(const char *text, size_t len)
{
	struct json_scan scan;
	struct json_piece piece;
	int more = 1;

	if (json_scan_begin(&scan, text, len) == -1)
		return json_check(text, len);
	while ((more = json_scan_next(&scan, &piece)) == 1) {
		demand(piece.value_len > 0 && json_check(piece.value, piece.value_len) == NULL);
		demand(!piece.is_plain || memchr(piece.value, '\\', piece.value_len) == NULL);
	}
	return more == -1 ? scan.error : NULL;
}

static void
compare_job(const struct job *job, bool good, const char *error, const struct json_piece *piece)
{
	char alone_error[400] = "";
	struct job alone;

	job_init(&alone);
	demand(good == (payload_read(&alone, piece->value, piece->value_len, alone_error,
			    sizeof(alone_error)) == 0));
	demand(strcmp(alone_error, error) == 0 && strcmp(alone.jid, job->jid) == 0);
	if (good) {
		demand(strcmp(alone.type, job->type) == 0 && strcmp(alone.queue, job->queue) == 0 &&
		       strcmp(alone.args, job->args) == 0 && strcmp(alone.extra, job->extra) == 0);
		demand(json_check(job->args, strlen(job->args)) == NULL);
	}
	job_clear(&alone);
}

static void
read_list(struct payload_list *list, const char *text, size_t len)
{
	struct json_scan scan;
	struct json_piece piece;
	char error[400];
	struct job job;
	bool good;

	json_scan_begin(&scan, text, len);
	for (;;) {
		job_init(&job);
		error[0] = '\0';
		if (payload_list_next(list, &job, &good, error, sizeof(error)) == 0)
			break;
		demand(json_scan_next(&scan, &piece) == 1);
		compare_job(&job, good, error, &piece);
		job_clear(&job);
	}
	demand(json_scan_next(&scan, &piece) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A buffer of exactly this size: the sanitizer sees one byte too far. */
	char *text = malloc(size > 0 ? size : 1);
	struct payload_list list;
	const char *wrong, *walked;

	demand(text != NULL);
	memcpy(text, data, size);
	wrong = json_check(text, size);
	walked = walk(text, size);
	demand((wrong == NULL) == (walked == NULL));
	demand(wrong == NULL || strcmp(wrong, walked) == 0);
	demand(payload_list_open(&list, text, size) == 0);
	walked = payload_list_check(&list);
	if (wrong != NULL)
		demand(walked != NULL && strcmp(wrong, walked) == 0);
	else if (walked == NULL)
		read_list(&list, text, size);
	payload_list_close(&list);
	free(text);
	return 0;
}
