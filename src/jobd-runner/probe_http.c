#include <string.h>

#include "probe.h"

/* libcurl's own limit is only for the case that ours is late. */
#define SPARE_MS 1000

static void on_answer(void *probe, const struct net_answer *);

static void
start(struct probe *probe)
{
	const struct conf_check *check = &probe->program->check;
	const struct net_ask ask = {
		.url = check->http, .body = check->body, .timeout_ms = check->timeout_ms + SPARE_MS
	};
	char text[CALL_TEXT_MAX];

	probe->question = net_ask(probe->probes->net, &ask, on_answer, probe, text, sizeof(text));
	if (probe->question == NULL)
		probe_finish(probe, false, "%.180s", text);
}

static void
stop(struct probe *probe)
{
	if (probe->question != NULL)
		net_forget(probe->probes->net, probe->question);
	probe->question = NULL;
}

static void
on_answer(void *arg, const struct net_answer *answer)
{
	struct probe *probe = arg;
	const struct conf_check *check = &probe->program->check;
	bool is_good = check->status != 0 ? answer->status == check->status
					  : answer->status >= 200 && answer->status <= 399;

	/* It is freed by who calls us. */
	probe->question = NULL;
	if (answer->status == 0)
		probe_finish(probe, false, "%.180s", answer->text);
	else if (!is_good)
		probe_finish(probe, false, "HTTP %ld", answer->status);
	else if (!answer->has_body)
		probe_finish(
		    probe, false, "HTTP %ld without '%.100s' in it", answer->status, check->body);
	else
		probe_finish(probe, true, "%s", "");
}

const struct probe_kind probe_http_kind = { .start = start, .stop = stop };
