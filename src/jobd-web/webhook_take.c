/* A request of a webhook on its way to a job: 202 only when that is on disk. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_path.h"
#include "base/json_template.h"
#include "proto/verbs.h"

#include "handlers.h"
#include "jid.h"
#include "webhook.h"
#include "webhook_time.h"

#define JID_PREFIX  "hook-"
#define HEADER_TEXT "$header:"
#define VALUE_MAX   255
/* Senders give up after ten seconds, or five; then it is better to have said so. */
#define TIMEOUT_MS 4000

struct delivery {
	struct webhook *hook;
	enum webhook_result result;
	bool has_id;
	char jid[JID_MAX];
	char why[128];
};

static bool begin_delivery(struct request *);
static bool is_signed(struct request *);
static bool has_json(struct request *);
static bool is_in_time(struct request *);
static bool take_id(struct request *);
static bool is_ping(const struct request *);
static void push(struct request *);
static void then_pushed(struct request *);

static bool
begin_delivery(struct request *request)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	if (delivery == NULL) {
		respond_unavailable(request, "no memory");
		return false;
	}
	delivery->hook = webhook_of(request);
	delivery->result = WEBHOOK_REFUSED;
	request->state = delivery;
	request->state_free = free;
	return true;
}

/* False, for its caller to return. */
static bool
refuse(struct request *request, enum webhook_result result, unsigned int status, const char *why)
{
	struct delivery *delivery = request->state;

	delivery->result = result;
	strlcpy(delivery->why, why, sizeof(delivery->why));
	respond_problem(request, status, "%s", why);
	return false;
}

bool
webhook_begin(struct request *request)
{
	struct delivery *delivery;
	char seconds[24];
	int64_t wait_ms;

	if (request->method != METHOD_POST)
		return true;
	if (!begin_delivery(request))
		return false;
	delivery = request->state;
	if (!webhook_is_ready(delivery->hook)) {
		refuse(request, WEBHOOK_REFUSED, MHD_HTTP_SERVICE_UNAVAILABLE,
		    "its secret is missing");
		respond_header(request, MHD_HTTP_HEADER_RETRY_AFTER, "60");
		return false;
	}
	if (delivery->hook->rate == NULL || (wait_ms = webhook_rate_take(delivery->hook->rate,
						 request->address, monotime_now())) == 0)
		return true;
	refuse(request, WEBHOOK_RATE, MHD_HTTP_TOO_MANY_REQUESTS,
	    "too many requests from this address");
	snprintf(seconds, sizeof(seconds), "%" PRId64, (wait_ms + 999) / 1000);
	respond_header(request, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	return false;
}

void
webhook_answered(const struct request *request)
{
	const struct delivery *delivery = request->state;
	bool is_long = request->status == MHD_HTTP_CONTENT_TOO_LARGE;

	if (request->method == METHOD_POST && delivery != NULL)
		webhook_note(delivery->hook, request, is_long ? WEBHOOK_PAYLOAD : delivery->result,
		    delivery->jid, is_long ? "the body is too long" : delivery->why);
}

/* The value that a path or "$header:NAME" stands for, as text; false if it is none. */
static bool
read_value(const struct request *request, const char *source, char text[VALUE_MAX + 2])
{
	const char *value;
	size_t len;

	if (strncmp(source, HEADER_TEXT, strlen(HEADER_TEXT)) == 0) {
		value = request_header(request, source + strlen(HEADER_TEXT));
		return value != NULL && value[0] != '\0' &&
		       strlcpy(text, value, VALUE_MAX + 1) <= VALUE_MAX;
	}
	if (!json_path_find(source, request->body.data, request->body.len, &value, &len) ||
	    len > VALUE_MAX)
		return false;
	if (value[0] == '"')
		return json_text(value, len, text) > 0;
	if (strchr("-0123456789", value[0]) == NULL)
		return false;
	memcpy(text, value, len);
	text[len] = '\0';
	return true;
}

static bool
is_signed(struct request *request)
{
	const struct delivery *delivery = request->state;
	const struct webhook *hook = delivery->hook;
	const char *given = request_header(request, hook->header);
	struct walltime when = { 0 };
	int64_t signed_at;

	if (!webhook_signature_is_good(
		&hook->signature, given, request->body.data, request->body.len, &signed_at)) {
		refuse(request, WEBHOOK_SIGNATURE, MHD_HTTP_UNAUTHORIZED,
		    "the signature is missing or wrong");
		respond_header(request, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "HMAC-SHA256");
		return false;
	}
	if (!hook->signature.is_timed)
		return true;
	when.us = signed_at < INT64_MAX / CLOCK_US_PER_SEC ? signed_at * CLOCK_US_PER_SEC : 0;
	return webhook_time_is_near(when, walltime_now(), hook->conf->replay_window_ms) ||
	       refuse(request, WEBHOOK_TIME, MHD_HTTP_UNPROCESSABLE_CONTENT,
		   "the time of the signature is not near enough");
}

/* "application/json", "application/vnd.api+json; charset=utf-8"; without a word it may be. */
static bool
is_json_type(const char *type)
{
	size_t len;

	if (type == NULL)
		return true;
	len = strcspn(type, "; \t");
	return (len == 16 && strncasecmp(type, "application/json", len) == 0) ||
	       (len > 5 && strncasecmp(type + len - 5, "+json", 5) == 0);
}

static bool
has_json(struct request *request)
{
	const char *wrong;
	char why[128];

	if (!is_json_type(request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE)))
		return refuse(request, WEBHOOK_PAYLOAD, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
		    "the body must be application/json");
	if ((wrong = json_check(request->body.data, request->body.len)) == NULL)
		return true;
	snprintf(why, sizeof(why), "the body is no JSON: %s", wrong);
	return refuse(request, WEBHOOK_PAYLOAD, MHD_HTTP_BAD_REQUEST, why);
}

