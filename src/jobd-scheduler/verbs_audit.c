/* Who asks for what: AS, AUDIT, AUDITS, and the record of a verb that changed something. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "proto/verbs.h"
#include "server.h"

#define LIST_LIMIT     100
#define LIST_LIMIT_MAX 1000
/* Longer requests are not searched for what they are about. */
#define OBJECT_JSON_MAX ((size_t)65536)
/* Of the second word of a verb. */
#define SECOND_MAX  20
#define KEEP        10000
#define KEEP_AGE_MS (INT64_C(365) * 24 * 3600 * 1000)

/* AS. */

/* NULL: answered. */
static struct caller *
read_caller(struct peer *peer, const struct request *request)
{
	static const char *const known[] = { "who", "from", "tag", "role", NULL };
	struct fields *fields = verb_object(peer, request, known);
	struct caller *caller = NULL;
	const char *errstr;

	if (fields != NULL && (caller = caller_read(fields, request->json, &errstr)) == NULL)
		peer_error(peer, "ERR", "%s", errstr);
	fields_free(fields);
	return caller;
}

void
verb_as(struct peer *peer, struct request *request)
{
	if (!caller_is_from(peer->last_caller, request->json)) {
		free(peer->last_caller);
		peer->last_caller = read_caller(peer, request);
	}
	peer->caller = peer->last_caller;
	peer->caller_used = false;
	/* The next request must not be taken for one of nobody in particular. */
	if (peer->caller == NULL)
		peer_close(peer);
	else
		peer_ok(peer, "OK");
}

/* What becomes a record. */

/* Members that say what a request is about; what is in `args` may be secret. */
static bool
is_telling(const struct json_piece *piece, bool is_push)
{
	static const char *const pushed[] = { "jobtype", "queue", NULL };
	static const char *const hidden[] = { "args", "custom", "success", "complete", NULL };
	const char *const *names = is_push ? pushed : hidden;

	while (*names != NULL && !json_piece_is(piece, *names))
		names++;
	return is_push == (*names != NULL);
}

/* Cut in the middle of a character it is no UTF-8: renderers mend that. */
static void
add_bytes(char *object, size_t size, const char *text, size_t len)
{
	size_t used = strlen(object), room = size - used - 1;

	len = strnlen(text, len < room ? len : room);
	memcpy(object + used, text, len);
	object[used + len] = '\0';
}

/* The next word. */
static void
add_text(char *object, size_t size, const char *text, size_t len)
{
	if (object[0] != '\0')
		add_bytes(object, size, " ", 1);
	add_bytes(object, size, text, len);
}

/* Whether it is JSON at all the verb finds out: what it refuses is on record as far as it goes. */
static void
add_members(char *object, size_t size, const char *json, bool is_push)
{
	size_t len = strlen(json);
	struct json_scan scan;
	struct json_piece piece;

	if (json[0] != '{' || len > OBJECT_JSON_MAX)
		return;
	json_scan_begin(&scan, json, len);
	while (json_scan_next(&scan, &piece) == 1) {
		bool quoted = piece.value[0] == '"';

		if (!is_telling(&piece, is_push))
			continue;
		add_text(object, size, piece.key, piece.key_len);
		add_bytes(object, size, "=", 1);
		add_bytes(object, size, piece.value + quoted, piece.value_len - 2 * quoted);
	}
}

/* "QUEUE PAUSE": the second word is a part of the verb. */
static bool
has_second_word(const char *verb)
{
	static const char *const verbs[] = { VERB_QUEUE, VERB_BATCH, VERB_SCHEDULE, VERB_DB,
		VERB_WORKER };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i], verb) == 0)
			return true;
	return false;
}

static void
name_verb(const struct request *request, bool has_second, char *verb, size_t size)
{
	strlcpy(verb, request->verb, size);
	if (has_second && request->arg_count > 0)
		add_text(verb, size, request->args[0], SECOND_MAX);
	for (char *at = verb; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
}

bool
audit_is_change(const struct request *request)
{
	static const char *const looks[] = { "QUEUE LATENCY", "BATCH STATUS", "DB CHECK",
		"BATCH LIST" };
	char verb[AUDIT_VERB_MAX + 1];

	if (!has_second_word(request->verb))
		return true;
	name_verb(request, true, verb, sizeof(verb));
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strcmp(looks[i], verb) == 0)
			return false;
	return true;
}

static void
set_caller(const struct peer *peer, struct audit_record *record)
{
	const struct caller *caller = peer->caller;
	bool local = strncmp(peer->from, "uid ", 4) == 0;

	record->uid = local ? strtoll(peer->from + 4, NULL, 10) : -1;
	strlcpy(record->who, local ? peer->from : "client", sizeof(record->who));
	strlcpy(record->from, local ? "local" : peer->from, sizeof(record->from));
	/* Another port is not another place. */
	if (!local && strrchr(record->from, ':') != NULL)
		*strrchr(record->from, ':') = '\0';
	if (caller != NULL && caller->who[0] != '\0')
		strlcpy(record->who, caller->who, sizeof(record->who));
	if (caller != NULL && caller->from[0] != '\0')
		strlcpy(record->from, caller->from, sizeof(record->from));
}

