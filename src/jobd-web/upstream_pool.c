#include <stdlib.h>
#include <string.h>

#include "upstream_private.h"

/* Connections to one socket; of them, those that may be held by requests that need one alone. */
#define LINKS_MAX 6
#define ALONE_MAX 5
/* Kept open while nothing is asked. */
#define IDLE_MAX 1
/* Requests under way on one connection. */
#define DEPTH_MAX ((size_t)256)
/* So many are sent while further requests are still read: the other side begins meanwhile.  The
 * rest goes at the end of the turn. */
#define EARLY_MIN 8

static bool pipe_item(void *pipe, const struct resp_item *);
static void pipe_lost(void *pipe);
static void on_go(evutil_socket_t, short what, void *pool);

static const struct link_owner owner = { pipe_item, pipe_lost };

int
pool_init(struct pool *pool, enum upstream_socket socket, struct event_base *base)
{
	pool->socket = socket;
	TAILQ_INIT(&pool->pipes);
	TAILQ_INIT(&pool->waiting[false]);
	TAILQ_INIT(&pool->waiting[true]);
	return evtimer_assign(&pool->go, base, on_go, pool);
}

void
pool_wake(struct pool *pool)
{
	event_active(&pool->go, EV_TIMEOUT, 0);
}

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
	pool_wake(pipe->pool);
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
pipe_take(struct pipe *pipe, struct ask *ask)
{
	ask->pipe = pipe;
	TAILQ_INSERT_TAIL(&pipe->asks, ask, entry);
	pipe->count++;
	pipe->live++;
}

static void
pipe_send(struct pipe *pipe, const char *text, size_t len)
{
	if (link_send(pipe->link, text, len) == 0)
		return;
	pipe->is_stale = pipe->is_broken = true;
	pool_wake(pipe->pool);
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
		if (pipe->is_broken || (pipe->is_stale && pipe->live == 0))
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

static void
pool_flush(struct pool *pool)
{
	struct pipe *pipe;

	TAILQ_FOREACH (pipe, &pool->pipes, entry)
		link_flush(pipe->link);
	pool->unsent = 0;
}

bool
pool_take(struct pool *pool, struct ask *ask, const char *words, const char *line, size_t len)
{
	struct pipe *pipe = NULL;

	if (TAILQ_EMPTY(&pool->waiting[ask->is_quick]))
		pipe = pipe_find(pool, ask->is_quick);
	if (pipe == NULL)
		return false;
	pipe_take(pipe, ask);
	if (words != NULL)
		pipe_send(pipe, words, strlen(words));
	pipe_send(pipe, line, len);
	if (++pool->unsent >= EARLY_MIN)
		pool_flush(pool);
	return true;
}

/* Those that waited, as far as there are connections. */
static void
pool_send(struct pool *pool)
{
	struct pipe *pipe;
	struct ask *ask;

	for (int quick_ones = 1; quick_ones >= 0; quick_ones--)
		while ((ask = TAILQ_FIRST(&pool->waiting[quick_ones])) != NULL &&
		       (pipe = pipe_find(pool, quick_ones)) != NULL) {
			ask_leave(ask);
			pipe_take(pipe, ask);
			pipe_send(pipe, ask->text.data, ask->text.len);
			buf_wipe(&ask->text);
		}
}

static void
on_go(evutil_socket_t fd, short what, void *arg)
{
	struct pool *pool = arg;

	(void)fd;
	(void)what;
	pool_end_stale(pool);
	pool_send(pool);
	pool_flush(pool);
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
		pool_wake(pipe->pool);
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
is_bare_ok(const struct resp_item *item)
{
	return item->kind == RESP_OK && item->len == 2 && memcmp(item->data, "OK", 2) == 0;
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
	if (ask->done != NULL && !is_bare_ok(item))
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
