/* Figures about webhooks: they are known here, no part of jobd is asked. */
#include "metrics.h"
#include "webhook.h"

void
metrics_webhooks(struct writer *writer)
{
	for (size_t i = 0; i < webhook_count(); i++) {
		const struct webhook *hook = webhook_nth(i);

		for (int result = 0; result < WEBHOOK_RESULT_COUNT; result++) {
			const struct label labels[] = {
				{"webhook", hook->conf->name                                },
				{ "result", webhook_result_word((enum webhook_result)result)}
			};

			metric_write(writer, "", labels, 2, (double)hook->counts[result]);
		}
	}
}
