#include <string.h>

#include "base/json_scan.h"
#include "base/text.h"

#include "api.h"

/* Room that is kept for the next one. */
#define LOCATION_KEPT 1024

const char *
api_name(struct request *request)
{
	const char *name = request->parameters[0];

	/* What begins or looks like something else to who reads the line. */
	if (name[0] == '{' || name[0] == '[' || strchr(name, '=') != NULL) {
		respond_problem(request, MHD_HTTP_NOT_FOUND, "there is no '%.100s'", name);
		return NULL;
	}
	for (const char *at = name; *at != '\0'; at++) {
		if ((unsigned char)*at > 0x20 && (unsigned char)*at < 0x7f)
			continue;
		respond_problem(request, MHD_HTTP_NOT_FOUND, "there is no '%.100s'", name);
		return NULL;
	}
	return name;
}

const char *
api_program_name(struct request *request)
{
	const char *name = request->parameters[0], *colon = strchr(name, ':'), *errstr;
	char plain[URL_SEGMENT_MAX];
	int64_t instance;

	strlcpy(plain, name, sizeof(plain));
	plain[colon != NULL ? (size_t)(colon - name) : strlen(name)] = '\0';
	if (text_is_name(plain) && (colon == NULL || strcmp(colon, ":*") == 0 ||
				       text_to_int(colon + 1, 1, 100000, &instance, &errstr) == 0))
		return name;
	respond_problem(request, MHD_HTTP_NOT_FOUND, "there is no program '%.100s'", name);
	return NULL;
}

json_t *
api_object(struct request *request)
{
	json_error_t error;
	json_t *object;

	if (request->body.len == 0)
		return json_object();
	object = json_loadb(request->body.data, request->body.len, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(object))
		return object;
	if (object == NULL)
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "the body is no JSON: %s (line %d)",
		    error.text, error.line);
	else
		respond_problem(request, MHD_HTTP_BAD_REQUEST, "the body must be a JSON object");
	json_decref(object);
	return NULL;
}

static bool
is_known(const char *name, const char *const *known)
{
	while (*known != NULL && strcmp(*known, name) != 0)
		known++;
	return *known != NULL;
}

bool
api_members_are(struct request *request, const json_t *object, const char *const *known)
{
	const char *name;
	json_t *value, *walked = json_incref((json_t *)(uintptr_t)object);
	bool good = true;

	json_object_foreach(walked, name, value)
	{
		if (good && !is_known(name, known)) {
			respond_problem(request, MHD_HTTP_UNPROCESSABLE_CONTENT,
			    "there is no member '%.100s' here", name);
			good = false;
		}
	}
	json_decref(walked);
	return good;
}

bool
api_query_is(struct request *request, const char *const *known)
{
	for (size_t i = 0; i < request->query.count; i++) {
		if (is_known(request->query.list[i].name, known))
			continue;
		respond_problem(request, MHD_HTTP_BAD_REQUEST,
		    "there is no parameter '%.100s' here", request->query.list[i].name);
		return false;
	}
	return true;
}

void
api_ask_name(struct request *request, const char *verb, void (*then)(struct request *))
{
	const char *name = api_name(request);

	if (name == NULL)
		return;
	request_ask(request, UPSTREAM_QUEUE, "%s %s", verb, name);
	request_then(request, then);
}

void
api_ask_json(struct request *request, enum upstream_socket socket, const char *verb, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	struct buf line = { 0 };

	json_decref(json);
	if (text == NULL)
		line.failed = true;
	else {
		buf_printf(&line, "%s ", verb);
		buf_text(&line, text);
	}
	free(text);
	request_ask_buf(request, socket, &line, REQUEST_TIMEOUT_MS);
}

void
api_ask_change(struct request *request, const char *verb, const char *key, const char *const *known,
    void (*then)(struct request *))
{
	const char *name = api_name(request);
	json_t *body = name != NULL ? api_object(request) : NULL;

	if (body == NULL)
		return;
	if (!api_members_are(request, body, known)) {
		json_decref(body);
		return;
	}
	json_object_set_new(body, key, json_string(name));
	api_ask_json(request, UPSTREAM_QUEUE, verb, body);
	request_then(request, then);
}

void
api_location(struct request *request, const char *path, const char *name)
{
	static struct buf location;

	buf_empty(&location, LOCATION_KEPT);
	buf_text(&location, request->prefix);
	buf_text(&location, path);
	buf_url(&location, name);
	if (!location.failed)
		respond_header(request, MHD_HTTP_HEADER_LOCATION, location.data);
}

void
api_then_list(struct request *request)
{
	const struct reply *reply = &request->replies[0];
	struct buf text = { 0 };
	bool first = true;

	if (!request_reply_is_good(request, 0))
		return;
	buf_printf(&text, "{\"%s\":[", (const char *)request->state);
	for (size_t i = 0; i < reply->count; i++) {
		size_t len;
		const char *item = reply_item(reply, i, &len);

		/* What went away while the list was on its way. */
		if (len == 0)
			continue;
		buf_text(&text, first ? "" : ",");
		buf_add(&text, item, len);
		first = false;
	}
	buf_text(&text, "]}");
	respond_json(request, MHD_HTTP_OK, &text);
}

void
api_then_one(struct request *request)
{
	struct buf text = { 0 };

	if (!request_reply_is_good(request, 0))
		return;
	buf_text(&text, request_reply(request, 0));
	respond_json(request, MHD_HTTP_OK, &text);
}

void
api_then_first(struct request *request)
{
	if (request_reply_is_good(request, 0) && request_reply(request, 0)[0] == '\0')
		respond_problem(
		    request, MHD_HTTP_NOT_FOUND, "there is no '%.100s'", request->parameters[0]);
	else if (request->response == NULL)
		api_then_one(request);
}

void
api_then_nothing(struct request *request)
{
	struct buf text = { 0 };

	if (request_reply_is_good(request, 0))
		respond(request, MHD_HTTP_NO_CONTENT, "application/json", &text);
}

void
api_list(struct request *request, const char *name, enum upstream_socket socket, const char *line)
{
	request->state = (void *)(uintptr_t)name;
	request_ask(request, socket, "%s", line);
	request_then(request, api_then_list);
}

/* Both stand among the first of its members. */
void
api_put_members(struct buf *out, const char *text, size_t len)
{
	struct json_scan scan;
	struct json_piece piece;

	if (json_scan_begin(&scan, text, len) == -1)
		return;
	while (json_scan_next(&scan, &piece) == 1) {
		bool is_type = json_piece_is(&piece, "jobtype");

		if (!is_type && !json_piece_is(&piece, "jid"))
			continue;
		buf_text(out, is_type ? "\"type\":" : "\"id\":");
		buf_add(out, piece.value, piece.value_len);
		buf_text(out, ",");
		if (is_type)
			break;
	}
	buf_add(out, text + 1, len - 1);
}

void
api_put_job(struct buf *out, const char *text, size_t len)
{
	buf_text(out, "{");
	api_put_members(out, text, len);
}
