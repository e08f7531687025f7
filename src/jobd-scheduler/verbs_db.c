/* Requests about the database: DB CHECK, BACKUP, VACUUM. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspector.h"
#include "server.h"

/* A vacuum that takes longer than a moment is to be asked for expressly. */
#define VACUUM_BYTES_MAX (INT64_C(64) * 1024 * 1024)
#define MIB              (1024 * 1024)

/* True if another client's task does this already. */
static bool
is_under_way(const struct server *server, task_step_fn step)
{
	const struct task *task;

	TAILQ_FOREACH (task, &server->tasks, entry)
		if (task->step == step)
			return true;
	return false;
}

/* CHECK: in another process, if there is a file that it can read. */

struct look {
	struct peer *peer;
	struct inspector *inspector;
};

static void
look_free(void *arg)
{
	struct look *look = arg;

	inspector_free(look->inspector);
	free(look);
}

static bool
look_step(struct peer *peer, void *arg)
{
	(void)peer;
	(void)arg;
	return false;
}

static void
on_found(void *arg, const char *found)
{
	const struct look *look = arg;
	struct peer *peer = look->peer;

	task_touch(peer);
	if (found[0] == '\0')
		peer_ok(peer, "OK");
	else
		peer_error(peer, "ERR", "%s", found);
	task_end(peer);
}

static void
look_elsewhere(struct peer *peer, const char *path)
{
	struct look *look = calloc(1, sizeof(*look));

	if (look != NULL) {
		look->peer = peer;
		look->inspector =
		    inspector_new(peer->server->scheduler->base, path, on_found, look);
	}
	if (look != NULL && look->inspector != NULL) {
		task_begin(peer, TASK_ELSEWHERE, look_step, look_free, look);
		return;
	}
	free(look);
	peer_error(peer, "ERR", "no process can be started to look for damage");
}

static void
check(struct peer *peer, struct request *request)
{
	struct store *store = peer->server->scheduler->store;
	const char *path = store->ops->path(store);

	(void)request;
	if (is_under_way(peer->server, look_step))
		peer_error(peer, "ERR", "another check is on its way");
	else if (path != NULL)
		look_elsewhere(peer, path);
	/* What it finds is an answer, not the loss of this turn. */
	else if (store->ops->inspect(store) == STORE_OK)
		peer_ok(peer, "OK");
	else
		peer_error(peer, "ERR", "%s", store->error);
}

/* BACKUP: some pages after each turn. */

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
backup_to(struct peer *peer, const char *path)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct store *store = scheduler->store;

	if (is_under_way(peer->server, backup_step))
		peer_error(peer, "ERR", "another backup is on its way");
	else if (path[0] != '/')
		peer_error(peer, "ERR", "the path of a backup begins with '/'");
	else if (store->ops->backup_begin(store, path) == STORE_OK)
		task_begin(peer, TASK_AFTER_TURN, backup_step, backup_over, scheduler);
	else
		peer_error(peer, "ERR", "%s", store->error);
}

/* A path with blanks comes in an object. */
static void
backup(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "path", NULL };
	struct fields *fields;
	const char *path;

	if (request->json == NULL) {
		backup_to(peer, request->arg_count == 2 ? request->args[1] : "");
		return;
	}
	if ((fields = verb_object(peer, request, known)) == NULL)
		return;
	path = fields_text(fields, "path");
	backup_to(peer, path != NULL ? path : "");
	fields_free(fields);
}

/* VACUUM: at once, and nobody is served meanwhile. */

static void
nothing(void *arg)
{
	(void)arg;
}

static bool
vacuum_step(struct peer *peer, void *arg)
{
	struct store *store = peer->server->scheduler->store;

	(void)arg;
	if (store == NULL)
		peer_error(peer, "ERR", "%s", peer->server->scheduler->trouble);
	else if (store->ops->vacuum(store) == STORE_OK)
		peer_ok(peer, "OK");
	else
		peer_error(peer, "ERR", "%s", store->error);
	return true;
}

static void
vacuum(struct peer *peer, struct request *request)
{
	struct store *store = peer->server->scheduler->store;
	const char *now = request_option(request, "now");
	int64_t bytes = store->ops->bytes(store);

	if (bytes > VACUUM_BYTES_MAX && (now == NULL || strcmp(now, "1") != 0))
		peer_error(peer, "ERR",
		    "the database has %" PRId64 " MiB, and nobody is served while it is written "
		    "anew: now=1 (jobctl db vacuum --yes) does it all the same",
		    bytes / MIB);
	else
		task_begin(peer, TASK_AFTER_TURN, vacuum_step, nothing, NULL);
}

void
verb_db(struct peer *peer, struct request *request)
{
	static const struct {
		const char *word;
		size_t args_max;
		verb_fn fn;
	} words[] = {
		{"CHECK",   1, check },
		{ "BACKUP", 2, backup},
		{ "VACUUM", 1, vacuum},
	};
	const char *word = request->arg_count > 0 ? request->args[0] : "";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0 && request->arg_count <= words[i].args_max) {
			words[i].fn(peer, request);
			return;
		}
	}
	peer_error(peer, "ERR", "DB takes CHECK, BACKUP and a path, or VACUUM");
}
