#include <sys/queue.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "connection.h"
#include "proto/verbs.h"
#include "queue_client.h"

/* So long a full runner waits before it asks for orders alone. */
#define ORDERS_WAIT_MS 50
#define HELLO_BYTES    1024
/* A quoted character of a jid takes up to six, and a comma and quotes stand around it. */
#define HELLO_BYTES_PER_CHAR 6
#define HELLO_BYTES_PER_JID  8

struct report {
	TAILQ_ENTRY(report) entry;
	char *jid; /* NULL: it is about no job, and whatever the answer is, it is said */
	char *line;
	size_t len;
};

TAILQ_HEAD(reports, report);

struct queue_client {
	struct connection *takes, *results;
	struct slots *slots;
	const struct queue_owner *owner;
	void *arg;
	char wid[24];
	char *queues;
	struct event *asking;   /* active: to be asked in this turn of the loop */
	struct event *patience; /* before a TAKE for orders alone */
	bool patient;           /* it is over */
	struct reports reports; /* oldest first, sent in this order */
};

struct hello {
	size_t bytes;
	struct json json;
};

static void count_jid(void *hello, const char *jid);
static void write_jid(void *hello, const char *jid);
static void each_jid(struct queue_client *, void (*each)(void *, const char *), void *);
static char *hello_line(void *client);
static void report_free(struct queue_client *, struct report *);
static void on_asking(evutil_socket_t, short events, void *client);
static void on_patience(evutil_socket_t, short events, void *client);
static void takes_ready(void *client);
static bool takes_reply(void *client, const struct resp_item *);
static void takes_lost(void *client);
static void results_ready(void *client);
static bool results_reply(void *client, const struct resp_item *);
static void results_lost(void *client);
static bool is_final_refusal(const struct resp_item *);

static const struct connection_kind takes_kind = {
	.name = "queue socket (jobs)",
	.greeting = true,
	.reply_max = PROTO_QUEUE_LINE_MAX,
	.hello = hello_line,
	.ready = takes_ready,
	.reply = takes_reply,
	.lost = takes_lost,
};

static const struct connection_kind results_kind = {
	.name = "queue socket (results)",
	.greeting = true,
	.reply_max = 64 * 1024,
	.hello = hello_line,
	.ready = results_ready,
	.reply = results_reply,
	.lost = results_lost,
};

struct queue_client *
queue_client_new(struct event_base *base, const char *socket_path, struct slots *slots,
    const struct queue_owner *owner, void *arg)
{
	struct queue_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	TAILQ_INIT(&client->reports);
	client->slots = slots;
	client->owner = owner;
	client->arg = arg;
	snprintf(client->wid, sizeof(client->wid), "%08" PRIx32 "%08" PRIx32, arc4random(),
	    arc4random());
	client->queues = strdup("");
	client->asking = event_new(base, -1, 0, on_asking, client);
	client->patience = evtimer_new(base, on_patience, client);
	client->takes = connection_new(base, &takes_kind, socket_path, client);
	client->results = connection_new(base, &results_kind, socket_path, client);
	if (client->queues == NULL || client->asking == NULL || client->patience == NULL ||
	    client->takes == NULL || client->results == NULL) {
		queue_client_free(client);
		errno = ENOMEM;
		return NULL;
	}
	return client;
}

void
queue_client_free(struct queue_client *client)
{
	struct report *report;

	if (client == NULL)
		return;
	connection_free(client->takes);
	connection_free(client->results);
	if (client->asking != NULL)
		event_free(client->asking);
	if (client->patience != NULL)
		event_free(client->patience);
	while ((report = TAILQ_FIRST(&client->reports)) != NULL)
		report_free(client, report);
	free(client->queues);
	free(client);
}

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
queue_client_open(struct queue_client *client)
{
	connection_open(client->takes);
	connection_open(client->results);
}

void
queue_client_finish(struct queue_client *client)
{
	if (client->slots->unsaid > 0)
		log_errx(
		    "%zu results were not acknowledged by the scheduler", client->slots->unsaid);
	connection_finish(client->takes);
	connection_finish(client->results);
}

const char *
queue_client_wid(const struct queue_client *client)
{
	return client->wid;
}

static void
count_jid(void *arg, const char *jid)
{
	struct hello *hello = arg;

	hello->bytes += strlen(jid) * HELLO_BYTES_PER_CHAR + HELLO_BYTES_PER_JID;
}

static void
write_jid(void *arg, const char *jid)
{
	struct hello *hello = arg;

	json_string(&hello->json, NULL, jid);
}

