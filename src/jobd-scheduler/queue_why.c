#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "limit.h"
#include "queue_private.h"

struct answer {
	struct queue_because *list;
	size_t *count;
};

static void add(const struct answer *answer, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
add(const struct answer *answer, const char *what, const char *fmt, ...)
{
	struct queue_because *because;
	va_list ap;

	if (*answer->count == QUEUE_BECAUSE_MAX)
		return;
	because = &answer->list[(*answer->count)++];
	because->what = what;
	va_start(ap, fmt);
	vsnprintf(because->text, sizeof(because->text), fmt, ap);
	va_end(ap);
}

static void
explain_time(const struct job *job, const struct answer *answer)
{
	char when[WALLTIME_TEXT_MAX];

	walltime_format((struct walltime){ job->run_at.us - job->run_at.us % CLOCK_US_PER_SEC },
	    when, sizeof(when));
	if (job->state == JOB_RETRY)
		add(answer, "backoff", "failed %" PRId64 " time%s, tried again at %s",
		    job->failures, job->failures == 1 ? "" : "s", when);
	else
		add(answer, "scheduled", "its time is %s", when);
	/* What jobd-runner says when it gives a job back because of one. */
	if (job->state == JOB_SCHEDULED && strncmp(job->reason, "breaker of ", 11) == 0)
		add(answer, "breaker", "the %s", job->reason);
}

/* What the last failure says, cut to size; "" if it says nothing. */
static void
failure_message(const struct job *job, char *text, size_t size)
{
	char *message = malloc(strlen(job->failure) + 1);
	struct json_scan scan;
	struct json_piece piece;

	text[0] = '\0';
	if (message == NULL || json_scan_begin(&scan, job->failure, strlen(job->failure)) == -1) {
		free(message);
		return;
	}
	while (json_scan_next(&scan, &piece) == 1) {
		if (json_piece_is(&piece, "message") &&
		    json_text(piece.value, piece.value_len, message) >= 0)
			strlcpy(text, message, size);
	}
	free(message);
}

static void
explain_end(const struct job *job, const struct answer *answer)
{
	char message[200];

	failure_message(job, message, sizeof(message));
	if (job->state == JOB_CANCELLED)
		add(answer, "ended", "%s", job->reason[0] != '\0' ? job->reason : "cancelled");
	else
		add(answer, "ended", "failed %" PRId64 " time%s, and is not tried again: %s",
		    job->failures, job->failures == 1 ? "" : "s",
		    message[0] != '\0' ? message : job->reason);
}

static enum store_result
explain_awaited(struct queue *queue, const struct job *job, const struct answer *answer)
{
	struct store *store = queue->store;
	struct job awaited;
	enum store_result result;
	int64_t id;

	if ((result = store->ops->after_first(store, job->id, &id)) != STORE_OK ||
	    (result = store->ops->job_get_id(store, id, &awaited)) != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	add(answer, "after", "waits for %s, which is %s", awaited.jid,
	    job_state_word(awaited.state));
	job_clear(&awaited);
	return STORE_OK;
}

static enum store_result
explain_block(struct queue *queue, const struct job *job, const struct answer *answer)
{
	const struct conf_job *type = queue_type(queue, job);

	if (job->block == JOB_BLOCK_AFTER)
		return explain_awaited(queue, job, answer);
	if (job->block == JOB_BLOCK_CHILDREN)
		add(answer, "parent", "its own work is done; %" PRId64 " of its children are not",
		    job->children);
	else if (job->concurrency_key[0] != '\0')
		add(answer, "key", "%" PRId64 " with the key '%.200s' run or are about to",
		    queue_gate_limit(queue, job), job->concurrency_key);
	else if (type != NULL && type->concurrency > 0)
		add(answer, "concurrency", "%" PRId64 " of its type run or are about to",
		    type->concurrency);
	else
		add(answer, "overlap", "another one of its type runs or is about to");
	return STORE_OK;
}

static enum store_result
explain_ready(struct queue *queue, const struct job *job, const struct answer *answer)
{
	struct queue_limits limits = queue_limits_of(queue, job->queue);
	struct limit_rate rate = { limits.rate, limits.rate_period_ms };
	const struct queue_slot *slot = queue_slot(queue, job->queue, false);
	struct walltime state = { 0 };
	char when[WALLTIME_TEXT_MAX];
	int64_t ready, running;
	enum store_result result =
	    queue->store->ops->queue_size(queue->store, job->queue, job->builtin, &ready, &running);

	if (result != STORE_OK)
		return result;
	if (slot != NULL)
		state = slot->record.rate_at;
	if (queue_is_paused(queue, job->queue))
		add(answer, "paused", "the queue %s is paused", job->queue);
	if (limits.concurrency > 0 && running >= limits.concurrency)
		add(answer, "concurrency", "%" PRId64 " of the queue %s run, which is its limit",
		    running, job->queue);
	if (!limit_has_token(&rate, state, queue->now))
		add(answer, "rate", "the rate of the queue %s gives the next one at %s", job->queue,
		    walltime_format(limit_next(&rate, state, queue->now), when, sizeof(when)));
	if (ready > 1)
		add(answer, "behind", "the queue %s has %" PRId64 " ready jobs", job->queue, ready);
	return STORE_OK;
}

enum queue_answer
queue_why(struct queue *queue, const char *jid, struct queue_because *becauses, size_t *count,
    struct job *job)
{
	struct answer answer = { becauses, count };
	enum store_result result = queue->store->ops->job_get(queue->store, jid, job);

	*count = 0;
	if (result != STORE_OK)
		return queue_answer_of(result);
	if (job->state == JOB_SCHEDULED || job->state == JOB_RETRY)
		explain_time(job, &answer);
	else if (job->state == JOB_BLOCKED)
		result = explain_block(queue, job, &answer);
	else if (job->state == JOB_READY)
		result = explain_ready(queue, job, &answer);
	else if (job->state == JOB_DONE && strcmp(job->reason, REASON_SKIPPED) == 0)
		add(&answer, "skipped", "only_if says that there is nothing to do");
	else if (job->state == JOB_DEAD || job->state == JOB_CANCELLED)
		explain_end(job, &answer);
	if (result != STORE_OK)
		job_clear(job);
	return queue_answer_of(result);
}
