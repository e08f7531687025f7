/* Requests about outboxes: OUTBOX, OUTBOXES. */
#include <string.h>

#include "server.h"

/* False: an error was replied. */
static bool
read_state(struct peer *peer, const struct fields *fields, struct outbox_state *state)
{
	const char *name = fields_text(fields, "name"), *trouble = fields_text(fields, "trouble");

	if (name == NULL || name[0] == '\0' || strlen(name) > OUTBOX_NAME_MAX) {
		peer_error(peer, "ERR", "name is a text of 1 to %d bytes", OUTBOX_NAME_MAX);
		return false;
	}
	if (trouble == NULL && fields_has(fields, "trouble") &&
	    !fields_is_null(fields, "trouble")) {
		peer_error(peer, "ERR", "trouble is a text or null");
		return false;
	}
	*state = (struct outbox_state){ .teller = peer, .changed_at = walltime_now() };
	strlcpy(state->name, name, sizeof(state->name));
	strlcpy(state->trouble, trouble != NULL ? trouble : "", sizeof(state->trouble));
	return true;
}

static void
tell_change(struct peer *peer, const struct outbox_state *state)
{
	const char *from =
	    outbox_state_word(outbox_states_find(&peer->server->outboxes, state->name));
	const char *to = outbox_state_word(state);

	if (strcmp(from, to) == 0)
		return;
	queue_tell(&peer->server->scheduler->queue, &(struct queue_event){ .kind = "outbox",
							.name = state->name,
							.jid = "",
							.type = "",
							.queue = "",
							.reason = state->trouble,
							.from = from,
							.to = to });
}

void
verb_outbox(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "name", "trouble", NULL };
	struct fields *fields = verb_object(peer, request, known);
	struct outbox_state state;

	if (fields == NULL)
		return;
	if (read_state(peer, fields, &state)) {
		tell_change(peer, &state);
		if (outbox_states_tell(&peer->server->outboxes, &state) == 0)
			peer_ok(peer, "OK");
		else
			peer_error(peer, "ERR", "out of memory");
	}
	fields_free(fields);
}

struct shown {
	const char *name;
	const struct outbox_state *state; /* NULL: not known */
};

static void
render_outbox(struct json *json, const void *arg)
{
	const struct shown *shown = arg;
	const struct outbox_state *state = shown->state;
	bool is_bad = state != NULL && state->trouble[0] != '\0';

	json_object(json, NULL);
	json_string(json, "name", shown->name);
	json_string(json, "state", outbox_state_word(state));
	json_string(json, "trouble", is_bad ? state->trouble : NULL);
	render_time(json, "changed_at", state != NULL ? state->changed_at : (struct walltime){ 0 });
	json_object_end(json);
}

/* Those of the configuration: one that is not there any more is nobody's trouble. */
void
verb_outboxes(struct peer *peer, struct request *request)
{
	const struct conf *conf = peer->server->scheduler->conf;
	size_t mark = peer_list_begin(peer), count = 0;

	(void)request;
	for (size_t i = 0; i < conf->outbox_count; i++) {
		const char *name = conf->outboxes[i].name;
		struct shown shown = { name, outbox_states_find(&peer->server->outboxes, name) };

		if (!conf->outboxes[i].enabled)
			continue;
		peer_json(peer, render_outbox, &shown);
		count++;
	}
	peer_list_end(peer, mark, count);
}
