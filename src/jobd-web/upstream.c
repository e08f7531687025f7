#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"

#include "spare.h"
#include "upstream_private.h"

/* Requests that wait for a connection. */
#define WAITING_MAX 2000
/* The longest request that may share one. */
#define SHORT_MAX ((size_t)64 * 1024)

static struct pool pools[UPSTREAM_COUNT];
static struct event_base *base;
/* Requests that have been answered. */
static struct spares spares;

/* What the scheduler answers in the turn in which it comes, and what is short. */
static const char *const quick[] = { VERB_JOB, VERB_PUSH, VERB_AUDIT, VERB_CANCEL, VERB_KILL,
	VERB_RETRY, VERB_CHANGE, VERB_DELETE };

static void on_timer(evutil_socket_t, short what, void *ask);

int
upstream_init(struct event_base *event_base)
{
	base = event_base;
	link_init(base);
	for (int i = 0; i < UPSTREAM_COUNT; i++)
		if (pool_init(&pools[i], (enum upstream_socket)i, base) == -1)
			return -1;
	return 0;
}

static bool
is_quick(enum upstream_socket socket, const char *line, size_t len)
{
	size_t verb = strcspn(line, " ");

	if (socket != UPSTREAM_QUEUE || len > SHORT_MAX)
		return false;
	for (size_t i = 0; i < sizeof(quick) / sizeof(quick[0]); i++)
		if (strlen(quick[i]) == verb && memcmp(quick[i], line, verb) == 0)
			return true;
	return false;
}

/* 0, or -1 without memory: it is freed. */
static int
ask_wait(struct ask *ask, const char *words, const char *line, size_t len)
{
	if (words != NULL) {
		buf_text(&ask->text, words);
		buf_text(&ask->text, LINK_LINE_END);
	}
	buf_add(&ask->text, line, len);
	if (ask->text.failed) {
		buf_wipe(&ask->text);
		spares_give(&spares, ask);
		return -1;
	}
	TAILQ_INSERT_TAIL(&ask->pool->waiting[ask->is_quick], ask, entry);
	ask->pool->waiting_count++;
	return 0;
}

struct ask *
upstream_ask(enum upstream_socket socket, const char *words, const char *line, size_t len,
    int timeout_ms, void (*done)(void *, struct reply *), void *arg)
{
	struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	static const struct timeval at_once = { 0, 0 };
	struct ask *ask = spares_take(&spares, sizeof(*ask));
	struct pool *pool = &pools[socket];

	if (ask == NULL)
		return NULL;
	*ask = (struct ask){ .pool = pool,
		.done = done,
		.arg = arg,
		.is_quick = is_quick(socket, line, len),
		.has_words = words != NULL };
	if (!pool_take(pool, ask, words, line, len)) {
		if (ask_wait(ask, words, line, len) == -1)
			return NULL;
		if (pool->waiting_count > WAITING_MAX)
			timeout = at_once;
	}
	evtimer_assign(&ask->timer, base, on_timer, ask);
	evtimer_add(&ask->timer, &timeout);
	pool_wake(pool);
	return ask;
}

/* It is in no list any more. */
static void
ask_free(struct ask *ask)
{
	evtimer_del(&ask->timer);
	reply_free(&ask->reply);
	buf_wipe(&ask->text);
	spares_give(&spares, ask);
}

void
ask_leave(struct ask *ask)
{
	if (ask->pipe != NULL) {
		TAILQ_REMOVE(&ask->pipe->asks, ask, entry);
		ask->pipe->count--;
		ask->pipe->live -= ask->done != NULL;
	} else {
		TAILQ_REMOVE(&ask->pool->waiting[ask->is_quick], ask, entry);
		ask->pool->waiting_count--;
	}
}

void
ask_end(struct ask *ask, enum reply_kind kind)
{
	void (*done)(void *, struct reply *) = ask->done;
	struct reply reply = ask->reply;
	void *arg = ask->arg;

	ask_leave(ask);
	reply.kind = reply.items.failed ? REPLY_LOST : kind;
	reply.sent = ask->pipe != NULL;
	ask->reply = (struct reply){ 0 };
	ask_free(ask);
	if (done != NULL)
		done(arg, &reply);
	else
		reply_free(&reply);
}

/* Nobody wants to know any more.  The place of its answer is kept, if others come behind it. */
static void
ask_detach(struct ask *ask)
{
	struct pipe *pipe = ask->pipe;

	if (pipe == NULL) {
		ask_leave(ask);
		ask_free(ask);
		return;
	}
	evtimer_del(&ask->timer);
	reply_free(&ask->reply);
	ask->done = NULL;
	pipe->live--;
	pipe->is_stale |= !pipe->is_shared;
	pool_wake(ask->pool);
}

void
upstream_cancel(struct ask *ask)
{
	if (ask != NULL)
		ask_detach(ask);
}

/* Who is behind it will hardly have an answer either: others go elsewhere. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ask *ask = arg;
	struct reply lost = { .kind = REPLY_LOST, .sent = ask->pipe != NULL };
	void (*done)(void *, struct reply *) = ask->done;
	void *done_arg = ask->arg;

	(void)fd;
	(void)what;
	if (ask->pipe != NULL)
		ask->pipe->is_stale = true;
	ask_detach(ask);
	done(done_arg, &lost);
}
