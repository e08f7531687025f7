#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "call.h"
#include "calls.h"

/* Connections that are kept for later calls. */
#define CONNECTIONS_KEPT 64L

/* A socket of libcurl and what it waits for. */
struct watch {
	struct event *event;
	short events;
};

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
	curl_multi_setopt(calls->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(calls->multi, CURLMOPT_SOCKETDATA, calls);
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
	while (calls->spare_count > 0)
		curl_easy_cleanup(calls->spare[--calls->spare_count]);
	if (calls->multi != NULL) {
		curl_multi_cleanup(calls->multi);
		curl_global_cleanup();
	}
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
