#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "call.h"

static void on_transferred(struct transfer *);

int
call_refuse(
    struct call_refusal *refusal, enum result_reason reason, bool no_retry, const char *fmt, ...)
{
	va_list ap;

	refusal->reason = reason;
	refusal->no_retry = no_retry;
	va_start(ap, fmt);
	vsnprintf(refusal->text, sizeof(refusal->text), fmt, ap);
	va_end(ap);
	return -1;
}

char *
call_render(enum template_kind kind, const char *name, const char *text, const struct job *job,
    size_t *len, struct call_refusal *refusal)
{
	struct template_values values = {
		.args = job->values, .jid = job->jid, .jobtype = job->type, .attempt = job->attempt
	};
	char error[TEMPLATE_ERROR_MAX];
	char *rendered =
	    template_render(kind, name, text, strlen(text), &values, len, error, sizeof(error));

	if (rendered == NULL)
		call_refuse(refusal, RESULT_TEMPLATE, true, "%s", error);
	return rendered;
}

int
call_init(
    struct call *call, struct calls *calls, const struct job *job, const struct conf_job *conf)
{
	call->calls = calls;
	call->jid = strdup(job->jid);
	call->name = strdup(conf->name);
	call->limit_ms = conf->timeout_ms;
	call->outcome = BREAKER_UNKNOWN;
	capture_init(&call->capture, (size_t)conf->output_max_bytes);
	return call->jid == NULL || call->name == NULL ||
		       codes_copy(&call->no_retry, conf->no_retry, conf->no_retry_count) == -1
		   ? -1
		   : 0;
}

void
call_free(struct call *call)
{
	curl_slist_free_all(call->headers);
	capture_free(&call->capture);
	codes_free(&call->no_retry);
	free(call->value);
	free(call->target);
	free(call->name);
	free(call->jid);
	call->kind->free(call);
}

/* "https://host:443" of a URL, without looking closer at it than needed; NULL if it is none. */
static char *
target_of(const char *url)
{
	static const struct {
		const char *scheme, *port;
	} schemes[] = {
		{"http",   ":80" },
                { "https", ":443"},
                { "smtp",  ":25" },
                { "smtps", ":465"}
	};
	const char *host = strstr(url, "://"), *user, *end, *port = "";
	char *target;

	if (host == NULL)
		return NULL;
	host += 3;
	end = host + strcspn(host, "/?#");
	if ((user = memrchr(host, '@', (size_t)(end - host))) != NULL)
		host = user + 1;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(url, schemes[i].scheme, strlen(schemes[i].scheme)) == 0 &&
		    strncmp(url + strlen(schemes[i].scheme), "://", 3) == 0)
			port = schemes[i].port;
	/* Behind a port there are digits only, in the brackets of IPv6 never. */
	for (const char *c = end; c > host && c[-1] != ']'; c--)
		if (c[-1] == ':')
			port = "";
	if (host == end || asprintf(&target, "%.*s://%.*s%s", (int)(strstr(url, "://") - url), url,
			       (int)(end - host), host, port) == -1)
		return NULL;
	return target;
}

int
call_admit(struct call *call, const char *url, struct call_refusal *refusal)
{
	if ((call->target = target_of(url)) == NULL)
		return call_refuse(refusal, RESULT_TEMPLATE, true, "'%.200s' is not a URL", url);
	if (call->rule.failures == 0 ||
	    breakers_admit(&call->calls->breakers, call->target, &refusal->delay_ms))
		return 0;
	refusal->returned = true;
	/* Those that come back do not come back all at once. */
	if (refusal->delay_ms < INT32_MAX / 2)
		refusal->delay_ms += arc4random_uniform((uint32_t)refusal->delay_ms / 2 + 1);
	snprintf(refusal->text, sizeof(refusal->text), "breaker of %.200s is open", call->target);
	return -1;
}

int
call_begin(struct call *call, struct call_refusal *refusal)
{
	struct calls *calls = call->calls;

	curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)call->limit_ms);
	call->started = monotime_now();
	if (call->threaded) {
		call->transfer.easy = call->easy;
		call->transfer.done = on_transferred;
		transfers_submit(calls->transfers, &call->transfer);
	} else if (curl_multi_add_handle(calls->multi, call->easy) != CURLM_OK) {
		if (call->rule.failures > 0)
			breakers_note(&calls->breakers, call->target, &call->rule, BREAKER_UNKNOWN);
		return call_refuse(refusal, RESULT_NETWORK, false, "libcurl does not take it");
	}
	TAILQ_INSERT_TAIL(&calls->list, call, entry);
	calls->count++;
	return 0;
}

void
call_settle_failure(struct call *call, CURLcode code, struct result *result, char *text)
{
	const char *why = call->error[0] != '\0' ? call->error : curl_easy_strerror(code);
	curl_off_t begun_us = 0;

	call->outcome = BREAKER_FAILED;
	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &begun_us);
	if (code == CURLE_OPERATION_TIMEDOUT && begun_us > 0) {
		result->reason = RESULT_TIMEOUT;
		return;
	}
	snprintf(text, CALL_TEXT_MAX, "%.200s: %.400s", call->target, why);
	result->reason = RESULT_NETWORK;
	/* Nothing that waiting would change; an answer that is no HTTP has the same code. */
	if (code == CURLE_URL_MALFORMAT || (code == CURLE_UNSUPPORTED_PROTOCOL && begun_us == 0)) {
		call->outcome = BREAKER_UNKNOWN;
		result->no_retry = true;
	}
}

void
call_finish(struct call *call, CURLcode code)
{
	struct calls *calls = call->calls;
	char text[CALL_TEXT_MAX] = "";
	struct result result = { .jid = call->jid,
		.name = call->name,
		.reason = call->why,
		.limit_ms = call->limit_ms,
		.duration_ms = monotime_diff_ms(monotime_now(), call->started),
		.text = text,
		.output = &call->capture };

	if (!call->threaded)
		curl_multi_remove_handle(calls->multi, call->easy);
	/* A mail that was taken before it could be ended was sent. */
	if (!call->forced || (call->threaded && code == CURLE_OK))
		call->kind->settle(call, code, &result, text);
	result.value = call->value;
	if (call->rule.failures > 0)
		breakers_note(&calls->breakers, call->target, &call->rule, call->outcome);
	capture_finish(&call->capture);
	TAILQ_REMOVE(&calls->list, call, entry);
	calls->count--;
	calls->owner->finished(calls->arg, &result);
	call_free(call);
}

static void
on_transferred(struct transfer *transfer)
{
	struct call *call = (struct call *)((char *)transfer - offsetof(struct call, transfer));
	struct calls *calls = call->calls;

	call_finish(call, transfer->code);
	calls->owner->settled(calls->arg);
}

void
call_end(struct call *call, enum result_reason why)
{
	if (call->forced)
		return;
	call->forced = true;
	call->why = why;
	if (call->threaded)
		transfers_abort(call->calls->transfers, &call->transfer);
	else
		call_finish(call, CURLE_OK);
}
