/* Requests about the database: DB CHECK, BACKUP, VACUUM. */
#include <string.h>

#include "server.h"

static void
check(struct peer *peer, struct request *request)
{
	struct store *store = peer->server->scheduler->store;

	(void)request;
	/* What it finds is an answer, not the loss of this turn. */
	if (store->ops->inspect(store) == STORE_OK)
		peer_ok(peer, "OK");
	else
		peer_error(peer, "ERR", "%s", store->error);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static void
backup_over(void *arg)
{
	const struct scheduler *scheduler = arg;

	/* A store that was closed meanwhile has ended it. */
	if (scheduler->store != NULL)
		scheduler->store->ops->backup_end(scheduler->store);
}

static bool
backup_step(struct peer *peer, void *arg)
{
	struct store *store = peer->server->scheduler->store;
	enum store_result result;

	(void)arg;
	if (store == NULL) {
		peer_error(peer, "ERR", "%s", peer->server->scheduler->trouble);
		return true;
	}
	if ((result = store->ops->backup_step(store)) == STORE_OK)
		return false;
	if (result == STORE_NONE)
		peer_ok(peer, "OK");
	else
		peer_error(peer, "ERR", "%s", store->error);
	return true;
}

static void
backup(struct peer *peer, struct request *request)
{
	struct store *store = peer->server->scheduler->store;
	struct task *task;

	TAILQ_FOREACH (task, &peer->server->tasks, entry) {
		if (task->step == backup_step) {
			peer_error(peer, "ERR", "another backup is on its way");
			return;
		}
	}
	if (request->args[1][0] != '/')
		peer_error(peer, "ERR", "the path of a backup begins with '/'");
	else if (store->ops->backup_begin(store, request->args[1]) == STORE_OK)
		task_begin(peer, backup_step, backup_over, peer->server->scheduler);
	else
		peer_error(peer, "ERR", "%s", store->error);
}

static bool
vacuum_step(struct peer *peer, void *arg)
{
	struct store *store = peer->server->scheduler->store;

	(void)arg;
	if (store->ops->vacuum(store) == STORE_OK)
		peer_ok(peer, "OK");
	else
		peer_error(peer, "ERR", "%s", store->error);
	return true;
}

static void
vacuum(struct peer *peer, struct request *request)
{
	(void)request;
	task_begin(peer, vacuum_step, nothing, NULL);
}

void
verb_db(struct peer *peer, struct request *request)
{
	static const struct {
		const char *word;
		size_t args;
		verb_fn fn;
	} words[] = {
		{"CHECK",   1, check },
		{ "BACKUP", 2, backup},
		{ "VACUUM", 1, vacuum},
	};
	const char *word = request->arg_count > 0 ? request->args[0] : "";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0 && request->arg_count == words[i].args) {
			words[i].fn(peer, request);
			return;
		}
	}
	peer_error(peer, "ERR", "DB takes CHECK, BACKUP and a path, or VACUUM");
}
