#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "failure.h"
#include "queue.h"
#include "retry.h"

/* Of one type are looked at, for overlaps. */
#define ACTIVE_MAX 1000
/* Where many are kept, old jobs are looked for once in so many ends; so many are then removed. */
#define TRIM_EVERY 16
#define TRIM_BATCH 64
#define TRIM_FEW   100
/* What is kept of types that are not in the configuration. */
#define FOREIGN_KEEP        1000
#define FOREIGN_KEEP_AGE_MS (INT64_C(7) * 86400 * 1000)
#define FOREIGN_DEAD_KEEP   10000
#define FOREIGN_DEAD_AGE_MS (INT64_C(180) * 86400 * 1000)
#define STATE_BIT(state)    (1u << (state))
#define ACTIVE_STATES       (STATE_BIT(JOB_READY) | STATE_BIT(JOB_RUNNING))

static enum store_result out_of_memory(struct queue *);
static enum store_result save_ended(struct queue *, struct job *);
static enum store_result end_attempt(struct queue *, struct job *, struct attempt *);

static enum store_result
out_of_memory(struct queue *queue)
{
	snprintf(queue->store->error, sizeof(queue->store->error), "out of memory");
	return STORE_FAILED;
}

/* Lists of names: paused queues, finished jids. */

static int
names_add(char ***names, size_t *count, const char *name)
{
	char **longer = reallocarray(*names, *count + 1, sizeof(**names));

	if (longer == NULL)
		return -1;
	*names = longer;
	if ((longer[*count] = strdup(name)) == NULL)
		return -1;
	(*count)++;
	return 0;
}

static void
names_clear(char ***names, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free((*names)[i]);
	free(*names);
	*names = NULL;
	*count = 0;
}

static bool
collect_paused(void *arg, const struct queue_record *record)
{
	struct queue *queue = arg;

	return !record->paused ||
	       names_add(&queue->paused, &queue->paused_count, record->name) == 0;
}

enum store_result
queue_load(struct queue *queue)
{
	names_clear(&queue->paused, &queue->paused_count);
	queue->has_ready = true;
	return queue->store->ops->queue_list(queue->store, collect_paused, queue);
}

void
queue_turn_end(struct queue *queue)
{
	names_clear(&queue->finished, &queue->finished_count);
	queue->has_ready = false;
}

void
queue_clear(struct queue *queue)
{
	queue_turn_end(queue);
	names_clear(&queue->paused, &queue->paused_count);
}

bool
queue_is_paused(const struct queue *queue, const char *name)
{
	for (size_t i = 0; i < queue->paused_count; i++)
		if (strcmp(queue->paused[i], name) == 0)
			return true;
	return false;
}

enum store_result
queue_pause(struct queue *queue, const char *name, bool paused)
{
	enum store_result result;

	if (paused == queue_is_paused(queue, name))
		return STORE_OK;
	result = queue->store->ops->queue_pause(queue->store, name, paused);
	return result == STORE_OK ? queue_load(queue) : result;
}

/* New jobs. */

const struct conf_job *
queue_type(const struct queue *queue, const struct job *job)
{
	return conf_find_job(queue->conf, job->type);
}

