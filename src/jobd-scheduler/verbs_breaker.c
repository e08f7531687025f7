/* Requests about the runner's circuit breakers: BREAKER, BREAKERS. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server.h"

#define QUOTE "%.200s"

/* False: an error was replied. */
static bool
read_breaker(struct peer *peer, const struct fields *fields, struct breaker *breaker)
{
	const char *target = fields_text(fields, "target"), *state = fields_text(fields, "state");
	const char *until = fields_text(fields, "until"), *errstr;

	*breaker = (struct breaker){ .failures = fields_int(fields, "failures", 0),
		.changed_at = walltime_now() };
	if (target == NULL || target[0] == '\0' || strlen(target) > BREAKER_TARGET_MAX)
		peer_error(peer, "ERR", "target is a text of 1 to %d bytes", BREAKER_TARGET_MAX);
	else if (state == NULL || breaker_state_parse(state, &breaker->state) == -1)
		peer_error(peer, "ERR", "state is closed, open or half-open");
	else if (until != NULL && walltime_parse(until, &breaker->until, &errstr) == -1)
		peer_error(peer, "ERR", "until: '" QUOTE "' %s", until, errstr);
	else {
		strlcpy(breaker->target, target, sizeof(breaker->target));
		return true;
	}
	return false;
}

/* A target that was not heard of had a closed one. */
static void
tell_change(struct peer *peer, const struct breaker *breaker)
{
	const struct breaker *old = breakers_find(&peer->server->breakers, breaker->target);
	enum breaker_state from = old != NULL ? old->state : BREAKER_CLOSED;
	char reason[40] = "";

	if (from == breaker->state)
		return;
	if (breaker->failures > 0)
		snprintf(reason, sizeof(reason), "%" PRId64 " failures", breaker->failures);
	queue_tell(&peer->server->scheduler->queue, &(struct queue_event){ .kind = "breaker",
							.name = breaker->target,
							.jid = "",
							.type = "",
							.queue = "",
							.reason = reason,
							.from = breaker_state_word(from),
							.to = breaker_state_word(breaker->state) });
}

void
verb_breaker(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "target", "state", "until", "failures", NULL };
	struct fields *fields = verb_object(peer, request, known);
	struct breaker breaker;

	if (fields == NULL)
		return;
	if (read_breaker(peer, fields, &breaker)) {
		tell_change(peer, &breaker);
		if (breakers_tell(&peer->server->breakers, &breaker) == 0)
			peer_ok(peer, "OK");
		else
			peer_error(peer, "ERR", "out of memory");
	}
	fields_free(fields);
}

static void
render_breaker(struct json *json, const void *arg)
{
	const struct breaker *breaker = arg;

	json_object(json, NULL);
	json_string(json, "target", breaker->target);
	json_string(json, "state", breaker_state_word(breaker->state));
	render_time(json, "until", breaker->until);
	json_int(json, "failures", breaker->failures);
	render_time(json, "changed_at", breaker->changed_at);
	json_object_end(json);
}

void
verb_breakers(struct peer *peer, struct request *request)
{
	size_t mark = peer_list_begin(peer);
	const struct breaker *breaker;

	(void)request;
	TAILQ_FOREACH (breaker, &peer->server->breakers.list, entry)
		peer_json(peer, render_breaker, breaker);
	peer_list_end(peer, mark, peer->server->breakers.count);
}
