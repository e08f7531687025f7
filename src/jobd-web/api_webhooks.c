/* What the webhooks are, and what became of what came in since this process began. */
#include <inttypes.h>

#include "base/clock.h"

#include "handlers.h"
#include "webhook.h"

static void
put_member(struct buf *text, const char *name, const char *value)
{
	buf_printf(text, ",\"%s\":", name);
	buf_json(text, value);
}

static void
put_time(struct buf *text, const char *name, struct walltime when)
{
	char written[64];

	put_member(text, name, walltime_format(when, written, sizeof(written)));
}

static void
put_last(struct buf *text, const struct webhook *hook)
{
	if (!walltime_is_set(hook->last.at)) {
		buf_text(text, ",\"last\":null");
		return;
	}
	buf_printf(text, ",\"last\":{\"status\":%u", hook->last.status);
	put_time(text, "at", hook->last.at);
	put_member(text, "result", webhook_result_word(hook->last.result));
	put_member(text, "from", hook->last.from);
	if (hook->last.jid[0] != '\0')
		put_member(text, "id", hook->last.jid);
	buf_text(text, "}");
}

static void
put_webhook(struct buf *text, const struct webhook *hook)
{
	static const char *const schemes[] = {
		[CONF_WEBHOOK_PLAIN] = "plain",
		[CONF_WEBHOOK_GITHUB] = "github",
		[CONF_WEBHOOK_STRIPE] = "stripe",
		[CONF_WEBHOOK_JOBD] = "jobd",
	};

	buf_text(text, "{\"name\":");
	buf_json(text, hook->conf->name);
	put_member(text, "path", hook->take.path);
	put_member(text, "health_path", hook->health.path);
	put_member(text, "scheme", schemes[hook->conf->scheme]);
	put_member(text, "job", hook->conf->job);
	buf_printf(text, ",\"ready\":%s", webhook_is_ready(hook) ? "true" : "false");
	put_time(text, "since", webhooks_since());
	buf_text(text, ",\"counts\":{");
	for (int i = 0; i < WEBHOOK_RESULT_COUNT; i++)
		buf_printf(text, "%s\"%s\":%" PRId64, i > 0 ? "," : "",
		    webhook_result_word((enum webhook_result)i), hook->counts[i]);
	buf_text(text, "}");
	put_last(text, hook);
	buf_text(text, "}");
}

void
api_webhooks(struct request *request)
{
	struct buf text = { 0 };

	buf_text(&text, "{\"webhooks\":[");
	for (size_t i = 0; i < webhook_count(); i++) {
		buf_text(&text, i > 0 ? "," : "");
		put_webhook(&text, webhook_nth(i));
	}
	buf_text(&text, "]}");
	respond_json(request, MHD_HTTP_OK, &text);
}
