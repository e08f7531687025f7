#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include <event2/event_struct.h>

#include "proto/verbs.h"

#include "upstream.h"

/* Connections to one socket; of them, those that may be held by requests that need one alone; and
 * requests that wait. */
#define LINKS_MAX   6
#define ALONE_MAX   5
#define WAITING_MAX 2000
/* So many are sent while further requests are still read: the other side begins meanwhile. */
#define EARLY_MIN 8
/* Kept open while nothing is asked. */
#define IDLE_MAX 1
/* Requests under way on one connection, and the longest of them. */
#define DEPTH_MAX ((size_t)256)
#define SHORT_MAX ((size_t)64 * 1024)

TAILQ_HEAD(ask_list, ask);

/* A connection of the pool. */
struct pipe {
	TAILQ_ENTRY(pipe) entry;
	struct pool *pool;
	struct link *link;
	struct ask_list asks; /* under way, in order; empty: idle */
	size_t count, live;   /* of them; live: somebody wants to know */
	size_t items_left;
	bool in_list;
	bool is_shared;
	bool is_stale; /* gets nothing any more, ends when nobody waits for it */
};

struct ask {
	TAILQ_ENTRY(ask) entry;
	struct pool *pool;
	struct pipe *pipe; /* NULL: waits */
	char *words, *line;
	size_t len;
	void (*done)(void *arg, struct reply *); /* NULL: nobody wants to know any more */
	void *arg;
	struct event timer;
	struct reply reply;
	bool is_quick;
	bool has_words; /* whose reply is still to come */
};

static struct pool {
	enum upstream_socket socket;
	TAILQ_HEAD(, pipe) pipes;
	struct ask_list waiting[2]; /* the second one: what is quick */
	int pipe_count, waiting_count;
	struct event go; /* somebody waits, or a pipe is to be closed */
} pools[UPSTREAM_COUNT];

static struct event_base *base;

/* What the scheduler answers in the turn in which it comes, and what is short. */
static const char *const quick[] = { VERB_JOB, VERB_PUSH, VERB_AUDIT, VERB_CANCEL, VERB_KILL,
	VERB_RETRY, VERB_CHANGE, VERB_DELETE };

static bool is_quick(enum upstream_socket, const char *line, size_t len);
static void ask_detach(struct ask *);
static bool pipe_item(void *pipe, const struct resp_item *);
static void pipe_lost(void *pipe);
static void pool_send(struct pool *);
static void on_go(evutil_socket_t, short what, void *pool);
static void on_timer(evutil_socket_t, short what, void *ask);

static const struct link_owner owner = { pipe_item, pipe_lost };

int
upstream_init(struct event_base *event_base)
{
	base = event_base;
	link_init(base);
	for (int i = 0; i < UPSTREAM_COUNT; i++) {
		pools[i].socket = (enum upstream_socket)i;
		TAILQ_INIT(&pools[i].pipes);
		TAILQ_INIT(&pools[i].waiting[false]);
		TAILQ_INIT(&pools[i].waiting[true]);
		if (evtimer_assign(&pools[i].go, base, on_go, &pools[i]) == -1)
			return -1;
	}
	return 0;
}

/* Requests. */

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

struct ask *
upstream_ask(enum upstream_socket socket, char *words, char *line, size_t len, int timeout_ms,
    void (*done)(void *, struct reply *), void *arg)
{
	struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	static const struct timeval at_once = { 0, 0 };
	struct ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL || line == NULL) {
		free(words);
		free(line);
		free(ask);
		return NULL;
	}
	*ask = (struct ask){ .pool = &pools[socket],
		.words = words,
		.line = line,
		.len = len,
		.done = done,
		.arg = arg,
		.is_quick = is_quick(socket, line, len),
		.has_words = words != NULL };
	/* Before this one is among them: whoever is told now that his is lost must not be our
	 * caller. */
	if (ask->pool->waiting_count >= EARLY_MIN)
		pool_send(ask->pool);
	evtimer_assign(&ask->timer, base, on_timer, ask);
	if (ask->pool->waiting_count >= WAITING_MAX)
		timeout = at_once;
	evtimer_add(&ask->timer, &timeout);
	TAILQ_INSERT_TAIL(&ask->pool->waiting[ask->is_quick], ask, entry);
	ask->pool->waiting_count++;
	event_active(&ask->pool->go, EV_TIMEOUT, 0);
	return ask;
}

static void
ask_forget_texts(struct ask *ask)
{
	free(ask->words);
	freezero(ask->line, ask->len);
	ask->words = ask->line = NULL;
}

/* It is in no list any more. */
static void
ask_free(struct ask *ask)
{
	evtimer_del(&ask->timer);
	reply_free(&ask->reply);
	ask_forget_texts(ask);
	free(ask);
}

static void
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

static void
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
	event_active(&ask->pool->go, EV_TIMEOUT, 0);
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

/* The pool. */

static struct pipe *
pipe_new(struct pool *pool)
{
	struct pipe *pipe = calloc(1, sizeof(*pipe));

	if (pipe == NULL)
		return NULL;
	pipe->pool = pool;
	TAILQ_INIT(&pipe->asks);
	if ((pipe->link = link_open(pool->socket, &owner, pipe)) == NULL) {
		free(pipe);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&pool->pipes, pipe, entry);
	pool->pipe_count++;
	return pipe;
}

/* The link is closed, or is about to be. */
static void
pipe_lost(void *arg)
{
	struct pipe *pipe = arg;
	struct ask *ask;

	TAILQ_REMOVE(&pipe->pool->pipes, pipe, entry);
	pipe->pool->pipe_count--;
	event_active(&pipe->pool->go, EV_TIMEOUT, 0);
	while ((ask = TAILQ_FIRST(&pipe->asks)) != NULL)
		ask_end(ask, REPLY_LOST);
	free(pipe);
}