static void
make_jid(char jid[25])
{
	unsigned char bytes[12];

	arc4random_buf(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(jid + 2 * i, 3, "%02x", bytes[i]);
}

/* What the configuration says of every job of the type. */
static int
apply_type(const struct conf_job *type, struct job *job)
{
	job->builtin = true;
	job->priority = type->priority;
	/* 0 would be Faktory's "drop it": a failed run is kept. */
	job->retries = type->retries > 0 ? type->retries : -1;
	job->reserve_ms = 0;
	return job_set(&job->queue, type->queue);
}

int
queue_make_job(
    const struct queue *queue, const struct conf_job *type, const char *args, struct job *job)
{
	char jid[25];

	make_jid(jid);
	if (job_init(job) == -1)
		return -1;
	job->run_at = queue->now;
	if (apply_type(type, job) == -1 || job_set(&job->jid, jid) == -1 ||
	    job_set(&job->type, type->name) == -1 || job_set(&job->args, args) == -1) {
		job_clear(job);
		return -1;
	}
	return 0;
}

struct active {
	size_t active, waiting;
};

static bool
count_active(void *arg, const struct job *job)
{
	struct active *active = arg;

	if (job->state == JOB_BLOCKED)
		active->waiting++;
	else
		active->active++;
	return true;
}

enum store_result
queue_overlap(struct queue *queue, const struct conf_job *type, enum tick_action *action)
{
	struct job_filter filter = { .states = ACTIVE_STATES | STATE_BIT(JOB_BLOCKED),
		.type = type->name,
		.limit = ACTIVE_MAX };
	struct active active = { 0, 0 };
	enum store_result result = STORE_OK;

	if (type->overlap != CONF_OVERLAP_PARALLEL)
		result = queue->store->ops->job_list(queue->store, &filter, count_active, &active);
	*action = tick_overlap(type->overlap, active.active, active.waiting);
	return result;
}

struct collected {
	struct job jobs[64];
	size_t count;
	bool failed; /* no memory */
};

static bool
collect_job(void *arg, const struct job *job)
{
	struct collected *collected = arg;
	struct job *copy = &collected->jobs[collected->count];

	/* Only what finds it again: it is read anew before it is changed. */
	if (job_init(copy) == -1 || job_set(&copy->jid, job->jid) == -1) {
		collected->failed = true;
		return false;
	}
	copy->state = job->state;
	return ++collected->count < sizeof(collected->jobs) / sizeof(collected->jobs[0]);
}

static void
collected_clear(struct collected *collected)
{
	for (size_t i = 0; i < collected->count; i++)
		job_clear(&collected->jobs[i]);
	collected->count = 0;
}

/* Tells the worker of a running job to end it. */
static enum store_result
order_end(struct queue *queue, struct job *job, const char *why)
{
	enum store_result result;

	if (job->order[0] != '\0')
		return STORE_OK;
	if (job_set(&job->order, why) == -1)
		return out_of_memory(queue);
	if ((result = queue->store->ops->job_save(queue->store, job)) == STORE_OK)
		queue->order(queue->order_arg, job);
	return result;
}

static enum store_result
replace_one(struct queue *queue, const char *jid, bool *running)
{
	struct job job;
	enum store_result result = queue->store->ops->job_get(queue->store, jid, &job);

	if (result != STORE_OK)
		return result;
	if (job.state == JOB_RUNNING) {
		*running = true;
		result = order_end(queue, &job, "replaced");
	} else if (job_move(&job, JOB_EVENT_CANCEL) == 0) {
		result = job_set(&job.reason, "replaced") == 0 ? save_ended(queue, &job)
							       : out_of_memory(queue);
	}
	job_clear(&job);
	return result;
}

/* Ends all of the type; *running says that some need their time for it. */
static enum store_result
replace_all(struct queue *queue, const char *type, bool *running)
{
	struct job_filter filter = { .states = ACTIVE_STATES | STATE_BIT(JOB_BLOCKED),
		.type = type,
		.oldest_first = true,
		.limit = 64 };
	struct collected collected = { .count = 0 };
	enum store_result result =
	    queue->store->ops->job_list(queue->store, &filter, collect_job, &collected);

	*running = false;
	if (collected.failed)
		result = out_of_memory(queue);
	for (size_t i = 0; i < collected.count && result == STORE_OK; i++)
		result = replace_one(queue, collected.jobs[i].jid, running);
	collected_clear(&collected);
	return result;
}

/* It has become ready, or blocked: then it waits for an unblock. */
static void
note_runnable(struct queue *queue, struct job *job)
{
	job->enqueued_at = queue->now;
	if (job->state == JOB_READY)
		queue->has_ready = true;
}

enum store_result
queue_start(struct queue *queue, struct job *job, enum tick_action action)
{
	enum store_result result = STORE_OK;
	bool blocked = action == TICK_BLOCK;

	if (action == TICK_REPLACE)
		result = replace_all(queue, job->type, &blocked);
	if (result != STORE_OK)
		return result;
	job->state = blocked ? JOB_BLOCKED : JOB_READY;
	note_runnable(queue, job);
	job->created_at = walltime_is_set(job->created_at) ? job->created_at : queue->now;
	return queue->store->ops->job_add(queue->store, job);
}

enum store_result
queue_push(struct queue *queue, struct job *job)
{
	const struct conf_job *type = queue_type(queue, job);
	enum tick_action action = TICK_START;
	enum store_result result = STORE_OK;

	if (!walltime_is_set(job->created_at))
		job->created_at = queue->now;
	if (type != NULL && apply_type(type, job) == -1)
		return out_of_memory(queue);
	if (job->run_at.us > queue->now.us) {
		job->state = JOB_SCHEDULED;
		job->wake_at = job->run_at;
		return queue->store->ops->job_add(queue->store, job);
	}
	job->run_at = queue->now;
	if (type != NULL)
		result = queue_overlap(queue, type, &action);
	if (action == TICK_SKIP_OVERLAP || action == TICK_SKIP_BACKLOG)
		action = TICK_BLOCK;
	return result == STORE_OK ? queue_start(queue, job, action) : result;
}

/* Handing out. */

enum store_result
queue_take(struct queue *queue, const char *worker, bool builtin, const char *const *queues,
    size_t count, struct job *job)
{
	enum store_result result = STORE_NONE;

	for (size_t i = 0; i < count && result == STORE_NONE; i++)
		if (!queue_is_paused(queue, queues[i]))
			result =
			    queue->store->ops->job_first(queue->store, queues[i], builtin, job);
	if (result != STORE_OK)
		return result;
	if (job_move(job, JOB_EVENT_TAKE) == -1 || job_set(&job->worker, worker) == -1 ||
	    job_set(&job->order, "") == -1) {
		job_clear(job);
		return out_of_memory(queue);
	}
	job->attempts++;
	job->started_at = queue->now;
	job->finished_at.us = 0;
	job->wake_at.us = 0;
	if (job->reserve_ms > 0)
		job->wake_at = walltime_add_ms(queue->now, job->reserve_ms);
	result = queue->store->ops->job_save(queue->store, job);
	if (result != STORE_OK)
		job_clear(job);
	return result;
}

/* Ends. */

/* Forgets finished jobs of this one's type and state, some at a time. */
static enum store_result
trim(struct queue *queue, const struct job *job)
{
	const struct conf_job *type = queue_type(queue, job);
	bool dead = job->state == JOB_DEAD;
	int64_t age_ms = type != NULL ? type->keep_age_ms
			 : dead       ? FOREIGN_DEAD_AGE_MS
				      : FOREIGN_KEEP_AGE_MS;
	struct job_trim rule = {
		.type = job->type,
		.state = job->state,
		.keep = type != NULL ? type->keep
			: dead       ? FOREIGN_DEAD_KEEP
				     : FOREIGN_KEEP,
		.older_than = walltime_add_ms(queue->now, -age_ms),
		.limit = TRIM_BATCH,
	};
	int64_t removed;

	if (rule.keep > TRIM_FEW && arc4random_uniform(TRIM_EVERY) != 0)
		return STORE_OK;
	return queue->store->ops->job_trim(queue->store, &rule, &removed);
}

/* Saves a job that has left the ready and running ones, and lets the next of its type run. */
static enum store_result
save_ended(struct queue *queue, struct job *job)
{
	enum store_result result;

	if (job_is_finished(job->state)) {
		job->finished_at = queue->now;
		job->wake_at.us = 0;
		if (names_add(&queue->finished, &queue->finished_count, job->jid) == -1)
			return out_of_memory(queue);
	}
	if (job_set(&job->worker, "") == -1 || job_set(&job->order, "") == -1)
		return out_of_memory(queue);
	if ((result = queue->store->ops->job_save(queue->store, job)) != STORE_OK)
		return result;
	if (job_is_finished(job->state))
		result = trim(queue, job);
	return result == STORE_OK ? queue_unblock(queue, job->type) : result;
}

enum store_result
queue_unblock(struct queue *queue, const char *type_name)
{
	const struct conf_job *type = conf_find_job(queue->conf, type_name);
	struct job_filter active = { .states = ACTIVE_STATES, .type = type_name, .limit = 1 };
	struct job_filter blocked = { .states = STATE_BIT(JOB_BLOCKED),
		.type = type_name,
		.oldest_first = true,
		.limit = 1 };
	bool parallel = type == NULL || type->overlap == CONF_OVERLAP_PARALLEL;
	struct collected collected = { .count = 0 };
	enum store_result result = STORE_OK;
	struct job job;

	if (!parallel)
		result =
		    queue->store->ops->job_list(queue->store, &active, collect_job, &collected);
	if (result == STORE_OK && collected.count == 0)
		result =
		    queue->store->ops->job_list(queue->store, &blocked, collect_job, &collected);
	else
		collected_clear(&collected);
	if (result == STORE_OK && collected.count > 0) {
		result = queue->store->ops->job_get(queue->store, collected.jobs[0].jid, &job);
		if (result == STORE_OK) {
			if (job_move(&job, JOB_EVENT_UNBLOCK) == 0) {
				queue->has_ready = true;
				result = queue->store->ops->job_save(queue->store, &job);
			}
			job_clear(&job);
		}
	}
	collected_clear(&collected);
	return collected.failed ? out_of_memory(queue) : result;
}

/* After a failure: later, or never again. */
static enum store_result
decide_retry(struct queue *queue, struct job *job, struct failure *failure)
{
	const struct conf_job *type = queue_type(queue, job);
	int64_t delay_ms = RETRY_DELAY_FORMULA;
	enum retry_verdict verdict;

	if (type != NULL && type->retry_delay_ms != CONF_UNSET)
		delay_ms = type->retry_delay_ms;
	verdict = retry_decide(job->retries, job->failures, delay_ms, arc4random(), &delay_ms);
	if (verdict == RETRY_DROP) {
		if (names_add(&queue->finished, &queue->finished_count, job->jid) == -1)
			return out_of_memory(queue);
		return queue->store->ops->job_delete(queue->store, job);
	}
	job->failures++;
	failure->at = queue->now;
	if (verdict == RETRY_LATER) {
		job_move(job, JOB_EVENT_FAIL);
		job->run_at = job->wake_at = failure->next_at =
		    walltime_add_ms(queue->now, delay_ms);
	} else {
		job_move(job, JOB_EVENT_GIVE_UP);
	}
	return failure_set(job, failure) == 0 ? save_ended(queue, job) : out_of_memory(queue);
}

static enum store_result
end_attempt(struct queue *queue, struct job *job, struct attempt *attempt)
{
	attempt->number = job->attempts;
	attempt->started_at = job->started_at;
	attempt->ended_at = queue->now;
	if (attempt->duration_ms == 0)
		attempt->duration_ms = walltime_diff_ms(queue->now, job->started_at);
	if (job_set(&attempt->worker, job->worker) == -1 ||
	    job_set(&job->reason, attempt->reason) == -1)
		return out_of_memory(queue);
	return queue->store->ops->attempt_add(queue->store, job, attempt);
}

static bool
is_success(const struct queue *queue, const struct job *job, const struct report *report)
{
	const struct conf_job *type = queue_type(queue, job);

	return report->success ||
	       (type != NULL && retry_is_success(report->attempt.reason, report->attempt.code,
				    type->exit_codes, type->exit_code_count));
}

/* The runner ended it because it stops itself: the policy for crashes, but nobody is to blame. */
static bool
is_given_back(const struct queue *queue, const struct job *job, const struct report *report)
{
	const struct conf_job *type = queue_type(queue, job);

	return report->builtin && strcmp(report->attempt.reason, "stopped") == 0 && type != NULL &&
	       type->on_crash == CONF_ON_CRASH_RETRY;
}

static enum store_result
report_end(struct queue *queue, struct job *job, struct report *report)
{
	struct failure failure = { .errtype = report->errtype,
		.message = report->message,
		.backtrace = report->backtrace,
		.backtrace_count = report->backtrace_count };
	struct store *store = queue->store;
	bool success = is_success(queue, job, report);

	if (end_attempt(queue, job, &report->attempt) != STORE_OK ||
	    store->ops->counter_add(store, STORE_PROCESSED, 1) != STORE_OK ||
	    (!success && store->ops->counter_add(store, STORE_FAILURES, 1) != STORE_OK))
		return STORE_FAILED;
	if (success) {
		job_move(job, JOB_EVENT_SUCCEED);
		return save_ended(queue, job);
	}
	if (job->order[0] != '\0') {
		job_move(job, JOB_EVENT_CANCELLED);
		if (job_set(&job->reason, job->order) == -1)
			return out_of_memory(queue);
		return save_ended(queue, job);
	}
	if (is_given_back(queue, job, report)) {
		job_move(job, JOB_EVENT_RETURN);
		queue->has_ready = true;
		return save_ended(queue, job);
	}
	return decide_retry(queue, job, &failure);
}

static enum queue_answer
answer_of(enum store_result result)
{
	return result == STORE_OK ? QUEUE_OK : result == STORE_NONE ? QUEUE_NO_JOB : QUEUE_FAILED;
}

enum queue_answer
queue_report(struct queue *queue, struct report *report)
{
	struct job job;
	enum queue_answer answer =
	    answer_of(queue->store->ops->job_get(queue->store, report->jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	/* A runner that was declared dead must not end what another one has begun. */
	if (job.state != JOB_RUNNING || (job.builtin && strcmp(job.worker, report->worker) != 0))
		answer = QUEUE_REFUSED;
	else
		answer = answer_of(report_end(queue, &job, report));
	job_clear(&job);
	return answer;
}

/* Adds the record of an attempt of which nobody reported the end. */
static enum store_result
end_unreported(struct queue *queue, struct job *job, const char *reason, const char *error)
{
	enum store_result result = STORE_FAILED;
	struct attempt attempt;

	if (attempt_init(&attempt) == -1)
		return out_of_memory(queue);
	if (job_set(&attempt.reason, reason) == -1 || job_set(&attempt.error, error) == -1)
		out_of_memory(queue);
	else
		result = end_attempt(queue, job, &attempt);
	attempt_clear(&attempt);
	return result;
}

enum store_result
queue_crashed(struct queue *queue, struct job *job)
{
	static const char *const message = "the runner died while it ran the job";
	const struct conf_job *type = queue_type(queue, job);
	struct failure failure = {
		.errtype = "RunnerCrashed", .message = message, .at = queue->now
	};

	if (end_unreported(queue, job, "runner crashed", message) != STORE_OK)
		return STORE_FAILED;
	job->crashes++;
	if (job->order[0] != '\0') {
		job_move(job, JOB_EVENT_CANCELLED);
		if (job_set(&job->reason, job->order) == -1)
			return out_of_memory(queue);
	} else if (type != NULL && type->on_crash == CONF_ON_CRASH_RETRY &&
		   job->crashes < RETRY_CRASHES_MAX) {
		job_move(job, JOB_EVENT_RETURN);
		queue->has_ready = true;
	} else {
		job->failures++;
		job_move(job, JOB_EVENT_GIVE_UP);
		if (failure_set(job, &failure) == -1)
			return out_of_memory(queue);
	}
	log_warnx("job %s (%s): %s: %s", job->jid, job->type, message, job_state_word(job->state));
	return save_ended(queue, job);
}

enum store_result
queue_give_back(struct queue *queue, struct job *job)
{
	bool cancelled = job->order[0] != '\0';

	job->attempts--;
	job->started_at.us = 0;
	job_move(job, cancelled ? JOB_EVENT_CANCELLED : JOB_EVENT_RETURN);
	if (cancelled && job_set(&job->reason, job->order) == -1)
		return out_of_memory(queue);
	queue->has_ready = true;
	log_info("job %s (%s): its worker never got it: %s", job->jid, job->type,
	    job_state_word(job->state));
	return save_ended(queue, job);
}

/* Operators' wishes. */

enum queue_answer
queue_cancel(struct queue *queue, const char *jid)
{
	struct job job;
	enum queue_answer answer = answer_of(queue->store->ops->job_get(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (job.state == JOB_RUNNING)
		answer = answer_of(order_end(queue, &job, "cancelled"));
	else if (job_move(&job, JOB_EVENT_CANCEL) == -1)
		answer = QUEUE_REFUSED;
	else if (job_set(&job.reason, "cancelled") == -1)
		answer = answer_of(out_of_memory(queue));
	else
		answer = answer_of(save_ended(queue, &job));
	job_clear(&job);
	return answer;
}

/* Makes it runnable, or blocks it behind another one of its type. */
static enum store_result
make_runnable(struct queue *queue, struct job *job, enum job_event event)
{
	const struct conf_job *type = queue_type(queue, job);
	enum tick_action action = TICK_START;
	enum store_result result = STORE_OK;

	if (type != NULL)
		result = queue_overlap(queue, type, &action);
	if (result != STORE_OK)
		return result;
	if (job_move(job, action == TICK_START ? event : JOB_EVENT_BLOCK) == -1)
		return STORE_NONE;
	note_runnable(queue, job);
	job->wake_at.us = 0;
	job->finished_at.us = 0;
	return queue->store->ops->job_save(queue->store, job);
}

enum queue_answer
queue_retry(struct queue *queue, const char *jid)
{
	struct job job;
	enum queue_answer answer = answer_of(queue->store->ops->job_get(queue->store, jid, &job));

	if (answer != QUEUE_OK)
		return answer;
	if (!job_may(job.state, JOB_EVENT_REQUEUE))
		answer = QUEUE_REFUSED;
	else {
		job.run_at = queue->now;
		job.crashes = 0;
		answer = answer_of(make_runnable(queue, &job, JOB_EVENT_REQUEUE));
	}
	job_clear(&job);
	return answer;
}

/* Time. */

static enum store_result
reservation_expired(struct queue *queue, struct job *job)
{
	static const char *const message = "Faktory job reservation expired";
	struct failure failure = { .errtype = "ReservationExpired", .message = message };

	if (end_unreported(queue, job, "expired", message) != STORE_OK)
		return STORE_FAILED;
	if (job->order[0] != '\0') {
		job_move(job, JOB_EVENT_CANCELLED);
		return job_set(&job->reason, job->order) == 0 ? save_ended(queue, job)
							      : out_of_memory(queue);
	}
	return decide_retry(queue, job, &failure);
}

enum store_result
queue_due(struct queue *queue)
{
	enum store_result result;
	struct job job;

	while ((result = queue->store->ops->job_due(queue->store, queue->now, &job)) == STORE_OK) {
		if (job.state == JOB_RUNNING) {
			result = reservation_expired(queue, &job);
		} else if (job_may(job.state, JOB_EVENT_DUE)) {
			result = make_runnable(queue, &job, JOB_EVENT_DUE);
		} else {
			/* No state but these has a time; never look at it again. */
			job.wake_at.us = 0;
			result = queue->store->ops->job_save(queue->store, &job);
		}
		job_clear(&job);
		if (result != STORE_OK)
			return result;
	}
	return result == STORE_NONE ? STORE_OK : result;
}
