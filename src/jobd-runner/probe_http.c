#include <string.h>

#include "probe.h"

/* The check of a URL through libcurl, in the module. */

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
		probe_cannot(probe, "%.180s", text);
}

static void
stop(struct probe *probe)
{
	if (probe->question != NULL)
		net_forget(probe->probes->net, probe->question);
	probe->question = NULL;
}

void
probe_judge_http(struct probe *probe, long status, bool has_body)
{
	const struct conf_check *check = &probe->program->check;
	bool is_good =
	    check->status != 0 ? status == check->status : status >= 200 && status <= 399;

	if (!is_good)
		probe_finish(probe, false, "HTTP %ld", status);
	else if (!has_body)
		probe_finish(probe, false, "HTTP %ld without '%.100s' in it", status, check->body);
	else
		probe_finish(probe, true, "%s", "");
}

static void
on_answer(void *arg, const struct net_answer *answer)
{
	struct probe *probe = arg;

	/* It is freed by who calls us. */
	probe->question = NULL;
	if (answer->status == 0)
		probe_finish(probe, false, "%.180s", answer->text);
	else
		probe_judge_http(probe, answer->status, answer->has_body);
}

const struct probe_kind probe_http_kind = { .start = start, .stop = stop };