/* Everything that is ours: what runs, and what has ended but is not acknowledged. */
static void
each_jid(struct queue_client *client, void (*each)(void *, const char *), void *arg)
{
	const struct report *report;

	client->owner->each_running(client->arg, each, arg);
	TAILQ_FOREACH (report, &client->reports, entry)
		if (report->jid != NULL)
			each(arg, report->jid);
}

static char *
hello_line(void *arg)
{
	struct queue_client *client = arg;
	struct hello hello = { .bytes = HELLO_BYTES };
	char host[256] = "", *line;
	size_t verb = strlen(VERB_HELLO " ");

	gethostname(host, sizeof(host) - 1);
	each_jid(client, count_jid, &hello);
	if ((line = malloc(verb + hello.bytes)) == NULL)
		return NULL;
	memcpy(line, VERB_HELLO " ", verb);
	json_begin(&hello.json, line + verb, hello.bytes);
	json_object(&hello.json, NULL);
	json_int(&hello.json, "v", 2);
	json_string(&hello.json, "wid", client->wid);
	json_string(&hello.json, "hostname", host);
	json_int(&hello.json, "pid", getpid());
	json_array(&hello.json, "labels");
	json_string(&hello.json, NULL, "jobd-runner");
	json_array_end(&hello.json);
	json_array(&hello.json, "running");
	each_jid(client, write_jid, &hello);
	json_array_end(&hello.json);
	json_object_end(&hello.json);
	if (json_end(&hello.json) == -1) {
		free(line);
		return NULL;
	}
	return line;
}

int
queue_client_set_queues(struct queue_client *client, const char *queues)
{
	char *copy;

	if (strcmp(client->queues, queues) == 0)
		return 0;
	if ((copy = strdup(queues)) == NULL)
		return -1;
	free(client->queues);
	client->queues = copy;
	client->slots->ask_anew = client->slots->takes > 0;
	return 0;
}

static void
ask(struct queue_client *client)
{
	const struct timeval patience = { .tv_usec = ORDERS_WAIT_MS * 1000 };
	int64_t grant = slots_grant(client->slots);
	char *line;
	int len;

	if (!connection_is_ready(client->takes) || !slots_must_ask(client->slots))
		return;
	/* Where jobs come and go fast, a slot is free before anybody has an order for us. */
	if (grant == 0 && !client->slots->stopping && !client->patient) {
		if (!evtimer_pending(client->patience, NULL))
			event_add(client->patience, &patience);
		return;
	}
	event_del(client->patience);
	len = asprintf(&line, VERB_TAKE " free=%" PRId64 " max=%" PRId64 "%s\r\n", grant,
	    grant > 0 ? grant : 1, client->queues);
	if (len == -1) {
		log_errx("no job is asked for: out of memory");
		return;
	}
	connection_send(client->takes, line, (size_t)len);
	free(line);
	slots_asked(client->slots);
}

/* Behind what the loop has to do now: one TAKE for all slots that become free in a turn. */
void
queue_client_ask(struct queue_client *client)
{
	event_active(client->asking, EV_WRITE, 1);
}

static void
on_asking(evutil_socket_t fd, short events, void *client)
{
	(void)fd;
	(void)events;
	ask(client);
}

static void
on_patience(evutil_socket_t fd, short events, void *arg)
{
	struct queue_client *client = arg;

	(void)fd;
	(void)events;
	client->patient = true;
	ask(client);
	client->patient = false;
}

static void
takes_ready(void *arg)
{
	queue_client_ask(arg);
}

static void
takes_lost(void *arg)
{
	struct queue_client *client = arg;

	slots_disconnected(client->slots);
	client->owner->settled(client->arg);
}

static bool
takes_reply(void *arg, const struct resp_item *item)
{
	struct queue_client *client = arg;

	if (item->kind == RESP_ERROR)
		log_warnx("%s: %.*s", takes_kind.name, (int)item->len, item->data);
	if (item->kind != RESP_BULK && item->kind != RESP_NIL)
		return false;
	/* The end of a list, after the jobs or the order in it. */
	if (item->kind == RESP_NIL)
		slots_answered(client->slots);
	else
		client->owner->job(client->arg, item->data, item->len);
	queue_client_ask(client);
	client->owner->settled(client->arg);
	return true;
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
	size_t len = strlen(verb), size = len + HELLO_BYTES + bytes * HELLO_BYTES_PER_CHAR;
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
