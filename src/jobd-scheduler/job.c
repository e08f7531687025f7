#include <stdlib.h>
#include <string.h>

#include "job.h"

static const char *const state_words[JOB_STATE_COUNT] = {
	[JOB_SCHEDULED] = "scheduled",
	[JOB_READY] = "ready",
	[JOB_BLOCKED] = "blocked",
	[JOB_RUNNING] = "running",
	[JOB_RETRY] = "retry",
	[JOB_DONE] = "done",
	[JOB_DEAD] = "dead",
	[JOB_CANCELLED] = "cancelled",
};

/* clang-format off */
#define TO(state) ((state) + 1) /* 0 is "not legal" */
static const unsigned char moves[JOB_STATE_COUNT][JOB_EVENT_COUNT] = {
	[JOB_SCHEDULED] = {
		[JOB_EVENT_DUE]       = TO(JOB_READY),
		[JOB_EVENT_BLOCK]     = TO(JOB_BLOCKED),
		[JOB_EVENT_CANCEL]    = TO(JOB_CANCELLED),
		[JOB_EVENT_REQUEUE]   = TO(JOB_READY),
	},
	[JOB_READY] = {
		[JOB_EVENT_TAKE]      = TO(JOB_RUNNING),
		[JOB_EVENT_CANCEL]    = TO(JOB_CANCELLED),
	},
	[JOB_BLOCKED] = {
		[JOB_EVENT_UNBLOCK]   = TO(JOB_READY),
		[JOB_EVENT_CANCEL]    = TO(JOB_CANCELLED),
	},
	[JOB_RUNNING] = {
		[JOB_EVENT_SUCCEED]   = TO(JOB_DONE),
		[JOB_EVENT_FAIL]      = TO(JOB_RETRY),
		[JOB_EVENT_GIVE_UP]   = TO(JOB_DEAD),
		[JOB_EVENT_RETURN]    = TO(JOB_READY),
		[JOB_EVENT_CANCELLED] = TO(JOB_CANCELLED),
	},
	[JOB_RETRY] = {
		[JOB_EVENT_DUE]       = TO(JOB_READY),
		[JOB_EVENT_BLOCK]     = TO(JOB_BLOCKED),
		[JOB_EVENT_CANCEL]    = TO(JOB_CANCELLED),
		[JOB_EVENT_REQUEUE]   = TO(JOB_READY),
	},
	[JOB_DEAD] = {
		[JOB_EVENT_BLOCK]     = TO(JOB_BLOCKED),
		[JOB_EVENT_REQUEUE]   = TO(JOB_READY),
	},
	[JOB_CANCELLED] = {
		[JOB_EVENT_BLOCK]     = TO(JOB_BLOCKED),
		[JOB_EVENT_REQUEUE]   = TO(JOB_READY),
	},
};
/* clang-format on */

static int set_all_empty(char **const *fields, size_t count);

int
job_init(struct job *job)
{
	char **const fields[] = { &job->jid, &job->type, &job->queue, &job->worker, &job->order,
		&job->reason, &job->args, &job->extra, &job->failure };

	memset(job, 0, sizeof(*job));
	job->state = JOB_READY;
	job->priority = JOB_PRIORITY;
	if (set_all_empty(fields, sizeof(fields) / sizeof(fields[0])) == -1) {
		job_clear(job);
		return -1;
	}
	return 0;
}

static int
set_all_empty(char **const *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (job_set(fields[i], "") == -1)
			return -1;
	return 0;
}

void
job_clear(struct job *job)
{
	char *const fields[] = { job->jid, job->type, job->queue, job->worker, job->order,
		job->reason, job->args, job->extra, job->failure };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		free(fields[i]);
	memset(job, 0, sizeof(*job));
}

int
job_set(char **field, const char *value)
{
	return job_set_len(field, value, strlen(value));
}

int
job_set_len(char **field, const char *value, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return -1;
	memcpy(copy, value, len);
	copy[len] = '\0';
	free(*field);
	*field = copy;
	return 0;
}

void
job_take_over(struct job *to, struct job *from)
{
	*to = *from;
	memset(from, 0, sizeof(*from));
}

int
attempt_init(struct attempt *attempt)
{
	char **const fields[] = { &attempt->worker, &attempt->reason, &attempt->error,
		&attempt->output_head, &attempt->output_tail };

	memset(attempt, 0, sizeof(*attempt));
	attempt->code = -1;
	attempt->signal = -1;
	if (set_all_empty(fields, sizeof(fields) / sizeof(fields[0])) == -1) {
		attempt_clear(attempt);
		return -1;
	}
	return 0;
}

void
attempt_clear(struct attempt *attempt)
{
	free(attempt->worker);
	free(attempt->reason);
	free(attempt->error);
	free(attempt->output_head);
	free(attempt->output_tail);
	memset(attempt, 0, sizeof(*attempt));
}

int
job_move(struct job *job, enum job_event event)
{
	if (!job_may(job->state, event))
		return -1;
	job->state = (enum job_state)(moves[job->state][event] - 1);
	return 0;
}

bool
job_may(enum job_state state, enum job_event event)
{
	return moves[state][event] != 0;
}

bool
job_is_finished(enum job_state state)
{
	return state == JOB_DONE || state == JOB_DEAD || state == JOB_CANCELLED;
}

const char *
job_state_word(enum job_state state)
{
	return state_words[state];
}

int
job_state_parse(const char *word, enum job_state *state)
{
	for (int i = 0; i < JOB_STATE_COUNT; i++) {
		if (strcmp(word, state_words[i]) == 0) {
			*state = (enum job_state)i;
			return 0;
		}
	}
	return -1;
}

bool
job_is_queue_name(const char *name)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strspn(name, letters);

	return len > 0 && len <= JOB_NAME_MAX && name[len] == '\0';
}
