/* Requests for figures: METRICS. */
#include "meter.h"
#include "server.h"

struct one {
	const struct meter *meter;
	enum meter_kind kind;
	size_t index;
};

static void
render_one(struct json *json, const void *arg)
{
	const struct one *one = arg;

	meter_render(one->meter, one->kind, one->index, json);
}

static void
render_server(struct json *json, const void *arg)
{
	const struct server *server = arg;

	json_object(json, NULL);
	json_string(json, "socket", "queue");
	json_int(json, "connections", (int64_t)server->client_count);
	json_int(json, "connections_max", (int64_t)server_clients_max(server));
	json_int(json, "commands", (int64_t)server->command_count);
	json_int(json, "input_bytes", (int64_t)server->input_bytes);
	json_int(json, "output_bytes", (int64_t)server->output_bytes);
	json_object_end(json);
}

/* Of "", which stands for too many names, only if something was counted. */
static bool
is_shown(const struct meter *meter, const struct one *one)
{
	return one->index > 0 || meter_size(meter, one->kind) > METER_NAMES_MAX;
}

void
verb_metrics(struct peer *peer, struct request *request)
{
	const struct meter *meter = peer->server->scheduler->meter;
	struct one one = { .meter = meter };
	size_t mark, count = 1;

	if (request->arg_count > 0 || request->option_count > 0) {
		peer_error(peer, "ERR", "METRICS takes nothing");
		return;
	}
	mark = peer_list_begin(peer);
	peer_json(peer, render_server, peer->server);
	for (int kind = 0; kind < METER_KIND_COUNT; kind++) {
		one.kind = (enum meter_kind)kind;
		for (one.index = 0; one.index < meter_size(meter, one.kind); one.index++) {
			if (!is_shown(meter, &one))
				continue;
			peer_json(peer, render_one, &one);
			count++;
		}
	}
	peer_list_end(peer, mark, count);
}
