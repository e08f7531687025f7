#include <stddef.h>
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
		[JOB_EVENT_BURY]      = TO(JOB_DEAD),
		[JOB_EVENT_DELAY]     = TO(JOB_SCHEDULED),
	},
	[JOB_READY] = {
		[JOB_EVENT_TAKE]      = TO(JOB_RUNNING),
		[JOB_EVENT_BLOCK]     = TO(JOB_BLOCKED),
		[JOB_EVENT_CANCEL]    = TO(JOB_CANCELLED),
		[JOB_EVENT_BURY]      = TO(JOB_DEAD),
		[JOB_EVENT_DELAY]     = TO(JOB_SCHEDULED),
	},
	[JOB_BLOCKED] = {
		[JOB_EVENT_UNBLOCK]   = TO(JOB_READY),
		[JOB_EVENT_CANCEL]    = TO(JOB_CANCELLED),
		[JOB_EVENT_COMPLETE]  = TO(JOB_DONE),
		[JOB_EVENT_BURY]      = TO(JOB_DEAD),
		[JOB_EVENT_DELAY]     = TO(JOB_SCHEDULED),
	},
	[JOB_RUNNING] = {
		[JOB_EVENT_SUCCEED]   = TO(JOB_DONE),
		[JOB_EVENT_FAIL]      = TO(JOB_RETRY),
		[JOB_EVENT_GIVE_UP]   = TO(JOB_DEAD),
		[JOB_EVENT_RETURN]    = TO(JOB_READY),
		[JOB_EVENT_CANCELLED] = TO(JOB_CANCELLED),
		[JOB_EVENT_AWAIT]     = TO(JOB_BLOCKED),
		[JOB_EVENT_POSTPONE]  = TO(JOB_SCHEDULED),
	},
	[JOB_RETRY] = {
		[JOB_EVENT_DUE]       = TO(JOB_READY),
		[JOB_EVENT_BLOCK]     = TO(JOB_BLOCKED),
		[JOB_EVENT_CANCEL]    = TO(JOB_CANCELLED),
		[JOB_EVENT_REQUEUE]   = TO(JOB_READY),
		[JOB_EVENT_BURY]      = TO(JOB_DEAD),
		[JOB_EVENT_DELAY]     = TO(JOB_SCHEDULED),
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

/* Strings of a job lie in blocks of memory; the first one nearly always holds all of them. */
#define FIRST_BLOCK 512

struct job_memory {
	struct job_memory *next;
	size_t used, size;
	char bytes[];
};

/* Every string of a job, by its place. */
static const size_t strings[] = {
	offsetof(struct job, jid),
	offsetof(struct job, type),
	offsetof(struct job, queue),
	offsetof(struct job, worker),
	offsetof(struct job, last_worker),
	offsetof(struct job, order),
	offsetof(struct job, reason),
	offsetof(struct job, args),
	offsetof(struct job, extra),
	offsetof(struct job, failure),
	offsetof(struct job, tags),
	offsetof(struct job, unique_key),
	offsetof(struct job, concurrency_key),
	offsetof(struct job, gate),
	offsetof(struct job, after),
	offsetof(struct job, parent),
	offsetof(struct job, bid),
	offsetof(struct job, desc),
	offsetof(struct job, result),
};
#define STRING_COUNT (sizeof(strings) / sizeof(strings[0]))

static const char **
string_at(struct job *job, size_t index)
{
	return (const char **)((char *)job + strings[index]);
}

/* A job that nothing is known of. */
static const struct job initial = {
	.state = JOB_READY,
	.priority = JOB_PRIORITY,
	.percent = -1,
	.jid = "",
	.type = "",
	.queue = "",
	.worker = "",
	.last_worker = "",
	.order = "",
	.reason = "",
	.args = "",
	.extra = "",
	.failure = "",
	.tags = "",
	.unique_key = "",
	.concurrency_key = "",
	.gate = "",
	.after = "",
	.parent = "",
	.bid = "",
	.desc = "",
	.result = "",
};

void
job_init(struct job *job)
{
	*job = initial;
}

void
job_clear(struct job *job)
{
	text_clear(&job->memory);
}

void
text_clear(struct job_memory **memory)
{
	struct job_memory *next;

	for (struct job_memory *block = *memory; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	*memory = NULL;
}

static int
reserve(struct job_memory **memory, size_t bytes)
{
	struct job_memory *block = *memory;

	if (block != NULL && block->size - block->used >= bytes)
		return 0;
	if (bytes < FIRST_BLOCK)
		bytes = FIRST_BLOCK;
	if ((block = malloc(sizeof(*block) + bytes)) == NULL)
		return -1;
	block->next = *memory;
	block->used = 0;
	block->size = bytes;
	*memory = block;
	return 0;
}

static char *
room(struct job_memory **memory, size_t bytes)
{
	char *begin;

	if (reserve(memory, bytes) == -1)
		return NULL;
	begin = (*memory)->bytes + (*memory)->used;
	(*memory)->used += bytes;
	return begin;
}

int
text_keep(struct job_memory **memory, const char **field, const char *value, size_t len)
{
	char *copy;

	if (len == 0) {
		*field = "";
		return 0;
	}
	if ((copy = room(memory, len + 1)) == NULL)
		return -1;
	memcpy(copy, value, len);
	copy[len] = '\0';
	*field = copy;
	return 0;
}

int
job_reserve(struct job *job, size_t bytes)
{
	return reserve(&job->memory, bytes);
}

char *
job_room(struct job *job, size_t bytes)
{
	return room(&job->memory, bytes);
}

int
job_set(struct job *job, const char **field, const char *value)
{
	return text_keep(&job->memory, field, value, strlen(value));
}

int
job_set_len(struct job *job, const char **field, const char *value, size_t len)
{
	return text_keep(&job->memory, field, value, len);
}

void
job_take_over(struct job *to, struct job *from)
{
	*to = *from;
	from->memory = NULL;
}

int
job_copy(struct job *to, const struct job *from)
{
	size_t lens[STRING_COUNT], sum = 0;

	*to = *from;
	to->memory = NULL;
	for (size_t i = 0; i < STRING_COUNT; i++) {
		lens[i] = strlen(*string_at(to, i));
		sum += lens[i] + 1;
	}
	if (job_reserve(to, sum) == -1)
		return -1;
	for (size_t i = 0; i < STRING_COUNT; i++)
		job_set_len(to, string_at(to, i), *string_at(to, i), lens[i]);
	return 0;
}

void
attempt_init(struct attempt *attempt)
{
	*attempt = (struct attempt){ .code = -1,
		.signal = -1,
		.worker = "",
		.reason = "",
		.error = "",
		.output_head = "",
		.output_tail = "" };
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

static bool
is_queue_letter(unsigned char c)
{
	static const bool letters[256] = {
		['a' ... 'z'] = true,
		['A' ... 'Z'] = true,
		['0' ... '9'] = true,
		['.'] = true,
		['_'] = true,
		['-'] = true,
	};

	return letters[c];
}

bool
job_is_queue_name(const char *name)
{
	size_t len = 0;

	while (len <= JOB_NAME_MAX && is_queue_letter((unsigned char)name[len]))
		len++;
	return len > 0 && len <= JOB_NAME_MAX && name[len] == '\0';
}

/* Tags are stored as a list of JSON strings; a tag of plain letters stands there as it is. */
bool
job_has_tag(const struct job *job, const char *tag)
{
	size_t len = strlen(tag);

	for (const char *at = job->tags; (at = strstr(at, tag)) != NULL; at++)
		if (at > job->tags && at[-1] == '"' && at[len] == '"')
			return true;
	return false;
}
