#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/notify.h"
#include "proto/verbs.h"

#include "report.h"

/* Of what is told of all outboxes together. */
#define STATUS_MAX 1000
/* A name and what is wrong, each byte perhaps six of JSON. */
#define LINE_MAX_BYTES 8000

/* "billing: no answer within the time-out; connected: orders": what is wrong comes first, because
 * jobd keeps only the beginning. */
void
report_to_jobd(struct outbox *const *list, size_t count)
{
	char status[STATUS_MAX] = "STATUS=", connected[STATUS_MAX] = "";

	for (size_t i = 0; i < count; i++) {
		const char *why = outbox_trouble(list[i]);

		if (why == NULL && connected[0] != '\0')
			strlcat(connected, ", ", sizeof(connected));
		if (why == NULL) {
			strlcat(connected, outbox_conf(list[i])->name, sizeof(connected));
			continue;
		}
		strlcat(status, outbox_conf(list[i])->name, sizeof(status));
		strlcat(status, ": ", sizeof(status));
		strlcat(status, why, sizeof(status));
		strlcat(status, "; ", sizeof(status));
	}
	strlcat(status, connected[0] != '\0' ? "connected: " : "none is connected", sizeof(status));
	strlcat(status, connected, sizeof(status));
	if (notify_send(status) == -1)
		log_warn("the status was not told");
}

/* Of one that was not tried yet nothing is known. */
int
report_to_queue(struct outbox *const *list, size_t count, struct pusher *pusher,
    pusher_answer *answer, void *arg)
{
	static const char verb[] = VERB_OUTBOX " ";
	const size_t verb_len = sizeof(verb) - 1;
	char line[LINE_MAX_BYTES];
	struct json json;
	int64_t len;

	memcpy(line, verb, sizeof(verb));
	for (size_t i = 0; i < count; i++) {
		if (!outbox_is_known(list[i]))
			continue;
		json_begin(&json, line + verb_len, sizeof(line) - verb_len);
		json_object(&json, NULL);
		json_string(&json, "name", outbox_conf(list[i])->name);
		json_string(&json, "trouble", outbox_trouble(list[i]));
		json_object_end(&json);
		len = json_end(&json);
		if (len > 0 && pusher_ask(pusher, line, verb_len + (size_t)len, answer, arg) == -1)
			return -1;
	}
	return 0;
}
