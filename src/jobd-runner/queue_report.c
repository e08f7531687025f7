#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/log.h"
#include "proto/verbs.h"
#include "queue_client_private.h"

static void results_ready(void *client);
static bool results_reply(void *client, const struct resp_item *);
static void results_lost(void *client);

const struct connection_kind queue_results_kind = {
	.name = "queue socket (results)",
	.greeting = true,
	.reply_max = 64 * 1024,
	.hello = queue_hello_line,
	.ready = results_ready,
	.reply = results_reply,
	.lost = results_lost,
};

static void
report_free(struct queue_client *client, struct report *report)
{
	TAILQ_REMOVE(&client->reports, report, entry);
	if (report->jid != NULL)
		client->slots->unsaid--;
	free(report->jid);
	free(report->line);
	free(report);
}

void
queue_reports_free(struct queue_client *client)
{
	struct report *report;

	while ((report = TAILQ_FIRST(&client->reports)) != NULL)
		report_free(client, report);
}

static int
report_add(struct queue_client *client, const char *jid, char *line, size_t len)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report == NULL || line == NULL ||
	    (jid != NULL && (report->jid = strdup(jid)) == NULL)) {
		free(report);
		free(line);
		return -1;
	}
	report->line = line;
	report->len = len;
	TAILQ_INSERT_TAIL(&client->reports, report, entry);
	if (jid != NULL)
		client->slots->unsaid++;
	connection_send(client->results, line, len);
	return 0;
}

void
queue_client_report(struct queue_client *client, const char *jid, char *line, size_t len)
{
	if (report_add(client, jid, line, len) == -1)
		log_errx("job %s: its result is lost: out of memory", jid);
}

/* Ends the line that `json` began behind the verb, and sends it. */
static int
report_json(
    struct queue_client *client, const char *jid, char *line, size_t verb, struct json *json)
{
	int64_t len;

	json_object_end(json);
	if ((len = json_end(json)) == -1) {
		free(line);
		return -1;
	}
	memcpy(line + verb + len, "\r\n", 2);
	return report_add(client, jid, line, verb + (size_t)len + 2);
}

/* "VERB {", with room for so many bytes of text; NULL without memory. */
static char *
json_line(struct json *json, const char *verb, size_t bytes)
{
	size_t len = strlen(verb), size = len + LINE_BYTES + bytes * LINE_BYTES_PER_CHAR;
	char *line = malloc(size);

	if (line == NULL)
		return NULL;
	memcpy(line, verb, len);
	json_begin(json, line + len, size - len - 2);
	json_object(json, NULL);
	return line;
}

void
queue_client_return(
    struct queue_client *client, const char *jid, int64_t delay_ms, const char *reason)
{
	struct json json;
	char *line = json_line(&json, VERB_RETURN " ", strlen(jid) + strlen(reason));

	if (line != NULL) {
		json_string(&json, "jid", jid);
		json_int(&json, "delay_ms", delay_ms);
		json_string(&json, "reason", reason);
	}
	if (line == NULL || report_json(client, jid, line, strlen(VERB_RETURN " "), &json) == -1)
		log_errx("job %s can't be given back: out of memory", jid);
}

void
queue_client_breaker(struct queue_client *client, const char *target, const char *state,
    struct walltime until, int64_t failures)
{
	char text[WALLTIME_TEXT_MAX];
	struct json json;
	char *line;

	if (!connection_is_ready(client->results) ||
	    (line = json_line(&json, VERB_BREAKER " ", strlen(target))) == NULL)
		return;
	json_string(&json, "target", target);
	json_string(&json, "state", state);
	if (walltime_is_set(until))
		json_string(&json, "until", walltime_format(until, text, sizeof(text)));
	json_int(&json, "failures", failures);
	report_json(client, NULL, line, strlen(VERB_BREAKER " "), &json);
}

/* A new connection knows nothing of what was sent on the last one. */
static void
results_ready(void *arg)
{
	struct queue_client *client = arg;
	struct report *report, *next;

	TAILQ_FOREACH_SAFE (report, &client->reports, entry, next) {
		if (report->jid == NULL)
			report_free(client, report);
		else
			connection_send(client->results, report->line, report->len);
	}
	client->owner->greeted(client->arg);
}

static void
results_lost(void *client)
{
	(void)client; /* what is not acknowledged is still in the list */
}

/* An answer that will be the same for ever, in distinction to a scheduler that can't write now. */
static bool
is_final_refusal(const struct resp_item *item)
{
	static const char *const beginnings[] = { "ERR Job not found", "ERR invalid" };

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		size_t len = strlen(beginnings[i]);

		if (item->len >= len && strncasecmp(item->data, beginnings[i], len) == 0)
			return true;
	}
	return false;
}

static bool
results_reply(void *arg, const struct resp_item *item)
{
	struct queue_client *client = arg;
	struct report *report = TAILQ_FIRST(&client->reports);

	if (report == NULL)
		return false;
	if (item->kind == RESP_ERROR)
		log_warnx("%s: the scheduler does not take what is said of it: %.*s",
		    report->jid != NULL ? report->jid : "a breaker", (int)item->len, item->data);
	if (item->kind != RESP_OK && report->jid != NULL &&
	    !(item->kind == RESP_ERROR && is_final_refusal(item)))
		return false;
	report_free(client, report);
	queue_client_ask(client);
	client->owner->settled(client->arg);
	return true;
}
