#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "call.h"
#include "calls.h"

/* Connections that are kept for later calls. */
#define CONNECTIONS_KEPT 64L

static void collect(struct calls *);
static int on_timeout(CURLM *, long ms, void *calls);
static void on_ready(void *calls, curl_socket_t, int mask);
static void on_timer(evutil_socket_t, short events, void *calls);

/* libcurl and the loop. */

static int
on_timeout(CURLM *multi, long ms, void *arg)
{
	struct calls *calls = arg;
	struct timeval delay = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	(void)multi;
	if (ms < 0)
		return event_del(calls->timer);
	/* A new transfer begins before the loop waits; one that goes on lets others have a turn. */
	if (ms == 0 && !calls->acting) {
		event_active(calls->timer, EV_TIMEOUT, 1);
		return 0;
	}
	return event_add(calls->timer, &delay);
}

static void
on_ready(void *arg, curl_socket_t fd, int mask)
{
	struct calls *calls = arg;
	int running;

	calls->acting = true;
	curl_multi_socket_action(calls->multi, fd, mask, &running);
	collect(calls);
	calls->acting = false;
}

static void
on_timer(evutil_socket_t fd, short events, void *calls)
{
	(void)fd;
	(void)events;
	on_ready(calls, CURL_SOCKET_TIMEOUT, 0);
}

static void
collect(struct calls *calls)
{
	struct call *call = NULL;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(calls->multi, &left)) != NULL) {
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE ||
		    question_finish(calls, message->easy_handle, code))
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		call_finish(call, code);
	}
	if (call != NULL)
		calls->owner->settled(calls->arg);
}

CURL *
calls_take_easy(struct calls *calls)
{
	return calls->spare_count > 0 ? calls->spare[--calls->spare_count] : curl_easy_init();
}

void
calls_give_easy(struct calls *calls, CURL *easy)
{
	if (easy == NULL)
		return;
	if (calls->spare_count == CALLS_SPARE_MAX) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	calls->spare[calls->spare_count++] = easy;
}

/* The module. */

static void
breaker_changed(void *arg, const char *target, const struct breaker *breaker)
{
	struct calls *calls = arg;

	calls->owner->breaker_changed(calls->arg, target, breaker);
}

static bool
calls_set_up(struct calls *calls)
{
	calls->timer = evtimer_new(calls->base, on_timer, calls);
	calls->transfers = transfers_new(calls->base);
	if (calls->timer == NULL || calls->transfers == NULL)
		return false;
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		return false;
	if ((calls->multi = curl_multi_init()) == NULL) {
		curl_global_cleanup();
		return false;
	}
	sockets_set_up(&calls->sockets, calls->multi);
	curl_multi_setopt(calls->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(calls->multi, CURLMOPT_TIMERDATA, calls);
	curl_multi_setopt(calls->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return true;
}

static bool
calls_close(struct calls *calls)
{
	if (!transfers_free(calls->transfers))
		return false;
	while (!TAILQ_EMPTY(&calls->list)) {
		struct call *call = TAILQ_FIRST(&calls->list);

		TAILQ_REMOVE(&calls->list, call, entry);
		curl_multi_remove_handle(calls->multi, call->easy);
		call_free(call);
	}
	while (!TAILQ_EMPTY(&calls->questions))
		question_forget(TAILQ_FIRST(&calls->questions));
	handles_free(&calls->handles);
	while (calls->spare_count > 0)
		curl_easy_cleanup(calls->spare[--calls->spare_count]);
	if (calls->multi != NULL) {
		curl_multi_cleanup(calls->multi);
		curl_global_cleanup();
	}
	sockets_free(&calls->sockets);
	if (calls->timer != NULL)
		event_free(calls->timer);
	breakers_free(&calls->breakers);
	free(calls);
	return true;
}

/* The module's log is its own: its name is the runner's. */
static struct calls *
calls_open(struct event_base *base, const struct net_owner *owner, void *arg)
{
	struct calls *calls = calloc(1, sizeof(*calls));

	log_init("jobd-runner");
	if (calls == NULL)
		return NULL;
	TAILQ_INIT(&calls->list);
	TAILQ_INIT(&calls->questions);
	calls->base = base;
	calls->owner = owner;
	calls->arg = arg;
	calls->sockets = (struct sockets){ .base = base, .ready = on_ready, .arg = calls };
	calls->handles.sockets = &calls->sockets;
	calls->breakers.changed = breaker_changed;
	calls->breakers.arg = calls;
	if (calls_set_up(calls))
		return calls;
	calls_close(calls);
	return NULL;
}

static int
calls_start(struct calls *calls, const struct job *job, const struct conf *conf,
    const struct conf_job *type, struct call_refusal *refusal)
{
	if (conf_job_kind(type) == CONF_JOB_HTTP)
		return call_http_start(calls, job, type, refusal);
	return call_mail_start(calls, job, conf, type, refusal);
}

static size_t
calls_count(const struct calls *calls)
{
	return calls->count;
}

static void
calls_each(const struct calls *calls, void (*each)(void *, const char *), void *arg)
{
	const struct call *call;

	TAILQ_FOREACH (call, &calls->list, entry)
		each(arg, call->jid);
}

static bool
calls_end(struct calls *calls, const char *jid, enum result_reason why)
{
	struct call *call;

	TAILQ_FOREACH (call, &calls->list, entry) {
		if (strcmp(call->jid, jid) == 0) {
			call_end(call, why);
			return true;
		}
	}
	return false;
}

static void
calls_end_all(struct calls *calls, enum result_reason why, bool only_slow)
{
	struct call *call, *next;

	TAILQ_FOREACH_SAFE (call, &calls->list, entry, next)
		if (call->threaded || !only_slow)
			call_end(call, why);
}

static void
calls_tell_breakers(const struct calls *calls)
{
	breakers_tell(&calls->breakers);
}

const struct net_module net_module = {
	.open = calls_open,
	.close = calls_close,
	.start = calls_start,
	.count = calls_count,
	.each = calls_each,
	.end = calls_end,
	.end_all = calls_end_all,
	.tell_breakers = calls_tell_breakers,
	.ask = question_ask,
	.forget = question_forget,
};