void
audit_describe(const struct peer *peer, const struct request *request, struct audit_record *record)
{
	bool is_push = strcmp(request->verb, VERB_PUSH) == 0;
	bool has_second = has_second_word(request->verb);

	memset(record, 0, sizeof(*record));
	set_caller(peer, record);
	name_verb(request, has_second, record->verb, sizeof(record->verb));
	for (size_t i = has_second; i < request->arg_count; i++)
		add_text(record->object, sizeof(record->object), request->args[i],
		    strlen(request->args[i]));
	if (request->json != NULL)
		add_members(record->object, sizeof(record->object), request->json, is_push);
}

static void
note(struct peer *peer, struct audit_record *record)
{
	struct scheduler *scheduler = peer->server->scheduler;
	const struct conf_scheduler *conf = &scheduler->conf->scheduler;

	record->at = scheduler->queue.now;
	scheduler_failed(
	    scheduler, audit_note(&scheduler->audit, scheduler->store, record,
			   conf->audit_keep > 0 ? conf->audit_keep : KEEP,
			   conf->audit_keep_age_ms > 0 ? conf->audit_keep_age_ms : KEEP_AGE_MS));
}

/* What was replied since the mark: an error is the result. */
void
audit_result(struct peer *peer, size_t mark, struct audit_record *record)
{
	const struct outbuf *out = &peer->out;
	size_t at = out->kept + mark;

	if (peer->server->scheduler->failed || out->lost)
		return;
	if (at >= out->len)
		strlcpy(record->result, "begun", sizeof(record->result));
	else if (out->data[at] != '-')
		strlcpy(record->result, "ok", sizeof(record->result));
	else {
		const char *text = out->data + at + 1;
		size_t len = strcspn(text, "\r");

		snprintf(record->result, sizeof(record->result), "%.*s", (int)len, text);
	}
	note(peer, record);
}

/* AUDIT: what somebody changed elsewhere. */

static bool
take(const struct fields *fields, const char *key, char *field, size_t size)
{
	const char *text = fields_text(fields, key);

	strlcpy(field, text != NULL ? text : "", size);
	return text != NULL && text[0] != '\0';
}

void
verb_audit(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "verb", "object", "result", NULL };
	struct fields *fields = verb_object(peer, request, known);
	struct audit_record record = { .id = 0 };

	if (fields == NULL)
		return;
	set_caller(peer, &record);
	if (take(fields, "verb", record.verb, sizeof(record.verb)) &&
	    take(fields, "result", record.result, sizeof(record.result))) {
		take(fields, "object", record.object, sizeof(record.object));
		note(peer, &record);
		peer_ok(peer, "OK");
	} else
		peer_error(peer, "ERR", "AUDIT needs {\"verb\":VERB,\"result\":TEXT}");
	fields_free(fields);
}

/* AUDITS. */

static void
render_record(struct json *json, const void *arg)
{
	const struct audit_record *record = arg;

	json_object(json, NULL);
	json_int(json, "id", record->id);
	render_time(json, "at", record->at);
	render_time(json, "until", record->until);
	json_int(json, "count", record->count);
	json_string(json, "who", record->who);
	json_string(json, "from", record->from);
	if (record->uid >= 0)
		json_int(json, "uid", record->uid);
	json_string(json, "verb", record->verb);
	json_string(json, "object", record->object);
	json_string(json, "result", record->result);
	json_object_end(json);
}

struct list {
	struct peer *peer;
	size_t count;
};

static bool
add_record(void *arg, const struct audit_record *record)
{
	struct list *list = arg;

	peer_json(list->peer, render_record, record);
	list->count++;
	return true;
}

void
verb_audits(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "before", "limit", "who", "verb", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = verb_object(peer, request, known);
	struct list list = { .peer = peer };
	size_t mark = peer_list_begin(peer);
	struct audit_filter filter;

	if (fields == NULL)
		return;
	filter = (struct audit_filter){ .before = fields_int(fields, "before", 0),
		.who = fields_text(fields, "who"),
		.verb = fields_text(fields, "verb"),
		.limit = fields_int(fields, "limit", LIST_LIMIT) };
	if (filter.limit < 1 || filter.limit > LIST_LIMIT_MAX)
		peer_error(peer, "ERR", "limit is from 1 to %d", LIST_LIMIT_MAX);
	/* What was noted in this turn counts. */
	else if (!scheduler_failed(scheduler, audit_flush(&scheduler->audit, scheduler->store)) &&
		 !scheduler_failed(scheduler, scheduler->store->ops->audit_list(
						  scheduler->store, &filter, add_record, &list)))
		peer_list_end(peer, mark, list.count);
	fields_free(fields);
}
