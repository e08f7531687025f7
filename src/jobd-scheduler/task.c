#include <stdlib.h>

#include "server.h"
#include "task.h"

void
task_begin(
    struct peer *peer, enum task_when when, task_step_fn step, void (*clear)(void *), void *state)
{
	struct task *task = calloc(1, sizeof(*task));

	if (task == NULL) {
		clear(state);
		peer_error(peer, "ERR", "out of memory");
		return;
	}
	*task = (struct task){
		.peer = peer, .when = when, .step = step, .clear = clear, .state = state
	};
	peer->task = task;
	TAILQ_INSERT_TAIL(&peer->server->tasks, task, entry);
	scheduler_work(peer->server->scheduler);
}

void
task_end(struct peer *peer)
{
	struct task *task = peer->task;

	if (task == NULL)
		return;
	TAILQ_REMOVE(&peer->server->tasks, task, entry);
	task->clear(task->state);
	peer->task = NULL;
	free(task);
}

/* A turn that is lost has one error for it, also when it was asked in an earlier one. */
void
task_touch(struct peer *peer)
{
	server_touch(peer);
	if (peer->requests == 0)
		peer->requests = 1;
}

bool
tasks_step(struct server *server, enum task_when when)
{
	struct task *task, *next;
	bool more = false;

	for (task = TAILQ_FIRST(&server->tasks); task != NULL && !server->scheduler->failed;
	     task = next) {
		next = TAILQ_NEXT(task, entry);
		if (task->when != when)
			continue;
		task_touch(task->peer);
		if (task->step(task->peer, task->state) && !server->scheduler->failed)
			task_end(task->peer);
		else
			more = true;
	}
	return more;
}
