#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/verbs.h"

#include "audit.h"
#include "scope.h"

#define TIMEOUT_MS 8000
/* Room for a line of the log that is kept. */
#define LINE_KEPT ((size_t)1024)

/* Who changed what, from where, and what became of it.  Put together by hand: it is a line for each
 * job that comes over HTTP. */
void
audit_log(const struct request *request)
{
	static struct buf line; /* its room is kept */
	const char *who = request->identity.name;

	if (request->method == METHOD_GET)
		return;
	line.len = 0;
	buf_text(&line, "audit: who=");
	buf_text(&line, who[0] != '\0' ? who : "-");
	buf_text(&line, " from=");
	buf_text(&line, request->address);
	buf_text(&line, " did=");
	buf_text(&line, method_word(request->method));
	buf_text(&line, request->method != 0 ? " " : "");
	buf_text(&line, request->path != NULL ? request->path : "");
	if (!line.failed)
		log_info("%s status=%u", line.data, request->status);
	buf_empty(&line, LINE_KEPT);
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
