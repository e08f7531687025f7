/* MUTATE: what is done to the scheduled, failed or dead jobs that a pattern chooses. */
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "role.h"
#include "server.h"

/* Jobs that it looks at in one turn. */
#define MUTATE_SLICE 1000

struct mutation {
	struct fields *fields; /* what it says, from which the rest borrows */
	queue_wish_fn wish;
	queue_leave_fn leave;
	const struct queue *queue;
	enum job_state state;
	const char *glob, *type;     /* NULL: any */
	const struct fields *filter; /* NULL: there is none */
	size_t next_jid;             /* of the filter's, if it names some */
	int64_t after;               /* seq of the last job that was looked at */
	char (*found)[JOB_JID_MAX + 1];
	size_t found_count, looked;
};

static void
mutation_free(void *arg)
{
	struct mutation *mutation = arg;

	fields_free(mutation->fields);
	free(mutation->found);
	free(mutation);
}

static bool
leaves(const struct mutation *mutation, const struct job *job)
{
	return mutation->leave != NULL && mutation->leave(mutation->queue, job);
}

/* The pattern is for the job as a worker would get it. */
static bool
mutation_wants(const struct mutation *mutation, const struct job *job)
{
	size_t len;
	char *text;
	bool matches;

	if ((mutation->type != NULL && strcmp(mutation->type, job->type) != 0) ||
	    leaves(mutation, job))
		return false;
	if (mutation->glob == NULL)
		return true;
	if ((text = render(render_payload, job, &len)) == NULL)
		return false;
	matches = glob_match(mutation->glob, text, len);
	free(text);
	return matches;
}

static bool
mutation_look(void *arg, const struct job *job)
{
	struct mutation *mutation = arg;

	mutation->after = job->id;
	mutation->looked++;
	if (mutation_wants(mutation, job))
		strlcpy(mutation->found[mutation->found_count++], job->jid, JOB_JID_MAX + 1);
	return true;
}

/* A wish that a job's state does not allow any more is passed over. */
static bool
mutate_found(struct scheduler *scheduler, struct mutation *mutation)
{
	for (size_t i = 0; i < mutation->found_count; i++)
		if (mutation->wish(&scheduler->queue, mutation->found[i]) == QUEUE_FAILED)
			return !scheduler_failed(scheduler, STORE_FAILED);
	return true;
}

/* The next jobs of the target; true when they were the last ones. */
static bool
mutate_scan(struct peer *peer, struct mutation *mutation)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct job_filter filter = { .states = 1u << mutation->state,
		.type = mutation->type,
		.after = mutation->after,
		.oldest_first = true,
		.limit = MUTATE_SLICE };

	mutation->found_count = mutation->looked = 0;
	if (scheduler_failed(scheduler, scheduler->store->ops->job_list(
					    scheduler->store, &filter, mutation_look, mutation)) ||
	    !mutate_found(scheduler, mutation) || mutation->looked == MUTATE_SLICE)
		return false;
	peer_ok(peer, "OK");
	return true;
}

/* The next ones of those that are named; the others of the filter do not count. */
static bool
mutate_named(struct peer *peer, struct mutation *mutation)
{
	struct scheduler *scheduler = peer->server->scheduler;
	size_t count = fields_count(mutation->filter, "jids");
	struct job job;

	mutation->found_count = 0;
	for (; mutation->next_jid < count && mutation->found_count < MUTATE_SLICE;
	     mutation->next_jid++) {
		const char *jid = fields_element(mutation->filter, "jids", mutation->next_jid);
		enum store_result result =
		    jid == NULL || strlen(jid) > JOB_JID_MAX
			? STORE_NONE
			: scheduler->store->ops->job_get(scheduler->store, jid, &job);

		if (scheduler_failed(scheduler, result))
			return false;
		if (result != STORE_OK)
			continue;
		if (job.state == mutation->state && !leaves(mutation, &job))
			strlcpy(mutation->found[mutation->found_count++], jid, JOB_JID_MAX + 1);
		job_clear(&job);
	}
	if (!mutate_found(scheduler, mutation) || mutation->next_jid < count)
		return false;
	peer_ok(peer, "OK");
	return true;
}

static bool
mutate_step(struct peer *peer, void *arg)
{
	struct mutation *mutation = arg;

	return mutation->filter != NULL && fields_count(mutation->filter, "jids") > 0
		   ? mutate_named(peer, mutation)
		   : mutate_scan(peer, mutation);
}

/* False: an error was replied. */
static bool
read_mutation(struct peer *peer, struct mutation *mutation)
{
	static const struct {
		const char *word;
		queue_wish_fn fn;
	} commands[] = {
		{"clear",    queue_delete},
		{ "discard", queue_delete},
		{ "kill",    queue_bury  },
		{ "requeue", queue_retry },
	};
	static const struct {
		const char *word;
		enum job_state state;
	} targets[] = {
		{"scheduled", JOB_SCHEDULED},
		{ "retries",  JOB_RETRY    },
		{ "dead",     JOB_DEAD     },
	};
	const char *command = fields_text(mutation->fields, "cmd");
	const char *target = fields_text(mutation->fields, "target");
	bool has_target = false;

	for (size_t i = 0; command != NULL && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].word, command) == 0)
			mutation->wish = commands[i].fn;
	for (size_t i = 0; target != NULL && i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (strcmp(targets[i].word, target) == 0) {
			mutation->state = targets[i].state;
			has_target = true;
		}
	}
	if (!has_target)
		peer_error(peer, "ERR", "invalid target for mutation command");
	else if (mutation->wish == NULL)
		peer_error(peer, "ERR", "unknown mutate operation");
	if (!has_target || mutation->wish == NULL)
		return false;
	mutation->filter =
	    strcmp(command, "clear") == 0 ? NULL : fields_object(mutation->fields, "filter");
	if (mutation->filter != NULL) {
		mutation->glob = fields_text(mutation->filter, "regexp");
		mutation->type = fields_text(mutation->filter, "jobtype");
		if (mutation->glob != NULL && mutation->glob[0] == '\0')
			mutation->glob = NULL;
		if (mutation->type != NULL && mutation->type[0] == '\0')
			mutation->type = NULL;
	}
	return true;
}

void
verb_mutate(struct peer *peer, struct request *request)
{
	const char *text = request->json != NULL ? request->json : "";
	struct mutation *mutation;
	char error[160];

	if (request->json == NULL || request->arg_count > 0) {
		peer_error(peer, "ERR", "invalid format");
		return;
	}
	if ((mutation = calloc(1, sizeof(*mutation))) == NULL ||
	    (mutation->found = calloc(MUTATE_SLICE, sizeof(*mutation->found))) == NULL) {
		free(mutation);
		peer_error(peer, "ERR", "out of memory");
		return;
	}
	mutation->queue = &peer->server->scheduler->queue;
	mutation->leave = role_is_operator(peer) ? role_is_for_admins : NULL;
	mutation->fields = fields_read(text, strlen(text), error, sizeof(error));
	if (mutation->fields == NULL)
		peer_error(peer, "ERR", "invalid JSON: %s", error);
	if (mutation->fields != NULL && read_mutation(peer, mutation))
		task_begin(peer, TASK_IN_TURN, mutate_step, mutation_free, mutation);
	else
		mutation_free(mutation);
}
