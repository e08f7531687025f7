/* What the handlers of verbs share: reading what is asked, and the common replies. */
#include <string.h>

#include "scope.h"
#include "server.h"

#define JOBS_LIMIT     100
#define JOBS_LIMIT_MAX 10000
#define QUOTE          "%.200s"

bool
verb_may(struct peer *peer, enum right right)
{
	if (peer->right >= right)
		return true;
	if (right == RIGHT_ALL)
		peer_error(peer, "DENIED",
		    "permission denied: it takes root or jobd's own user, or the password");
	else if (right == RIGHT_OWN)
		peer_error(peer, "DENIED",
		    "permission denied: it takes root or jobd's own user, on the unix socket");
	else
		peer_error(peer, "DENIED",
		    "permission denied: you may look, but not act (it takes a place in jobd's "
		    "act_group)");
	return false;
}

bool
verb_queue_fits(struct peer *peer, const char *queue)
{
	struct scheduler *scheduler = peer->server->scheduler;
	struct store *store = scheduler->store;
	enum store_result result = store->ops->names_fit(store, NULL, queue, NULL);

	if (result == STORE_NONE)
		peer_error(peer, "ERR", QUEUE_NAMES_FULL);
	return !scheduler_failed(scheduler, result) && result == STORE_OK;
}

struct fields *
verb_object(struct peer *peer, const struct request *request, const char *const *known)
{
	const char *text = request->json != NULL ? request->json : "{}", *unknown;
	struct fields *fields;
	char error[160];

	fields = fields_read(text, strlen(text), error, sizeof(error));
	if (fields == NULL) {
		peer_error(peer, "ERR", "invalid JSON: %s", error);
		return NULL;
	}
	if ((unknown = fields_unknown(fields, known)) != NULL) {
		peer_error(peer, "ERR", "unknown member '" QUOTE "'", unknown);
		fields_free(fields);
		return NULL;
	}
	return fields;
}

const char *
verb_one_jid(struct peer *peer, const struct request *request)
{
	if (request->arg_count == 1 && request->option_count == 0 && request->json == NULL)
		return request->args[0];
	peer_error(peer, "ERR", "%s takes one jid", request->verb);
	return NULL;
}

void
verb_answer(struct peer *peer, const char *jid, enum queue_answer answer, const char *refused)
{
	switch (answer) {
	case QUEUE_OK:
		peer_ok(peer, "OK");
		break;
	case QUEUE_NO_JOB:
		peer_error(peer, "ERR", "Job not found " QUOTE, jid);
		break;
	case QUEUE_REFUSED:
		peer_error(peer, "ERR", "%s", refused);
		break;
	case QUEUE_NOT_UNIQUE:
		peer_error(peer, "NOTUNIQUE", "Job not unique");
		break;
	case QUEUE_FAILED:
		scheduler_failed(peer->server->scheduler, STORE_FAILED);
		break;
	}
}

static bool
add_state(struct peer *peer, const char *word, struct job_filter *filter)
{
	enum job_state state;

	if (word != NULL && job_state_parse(word, &state) == 0) {
		filter->states |= 1u << state;
		return true;
	}
	peer_error(peer, "ERR",
	    "'" QUOTE "' is no state (scheduled, ready, blocked, running, retry, done, dead, "
	    "cancelled)",
	    word != NULL ? word : "");
	return false;
}

/* A word, or a list of words. */
static bool
read_states(struct peer *peer, const struct fields *fields, struct job_filter *filter)
{
	if (!fields_has(fields, "state") || fields_is_null(fields, "state"))
		return true;
	if (!fields_is_list(fields, "state"))
		return add_state(peer, fields_text(fields, "state"), filter);
	for (size_t i = 0; i < fields_count(fields, "state"); i++)
		if (!add_state(peer, fields_element(fields, "state", i), filter))
			return false;
	return true;
}

/* False: an error was replied. */
static bool
read_text(struct peer *peer, const struct fields *fields, const char *key, const char **text)
{
	*text = fields_text(fields, key);
	if (*text != NULL || !fields_has(fields, key) || fields_is_null(fields, key))
		return true;
	peer_error(peer, "ERR", "%s is not a text", key);
	return false;
}

static bool
read_when(struct peer *peer, const struct fields *fields, const char *key, struct walltime *when)
{
	const char *text, *errstr;

	if (!read_text(peer, fields, key, &text))
		return false;
	if (text == NULL || walltime_parse(text, when, &errstr) == 0)
		return true;
	peer_error(peer, "ERR", "%s: '" QUOTE "' %s", key, text, errstr);
	return false;
}

static bool
read_order(struct peer *peer, const struct fields *fields, struct job_filter *filter)
{
	const char *word;

	if (!read_text(peer, fields, "order", &word))
		return false;
	if (word == NULL || strcmp(word, "newest") == 0)
		return true;
	filter->oldest_first = strcmp(word, "oldest") == 0;
	if (!filter->oldest_first)
		peer_error(peer, "ERR", "order is newest or oldest");
	return filter->oldest_first;
}

static bool
read_limits(struct peer *peer, const struct fields *fields, struct job_filter *filter)
{
	filter->limit = fields_int(fields, "limit", JOBS_LIMIT);
	filter->after = fields_int(fields, "after", 0);
	if (filter->limit < 1 || filter->limit > JOBS_LIMIT_MAX)
		peer_error(peer, "ERR", "limit is from 1 to %d", JOBS_LIMIT_MAX);
	else if (filter->after < 0)
		peer_error(peer, "ERR", "after is the seq of a job");
	else
		return true;
	return false;
}

bool
verb_filter(struct peer *peer, const struct fields *fields, struct job_filter *filter)
{
	*filter = (struct job_filter){ .states = 0, .scope = peer_tag(peer) };
	return read_states(peer, fields, filter) &&
	       read_text(peer, fields, "type", &filter->type) &&
	       read_text(peer, fields, "queue", &filter->queue) &&
	       read_text(peer, fields, "worker", &filter->worker) &&
	       read_text(peer, fields, "tag", &filter->tag) &&
	       read_text(peer, fields, "parent", &filter->parent) &&
	       read_text(peer, fields, "bid", &filter->bid) &&
	       read_when(peer, fields, "since", &filter->since) &&
	       read_when(peer, fields, "until", &filter->until) &&
	       read_order(peer, fields, filter) && read_limits(peer, fields, filter);
}

void
verb_by_word(struct peer *peer, struct request *request, const struct verb_word *words)
{
	const char *asked = request->arg_count > 0 ? request->args[0] : "";

	for (; words->word != NULL; words++) {
		if (strcmp(words->word, asked) != 0)
			continue;
		if (request->arg_count == words->args)
			words->fn(peer, request);
		else
			peer_error(peer, "ERR", "%s %s takes one %s", request->verb, words->word,
			    words->args == 1 ? "object" : "id");
		return;
	}
	peer_error(peer, "ERR", "no such %s subcommand: %.64s", request->verb, asked);
}
