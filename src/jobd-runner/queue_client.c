#include <sys/queue.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "proto/verbs.h"
#include "queue_client_private.h"

/* So long a full runner waits before it asks for orders alone. */
#define ORDERS_WAIT_MS      50
#define HELLO_BYTES_PER_JID 8

struct hello {
	size_t bytes;
	struct json json;
};

static void count_jid(void *hello, const char *jid);
static void write_jid(void *hello, const char *jid);
static void each_jid(struct queue_client *, void (*each)(void *, const char *), void *);
static void on_asking(evutil_socket_t, short events, void *client);
static void on_patience(evutil_socket_t, short events, void *client);
static void takes_ready(void *client);
static bool takes_reply(void *client, const struct resp_item *);
static void takes_lost(void *client);

static const struct connection_kind takes_kind = {
	.name = "queue socket (jobs)",
	.greeting = true,
	.reply_max = PROTO_QUEUE_LINE_MAX,
	.hello = queue_hello_line,
	.ready = takes_ready,
	.reply = takes_reply,
	.lost = takes_lost,
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
	client->results = connection_new(base, &queue_results_kind, socket_path, client);
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
	if (client == NULL)
		return;
	connection_free(client->takes);
	connection_free(client->results);
	if (client->asking != NULL)
		event_free(client->asking);
	if (client->patience != NULL)
		event_free(client->patience);
	queue_reports_free(client);
	free(client->queues);
	free(client);
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

	hello->bytes += strlen(jid) * LINE_BYTES_PER_CHAR + HELLO_BYTES_PER_JID;
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

char *
queue_hello_line(void *arg)
{
	struct queue_client *client = arg;
	struct hello hello = { .bytes = LINE_BYTES };
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
