#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"

#include "overview.h"
#include "reply_json.h"

/* The last one is INFO, or what else the caller wants. */
enum {
	ASK_PROGRAMS,
	ASK_STATS,
	ASK_QUEUES,
	ASK_BREAKERS,
	ASK_OUTBOXES,
	ASK_SCHEDULES,
	ASK_WORKERS,
	ASK_INFO = OVERVIEW_MORE
};

const char *const overview_states[] = { "scheduled", "ready", "blocked", "running", "retry", "done",
	"dead", "cancelled", NULL };

static json_t *take_object(const struct request *, size_t index);
static void overview_free(void *);

void
overview_ask_begin(struct request *request)
{
	request_ask(request, UPSTREAM_CONTROL, VERB_STATUS " all=1");
	request_ask(request, UPSTREAM_QUEUE, VERB_STATS " hours=24");
	request_ask(request, UPSTREAM_QUEUE, VERB_QUEUES);
	request_ask(request, UPSTREAM_QUEUE, VERB_BREAKERS);
	request_ask(request, UPSTREAM_QUEUE, VERB_OUTBOXES);
	request_ask(request, UPSTREAM_QUEUE, VERB_SCHEDULES);
	request_ask(request, UPSTREAM_QUEUE, VERB_WORKERS);
}

void
overview_ask(struct request *request, void (*then)(struct request *))
{
	overview_ask_begin(request);
	request_ask(request, UPSTREAM_QUEUE, VERB_INFO);
	request_then(request, then);
}

void
overview_ask_page(struct request *request, const char *line, void (*then)(struct request *))
{
	overview_ask_begin(request);
	request_ask(request, UPSTREAM_QUEUE, "%s", line);
	request_ask(request, UPSTREAM_QUEUE, VERB_ALERTS);
	request_then(request, then);
}

json_t *
overview_list(const struct request *request, size_t index)
{
	return reply_json_list(&request->replies[index]);
}

static json_t *
take_object(const struct request *request, size_t index)
{
	json_t *object = NULL;

	if (request->replies[index].kind == REPLY_BULK)
		object = reply_json(request_reply(request, index));
	return object;
}

static json_t *
list_or_empty(json_t *list)
{
	return list != NULL ? list : json_array();
}

struct overview *
overview_take(struct request *request)
{
	struct overview *overview = calloc(1, sizeof(*overview));
	const json_t *program;
	size_t i;

	if (overview == NULL) {
		respond_unavailable(request, "no memory");
		return NULL;
	}
	request->state = overview;
	request->state_free = overview_free;
	overview->programs = overview_list(request, ASK_PROGRAMS);
	overview->info = take_object(request, ASK_INFO);
	overview->stats = take_object(request, ASK_STATS);
	overview->queues = list_or_empty(overview_list(request, ASK_QUEUES));
	overview->breakers = list_or_empty(overview_list(request, ASK_BREAKERS));
	overview->outboxes = list_or_empty(overview_list(request, ASK_OUTBOXES));
	overview->schedules = list_or_empty(overview_list(request, ASK_SCHEDULES));
	overview->workers = list_or_empty(overview_list(request, ASK_WORKERS));
	strlcpy(overview->queue_error,
	    request->replies[ASK_STATS].kind == REPLY_ERROR ? request_reply(request, ASK_STATS)
							    : "the scheduler does not answer",
	    sizeof(overview->queue_error));
	json_array_foreach(overview->programs, i,
	    program) if (strcmp(member_text(program, "role"), "scheduler") == 0)
	    overview->has_scheduler = true;
	return overview;
}

static void
overview_free(void *arg)
{
	struct overview *overview = arg;

	json_decref(overview->programs);
	json_decref(overview->info);
	json_decref(overview->stats);
	json_decref(overview->queues);
	json_decref(overview->breakers);
	json_decref(overview->outboxes);
	json_decref(overview->schedules);
	json_decref(overview->workers);
	free(overview);
}

/* By what STATS says; without it, by the words of INFO. */
int64_t
overview_state(const struct overview *overview, const char *state)
{
	static const char *const sets[][2] = {
		{"scheduled", "scheduled"},
                { "retry",    "retries"  },
                { "dead",     "dead"     },
		{ "running",  "working"  }
	};
	const json_t *states = json_object_get(overview->stats, "states");
	const json_t *faktory = json_object_get(overview->info, "faktory");

	if (states != NULL)
		return member_int(states, state);
	if (faktory == NULL)
		return -1;
	if (strcmp(state, "ready") == 0)
		return member_int(faktory, "total_enqueued");
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (strcmp(sets[i][0], state) == 0)
			return member_int(json_object_get(faktory, "sets"), sets[i][1]);
	return -1;
}

int64_t
overview_total(const struct overview *overview, const char *name)
{
	const json_t *faktory = json_object_get(overview->info, "faktory");

	return faktory != NULL ? member_int(faktory, name) : -1;
}
