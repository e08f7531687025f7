/* The beginning and the end of a connection: HELLO, END. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fields.h"
#include "proto/verbs.h"
#include "server.h"

/* The labels of a HELLO that name jobd-runner. */
static bool
is_runner(const struct fields *hello)
{
	for (size_t i = 0; i < fields_count(hello, "labels"); i++) {
		const char *label = fields_element(hello, "labels", i);

		if (label != NULL && strcmp(label, WORKER_RUNNER_LABEL) == 0)
			return true;
	}
	return false;
}

/* Settles what became of the jobs that it had; false if the HELLO is refused. */
static bool
welcome(struct peer *peer, const struct fields *hello)
{
	struct scheduler *scheduler = peer->server->scheduler;
	size_t count = fields_count(hello, "running");
	const char **names;
	enum store_result result;

	if (!scheduler_may_write(scheduler)) {
		peer_error(peer, "ERR", "%s", scheduler->trouble);
		return false;
	}
	scheduler_work(scheduler);
	if ((names = calloc(count + 1, sizeof(*names))) == NULL) {
		peer_error(peer, "ERR", "out of memory");
		return false;
	}
	for (size_t i = 0; i < count; i++)
		names[i] = fields_element(hello, "running", i);
	/* Before it is told what died with others: what they never got did not. */
	result = hold_give_back(&peer->server->hold, &scheduler->queue);
	if (result == STORE_OK)
		result = worker_came(peer->worker, &scheduler->queue,
		    fields_has(hello, "running") ? names : NULL, count);
	free(names);
	return !scheduler_failed(scheduler, result);
}

/* What it says about itself, when it says it first. */
static void
describe_worker(struct worker *worker, const struct fields *hello)
{
	const char *hostname = fields_text(hello, "hostname"), *label;

	if (worker->connections == 1) {
		strlcpy(
		    worker->hostname, hostname != NULL ? hostname : "", sizeof(worker->hostname));
		worker->pid = fields_int(hello, "pid", 0);
		for (size_t i = 0; i < fields_count(hello, "labels"); i++)
			if ((label = fields_element(hello, "labels", i)) != NULL)
				worker_label(worker, label);
	}
	worker->rss_kb = fields_int(hello, "rss_kb", worker->rss_kb);
	worker->releases = !worker->builtin && fields_bool(hello, "release", worker->releases);
	worker_heard(worker, monotime_now(), walltime_now());
}

/* The connection becomes one of the worker's; false if it is refused. */
static bool
join_worker(struct peer *peer, const struct fields *hello)
{
	const char *wid = fields_text(hello, "wid");
	bool runner = is_runner(hello);

	if (wid == NULL || wid[0] == '\0') {
		if (runner)
			peer_error(peer, "ERR", "a runner needs a wid");
		return !runner;
	}
	if (strlen(wid) > WORKER_WID_MAX) {
		peer_error(peer, "ERR", "the wid is longer than %d bytes", WORKER_WID_MAX);
		return false;
	}
	if (runner && peer->right < RIGHT_OWN) {
		peer_error(peer, "DENIED", "permission denied: only jobd's own user is a runner");
		return false;
	}
	peer->worker = worker_connect(&peer->server->workers, wid, runner);
	if (peer->worker == NULL) {
		peer_error(peer, "ERR", "out of memory");
		return false;
	}
	if (peer->worker->builtin != runner) {
		peer_error(peer, "ERR", "this wid belongs to another kind of worker");
		return false;
	}
	describe_worker(peer->worker, hello);
	server_watch_workers(peer->server);
	return (!runner && !fields_has(hello, "running")) || welcome(peer, hello);
}

/* False: an error was replied. */
static bool
knows_password(struct peer *peer, const struct fields *hello)
{
	const char *hash = fields_text(hello, "pwdhash");
	int64_t version = fields_int(hello, "v", 2);

	if (!peer->asks_password ||
	    (hash != NULL && challenge_is_met(&peer->challenge, peer->server->password,
				 version < 2 ? 1 : 2, hash)))
		return true;
	log_info("a client (%s) gave a wrong password", peer->from);
	peer_error(peer, "ERR", "Invalid password");
	return false;
}

void
verb_hello(struct peer *peer, struct request *request)
{
	struct fields *hello;
	char error[160];

	if (peer->greeted) {
		peer_error(peer, "ERR", "HELLO was said already");
		return;
	}
	hello = fields_read(request->json, strlen(request->json), error, sizeof(error));
	if (hello == NULL)
		peer_error(peer, "ERR", "invalid HELLO: %s", error);
	else if (knows_password(peer, hello) && join_worker(peer, hello)) {
		peer->greeted = peer->greeted_now = true;
		peer->wants_codes = fields_bool(hello, "codes", false);
		peer->wants_kept = fields_bool(hello, "kept", false);
		event_del(peer->deadline);
		peer_ok(peer, "OK");
	}
	fields_free(hello);
	if (peer->greeted && peer->surplus)
		peer_error(peer, "ERR", "too many connections: %zu", peer->server->client_count);
	if (!peer->greeted || peer->surplus)
		peer_close(peer);
}

void
verb_end(struct peer *peer, struct request *request)
{
	(void)request;
	peer->requests--; /* it has no reply */
	peer_close(peer);
}