static void
pipe_close(struct pipe *pipe)
{
	link_close(pipe->link);
	pipe_lost(pipe);
}

/* For one more request, or NULL: all are in use. */
static struct pipe *
pipe_find(struct pool *pool, bool for_quick)
{
	struct pipe *pipe, *idle = NULL;
	int alone = 0;

	TAILQ_FOREACH (pipe, &pool->pipes, entry) {
		if (pipe->count == 0 && !pipe->is_stale)
			idle = idle == NULL ? pipe : idle;
		else if (for_quick && pipe->is_shared && !pipe->is_stale && pipe->count < DEPTH_MAX)
			return pipe;
		alone += pipe->count > 0 && !pipe->is_shared;
	}
	if (!for_quick && alone >= ALONE_MAX)
		return NULL;
	if (idle == NULL && pool->pipe_count < LINKS_MAX)
		idle = pipe_new(pool);
	if (idle != NULL)
		idle->is_shared = for_quick;
	return idle;
}

static void
pipe_send(struct pipe *pipe, struct ask *ask)
{
	ask_leave(ask);
	ask->pipe = pipe;
	TAILQ_INSERT_TAIL(&pipe->asks, ask, entry);
	pipe->count++;
	pipe->live++;
	if ((ask->words != NULL && link_send(pipe->link, ask->words, strlen(ask->words)) == -1) ||
	    link_send(pipe->link, ask->line, ask->len) == -1)
		pipe_close(pipe);
	else
		ask_forget_texts(ask);
}

/* Nobody listens there: everyone who waits is told so. */
static void
pool_give_up(struct pool *pool)
{
	for (int quick_ones = 0; quick_ones < 2; quick_ones++) {
		struct ask *ask;
		int count = pool->waiting_count;

		while (count-- > 0 && (ask = TAILQ_FIRST(&pool->waiting[quick_ones])) != NULL)
			ask_end(ask, REPLY_LOST);
	}
}

static void
pool_end_stale(struct pool *pool)
{
	struct pipe *pipe, *next;

	TAILQ_FOREACH_SAFE (pipe, &pool->pipes, entry, next)
		if (pipe->is_stale && pipe->live == 0)
			pipe_close(pipe);
}

static void
pool_end_idle(struct pool *pool)
{
	struct pipe *pipe, *next;
	int idle = 0;

	TAILQ_FOREACH_SAFE (pipe, &pool->pipes, entry, next)
		if (pipe->count == 0 && ++idle > IDLE_MAX)
			pipe_close(pipe);
}

/* What there is a connection for. */
static void
pool_send(struct pool *pool)
{
	struct pipe *pipe;
	struct ask *ask;

	for (int quick_ones = 1; quick_ones >= 0; quick_ones--)
		while ((ask = TAILQ_FIRST(&pool->waiting[quick_ones])) != NULL &&
		       (pipe = pipe_find(pool, quick_ones)) != NULL)
			pipe_send(pipe, ask);
	TAILQ_FOREACH (pipe, &pool->pipes, entry)
		link_flush(pipe->link);
}

static void
on_go(evutil_socket_t fd, short what, void *arg)
{
	struct pool *pool = arg;

	(void)fd;
	(void)what;
	pool_end_stale(pool);
	pool_send(pool);
	if (pool->pipe_count == 0 && pool->waiting_count > 0)
		pool_give_up(pool);
	pool_end_idle(pool);
}

/* Replies. */

/* Whoever is answered may ask again at once: what is idle is looked at behind that. */
static void
pipe_answer(struct pipe *pipe, enum reply_kind kind)
{
	pipe->in_list = false;
	if (pipe->count == 1 || pipe->pool->waiting_count > 0)
		event_active(&pipe->pool->go, EV_TIMEOUT, 0);
	ask_end(TAILQ_FIRST(&pipe->asks), kind);
}

static enum reply_kind
single_kind(enum resp_kind kind)
{
	return kind == RESP_OK      ? REPLY_OK
	       : kind == RESP_ERROR ? REPLY_ERROR
	       : kind == RESP_NIL   ? REPLY_NIL
				    : REPLY_BULK;
}

static bool
pipe_item(void *arg, const struct resp_item *item)
{
	struct pipe *pipe = arg;
	struct ask *ask = TAILQ_FIRST(&pipe->asks);

	if (ask == NULL || item->kind == RESP_INTEGER)
		return false;
	if (ask->has_words) {
		ask->has_words = false;
		return link_was_taken(item);
	}
	if (!pipe->in_list && item->kind == RESP_ARRAY) {
		pipe->in_list = true;
		pipe->items_left = (size_t)item->number;
		if (pipe->items_left == 0)
			pipe_answer(pipe, REPLY_LIST);
		return true;
	}
	if (item->kind == RESP_ARRAY || ask->reply.items.len + item->len > LINK_REPLY_MAX)
		return false;
	if (ask->done != NULL)
		reply_add(&ask->reply, item->kind == RESP_NIL ? "" : item->data,
		    item->kind == RESP_NIL ? 0 : item->len);
	/* The logger's lists end with nil instead of saying their length. */
	if (!pipe->in_list && pipe->pool->socket == UPSTREAM_LOG && item->kind == RESP_BULK)
		return true;
	if (!pipe->in_list && pipe->pool->socket == UPSTREAM_LOG && item->kind == RESP_NIL)
		pipe_answer(pipe, REPLY_LIST);
	else if (!pipe->in_list)
		pipe_answer(pipe, single_kind(item->kind));
	else if (--pipe->items_left == 0)
		pipe_answer(pipe, REPLY_LIST);
	return true;
}
