#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "call.h"

/* Connections that are kept for later calls. */
#define CONNECTIONS_KEPT 64L

/* A socket of libcurl and what it waits for. */
struct watch {
	struct event *event;
	short events;
};

static void finish(struct call *, CURLcode);
static void on_transferred(struct transfer *);
static void collect(struct calls *);
static int on_socket(CURL *, curl_socket_t, int what, void *calls, void *watch);
static int on_timeout(CURLM *, long ms, void *calls);
static void on_ready(evutil_socket_t, short events, void *calls);
static void on_timer(evutil_socket_t, short events, void *calls);

/* libcurl and the loop. */

static void
watch_free(struct calls *calls, curl_socket_t fd, struct watch *watch)
{
	if (watch == NULL)
		return;
	curl_multi_assign(calls->multi, fd, NULL);
	if (watch->event != NULL)
		event_free(watch->event);
	free(watch);
}

static struct watch *
watch_new(struct calls *calls, curl_socket_t fd)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->event = event_new(calls->base, fd, 0, on_ready, calls);
	if (watch->event == NULL || curl_multi_assign(calls->multi, fd, watch) != CURLM_OK) {
		if (watch->event != NULL)
			event_free(watch->event);
		free(watch);
		return NULL;
	}
	return watch;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *watch_arg)
{
	short events = (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
			       (what & CURL_POLL_OUT ? EV_WRITE : 0));
	struct watch *watch = watch_arg;
	struct calls *calls = arg;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		watch_free(calls, fd, watch);
		return 0;
	}
	if (watch == NULL && (watch = watch_new(calls, fd)) == NULL)
		return -1;
	if (watch->events == events)
		return 0;
	watch->events = events;
	event_del(watch->event);
	event_assign(watch->event, calls->base, fd, events, on_ready, calls);
	return event_add(watch->event, NULL);
}

static int
on_timeout(CURLM *multi, long ms, void *arg)
{
	struct calls *calls = arg;
	struct timeval delay = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	(void)multi;
	return ms < 0 ? event_del(calls->timer) : event_add(calls->timer, &delay);
}

static void
on_ready(evutil_socket_t fd, short events, void *arg)
{
	struct calls *calls = arg;
	int running, mask = (events & EV_READ ? CURL_CSELECT_IN : 0) |
			    (events & EV_WRITE ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(calls->multi, fd, mask, &running);
	collect(calls);
}

static void
on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct calls *calls = arg;
	int running;

	(void)fd;
	(void)events;
	curl_multi_socket_action(calls->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(calls);
}

/* Only when the first job needs it: a runner of commands does not pay for it. */
static bool
set_up(struct calls *calls)
{
	if (calls->multi != NULL || calls->failed)
		return !calls->failed;
	calls->timer = evtimer_new(calls->base, on_timer, calls);
	calls->transfers = transfers_new(calls->base);
	if (calls->timer == NULL || calls->transfers == NULL ||
	    curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK ||
	    (calls->multi = curl_multi_init()) == NULL) {
		log_errx("libcurl can't be started: no job with a URL or mail can be done");
		calls->failed = true;
		return false;
	}
	curl_multi_setopt(calls->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(calls->multi, CURLMOPT_SOCKETDATA, calls);
	curl_multi_setopt(calls->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(calls->multi, CURLMOPT_TIMERDATA, calls);
	curl_multi_setopt(calls->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return true;
}

/* The life of a call. */

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
	if (!set_up(calls))
		return -1;
	call->easy = calls->spare_count > 0 ? calls->spare[--calls->spare_count] : curl_easy_init();
	return call->jid == NULL || call->name == NULL || call->easy == NULL ||
		       codes_copy(&call->no_retry, conf->no_retry, conf->no_retry_count) == -1
		   ? -1
		   : 0;
}

void
call_free(struct call *call)
{
	struct calls *calls = call->calls;

	if (call->easy != NULL && calls->spare_count < CALLS_SPARE_MAX) {
		curl_easy_reset(call->easy);
		calls->spare[calls->spare_count++] = call->easy;
	} else if (call->easy != NULL) {
		curl_easy_cleanup(call->easy);
	}
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
	curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
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

/* Takes it out of the list, tells how it ended, and frees it. */
static void
finish(struct call *call, CURLcode code)
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
	calls->finished(calls->arg, &result);
	call_free(call);
}

static void
collect(struct calls *calls)
{
	struct call *call = NULL;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(calls->multi, &left)) != NULL) {
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		finish(call, code);
	}
	if (call != NULL)
		calls->settled(calls->arg);
}

static void
on_transferred(struct transfer *transfer)
{
	struct call *call = (struct call *)((char *)transfer - offsetof(struct call, transfer));
	struct calls *calls = call->calls;

	finish(call, transfer->code);
	calls->settled(calls->arg);
}

struct call *
calls_find(struct calls *calls, const char *jid)
{
	struct call *call;

	TAILQ_FOREACH (call, &calls->list, entry)
		if (strcmp(call->jid, jid) == 0)
			return call;
	return NULL;
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
		finish(call, CURLE_OK);
}

void
calls_end_all(struct calls *calls, enum result_reason why, bool only_slow)
{
	struct call *call, *next;

	TAILQ_FOREACH_SAFE (call, &calls->list, entry, next)
		if (call->threaded || !only_slow)
			call_end(call, why);
}

bool
calls_clear(struct calls *calls)
{
	if (!transfers_free(calls->transfers))
		return false;
	while (!TAILQ_EMPTY(&calls->list)) {
		struct call *call = TAILQ_FIRST(&calls->list);

		TAILQ_REMOVE(&calls->list, call, entry);
		curl_multi_remove_handle(calls->multi, call->easy);
		call_free(call);
	}
	while (calls->spare_count > 0)
		curl_easy_cleanup(calls->spare[--calls->spare_count]);
	if (calls->multi != NULL) {
		curl_multi_cleanup(calls->multi);
		curl_global_cleanup();
	}
	if (calls->timer != NULL)
		event_free(calls->timer);
	breakers_free(&calls->breakers);
	return true;
}
