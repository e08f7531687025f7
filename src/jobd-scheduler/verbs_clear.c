/* QUEUE REMOVE, CLEAR: the ready jobs of queues, in pieces. */
#include <stdlib.h>
#include <string.h>

#include "role.h"
#include "server.h"

struct clearing {
	queue_leave_fn leave;
	int64_t after; /* seq of the last job of the queue that was looked at */
	char *names[REQUEST_ARGS_MAX];
	size_t count;
	int64_t removed;
	bool forget; /* REMOVE: pauses too, and it says OK */
};

static void
clearing_free(void *arg)
{
	struct clearing *clearing = arg;

	for (size_t i = 0; i < clearing->count; i++)
		free(clearing->names[i]);
	free(clearing);
}

static void
render_removed(struct json *json, const void *arg)
{
	const struct clearing *clearing = arg;

	json_object(json, NULL);
	json_int(json, "removed", clearing->removed);
	json_object_end(json);
}

/* Some of the jobs of the last queue of the list. */
static bool
clearing_step(struct peer *peer, void *arg)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct clearing *clearing = arg;
	int64_t removed = 0;
	bool more;
	char *name;

	if (clearing->count == 0) {
		if (clearing->forget)
			peer_ok(peer, "OK");
		else
			peer_json(peer, render_removed, clearing);
		return true;
	}
	name = clearing->names[clearing->count - 1];
	if (scheduler_failed(scheduler, queue_clear_ready(&scheduler->queue, name, clearing->leave,
					    &clearing->after, &removed, &more)) ||
	    (clearing->forget &&
		scheduler_failed(scheduler, queue_pause(&scheduler->queue, name, false))))
		return false;
	clearing->removed += removed;
	if (more)
		return false;
	free(name);
	clearing->count--;
	clearing->after = 0;
	return clearing->count == 0 && clearing_step(peer, clearing);
}

static bool
clearing_name(void *arg, const struct queue_record *record)
{
	struct clearing *clearing = arg;

	if (clearing->count < REQUEST_ARGS_MAX &&
	    (clearing->names[clearing->count] = strdup(record->name)) != NULL)
		clearing->count++;
	return true;
}

void
queues_clear(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct clearing *clearing;

	if (!verb_writes(peer))
		return;
	if ((clearing = calloc(1, sizeof(*clearing))) == NULL) {
		peer_error(peer, "ERR", "out of memory");
		return;
	}
	clearing->leave = role_is_operator(peer) ? role_is_for_admins : NULL;
	clearing->forget = strcasecmp(request->args[0], "REMOVE") == 0;
	for (size_t i = 1; i < request->arg_count; i++) {
		if (strcmp(request->args[i], "*") == 0) {
			scheduler_failed(scheduler, scheduler->store->ops->queue_list(
							scheduler->store, clearing_name, clearing));
		} else if (job_is_queue_name(request->args[i]) &&
			   clearing->count < REQUEST_ARGS_MAX &&
			   (clearing->names[clearing->count] = strdup(request->args[i])) != NULL)
			clearing->count++;
	}
	task_begin(peer, TASK_IN_TURN, clearing_step, clearing_free, clearing);
}
