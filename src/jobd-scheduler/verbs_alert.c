/* Requests about alerts: ALERTS. */
#include "alert.h"
#include "server.h"

void
verb_alerts(struct peer *peer, struct request *request)
{
	const struct alerts *alerts = peer->server->scheduler->alerts;
	size_t mark;

	if (request->arg_count > 0 || request->option_count > 0) {
		peer_error(peer, "ERR", "ALERTS takes nothing");
		return;
	}
	mark = peer_list_begin(peer);
	for (size_t i = 0; i < alerts->count; i++)
		peer_json(peer, alert_render, &alerts->list[i]);
	peer_list_end(peer, mark, alerts->count);
}
