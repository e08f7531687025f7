/* Figures about webhooks: they are known here, no part of jobd is asked. */
#include <inttypes.h>

#include "webhook.h"

#define FAMILY "jobd_webhook_requests"

static void
put_one(struct buf *text, const struct webhook *hook)
{
	/* The names of the configuration and the words need no escapes. */
	for (int i = 0; i < WEBHOOK_RESULT_COUNT; i++)
		buf_printf(text, FAMILY "_total{webhook=\"%s\",result=\"%s\"} %" PRId64 "\n",
		    hook->conf->name, webhook_result_word((enum webhook_result)i), hook->counts[i]);
}

void
webhook_metrics(struct buf *text, bool openmetrics)
{
	const char *suffix = openmetrics ? "" : "_total";

	if (webhook_count() == 0)
		return;
	buf_printf(text,
	    "# HELP " FAMILY "%s Requests of webhooks, by what became of them.\n"
	    "# TYPE " FAMILY "%s counter\n",
	    suffix, suffix);
	for (size_t i = 0; i < webhook_count(); i++)
		put_one(text, webhook_nth(i));
}