static bool
is_in_time(struct request *request)
{
	const struct delivery *delivery = request->state;
	const struct conf_webhook *conf = delivery->hook->conf;
	char text[VALUE_MAX + 2], why[400];
	struct walltime when;

	if (conf->time[0] == '\0')
		return true;
	if (!read_value(request, conf->time, text) || !webhook_time_read(text, &when)) {
		snprintf(why, sizeof(why), "there is no time at %s", conf->time);
		return refuse(request, WEBHOOK_PAYLOAD, MHD_HTTP_UNPROCESSABLE_CONTENT, why);
	}
	snprintf(why, sizeof(why), "the time at %s is not near enough", conf->time);
	return webhook_time_is_near(when, walltime_now(), conf->replay_window_ms) ||
	       refuse(request, WEBHOOK_TIME, MHD_HTTP_UNPROCESSABLE_CONTENT, why);
}

static bool
take_id(struct request *request)
{
	struct delivery *delivery = request->state;
	const struct webhook *hook = delivery->hook;
	char text[VALUE_MAX + 2], why[400];
	struct buf key = { 0 };
	bool good;

	if (hook->id[0] == '\0') {
		jid_random(delivery->jid);
		return true;
	}
	if (!read_value(request, hook->id, text)) {
		snprintf(why, sizeof(why), "there is no id at %s", hook->id);
		return refuse(request, WEBHOOK_PAYLOAD, MHD_HTTP_UNPROCESSABLE_CONTENT, why);
	}
	delivery->has_id = true;
	buf_printf(&key, "%s\n%s", hook->conf->name, text);
	if ((good = !key.failed))
		jid_of_key(JID_PREFIX, key.data, key.len, delivery->jid);
	buf_free(&key);
	if (!good)
		respond_unavailable(request, "no memory");
	return good;
}

/* GitHub asks whether we are there. */
static bool
is_ping(const struct request *request)
{
	const struct delivery *delivery = request->state;
	const char *event = request_header(request, "X-GitHub-Event");

	return delivery->hook->conf->scheme == CONF_WEBHOOK_GITHUB && event != NULL &&
	       strcmp(event, "ping") == 0;
}

/* The job. */

struct filling {
	const struct request *request;
	struct buf *line;
};

static void
fill_plain(void *arg, const char *text, size_t len)
{
	struct filling *filling = arg;

	buf_add(filling->line, text, len);
}

