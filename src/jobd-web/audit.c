#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/verbs.h"

#include "audit.h"
#include "scope.h"

#define TIMEOUT_MS 8000

/* Who changed what, from where, and what became of it. */
void
audit_log(const struct request *request)
{
	if (request->method == METHOD_GET)
		return;
	log_info("audit: who=%s from=%s did=%s%s status=%u",
	    request->identity.name[0] != '\0' ? request->identity.name : "-", request->address,
	    request->method == METHOD_POST     ? "POST "
	    : request->method == METHOD_PUT    ? "PUT "
	    : request->method == METHOD_PATCH  ? "PATCH "
	    : request->method == METHOD_DELETE ? "DELETE "
					       : "",
	    request->path != NULL ? request->path : "", request->status);
}

void
audit_note(struct request *request, const char *line)
{
	size_t len = strcspn(line, " ");

	if (request->method == METHOD_GET || request->changed[0] != '\0')
		return;
	/* How long the answer is waited for is not what was done. */
	while (strncmp(line + len, " wait=", 6) == 0)
		len += 1 + strcspn(line + len + 1, " ");
	snprintf(request->changed, sizeof(request->changed), "%.*s%s", (int)strcspn(line, " "),
	    line, line + len);
}

static void
on_reply(void *arg, struct reply *reply)
{
	(void)arg;
	if (reply->kind == REPLY_ERROR)
		log_warnx("a change is not on record: %s", reply_item(reply, 0, NULL));
	reply_free(reply);
}

void
audit_tell(struct request *request)
{
	struct buf line = { 0 }, words = { 0 };
	char *object = strchr(request->changed, ' ');
	char result[32] = "ok";

	if (request->changed[0] == '\0')
		return;
	if (object != NULL)
		*object++ = '\0';
	if (request->status >= 400)
		snprintf(result, sizeof(result), "HTTP %u", request->status);
	buf_text(&line, VERB_AUDIT " {\"verb\":");
	buf_json(&line, request->changed);
	buf_text(&line, ",\"object\":");
	buf_json(&line, object != NULL ? object : "");
	buf_printf(&line, ",\"result\":\"%s\"}", result);
	scope_words(request, &words);
	if (!line.failed && !words.failed)
		(void)upstream_ask(
		    UPSTREAM_QUEUE, words.data, line.data, line.len, TIMEOUT_MS, on_reply, NULL);
	buf_free(&line);
	buf_free(&words);
}