static bool
fill_value(void *arg, const char *source)
{
	struct filling *filling = arg;
	const struct request *request = filling->request;
	const char *value;
	size_t len;

	if (strncmp(source, HEADER_TEXT, strlen(HEADER_TEXT)) == 0) {
		if ((value = request_header(request, source + strlen(HEADER_TEXT))) != NULL)
			buf_json(filling->line, value);
		else
			buf_text(filling->line, "null");
	} else if (json_path_find(source, request->body.data, request->body.len, &value, &len))
		buf_add(filling->line, value, len);
	else
		buf_text(filling->line, "null");
	return true;
}

static void
put_args(struct buf *line, const struct request *request, const char *template)
{
	struct filling filling = { request, line };

	if (template[0] != '\0') {
		json_template_walk(template, strlen(template), fill_plain, fill_value, &filling);
		return;
	}
	buf_text(line, "[");
	buf_add(line, request->body.data, request->body.len);
	buf_text(line, "]");
}

/* What is known of it keeps a second one away, also when the first is done and forgotten. */
static void
put_custom(struct buf *line, const struct delivery *delivery)
{
	const struct conf_webhook *conf = delivery->hook->conf;

	buf_text(line, ",\"custom\":{\"webhook\":");
	buf_json(line, conf->name);
	if (delivery->has_id) {
		buf_text(line, ",\"unique_key\":");
		buf_json(line, delivery->jid);
		buf_printf(line, ",\"unique_until\":\"time\",\"unique_for\":%" PRId64,
		    conf->remember_ms / 1000);
	}
	buf_text(line, "}");
}

/* Parts of the body are put in as they are: line breaks between them are blanks in JSON. */
static void
push(struct request *request)
{
	const struct delivery *delivery = request->state;
	const struct conf_webhook *conf = delivery->hook->conf;
	struct buf line = { 0 };

	buf_printf(&line, "%s {\"jid\":", VERB_PUSH);
	buf_json(&line, delivery->jid);
	buf_text(&line, ",\"jobtype\":");
	buf_json(&line, conf->job);
	if (conf->queue[0] != '\0') {
		buf_text(&line, ",\"queue\":");
		buf_json(&line, conf->queue);
	}
	buf_text(&line, ",\"args\":");
	put_args(&line, request, conf->args);
	put_custom(&line, delivery);
	buf_text(&line, "}");
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.data[i] < ' ')
			line.data[i] = ' ';
	request_ask_buf(request, UPSTREAM_QUEUE, &line, TIMEOUT_MS);
	request_then(request, then_pushed);
}

static bool
is_known_already(const struct request *request)
{
	const char *text = request_reply(request, 0);

	return request->replies[0].kind == REPLY_ERROR &&
	       (strncmp(text, "NOTUNIQUE", 9) == 0 ||
		   strstr(text, "there is a job with the jid") != NULL);
}

static void
then_pushed(struct request *request)
{
	struct delivery *delivery = request->state;
	bool again = request->ask_count > 0 && delivery->has_id && is_known_already(request);
	struct buf text = { 0 };

	if (!again && !request_reply_is_good(request, 0)) {
		snprintf(delivery->why, sizeof(delivery->why), "%.120s", request_reply(request, 0));
		return;
	}
	delivery->result = again ? WEBHOOK_REPLAYED : WEBHOOK_ACCEPTED;
	buf_text(&text, "{\"id\":");
	buf_json(&text, delivery->jid);
	buf_printf(&text, ",\"replayed\":%s}", again ? "true" : "false");
	respond_json(request, MHD_HTTP_ACCEPTED, &text);
}

void
webhook_take(struct request *request)
{
	struct delivery *delivery = request->state;
	struct buf text = { 0 };

	if (!is_signed(request) || !has_json(request))
		return;
	if (is_ping(request)) {
		delivery->result = WEBHOOK_PING;
		buf_text(&text, "{\"status\":\"pong\"}");
		respond_json(request, MHD_HTTP_OK, &text);
	} else if (is_in_time(request) && take_id(request))
		push(request);
}
