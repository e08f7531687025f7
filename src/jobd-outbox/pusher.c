#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "proto/verbs.h"
#include "socket/connection.h"

#include "pusher.h"

struct question {
	TAILQ_ENTRY(question) entry;
	pusher_answer *answer; /* NULL: nobody waits for it */
	void *arg;
};

TAILQ_HEAD(questions, question);

struct pusher {
	struct connection *connection;
	struct questions questions; /* in the order in which they were asked */
	void (*ready)(void *arg);
	void *arg;
};

static char *hello(void *pusher);
static void ready(void *pusher);
static bool reply(void *pusher, const struct resp_item *);
static void lost(void *pusher);

static const struct connection_kind kind = {
	.name = "queue socket",
	.greeting = true,
	.reply_max = PROTO_QUEUE_LINE_MAX,
	.hello = hello,
	.ready = ready,
	.reply = reply,
	.lost = lost,
};

struct pusher *
pusher_new(struct event_base *base, const char *path, void (*is_ready)(void *), void *arg)
{
	struct pusher *pusher = calloc(1, sizeof(*pusher));

	if (pusher == NULL)
		return NULL;
	TAILQ_INIT(&pusher->questions);
	pusher->ready = is_ready;
	pusher->arg = arg;
	pusher->connection = connection_new(base, &kind, path, pusher);
	if (pusher->connection != NULL)
		return pusher;
	free(pusher);
	return NULL;
}

void
pusher_free(struct pusher *pusher)
{
	struct question *question;

	if (pusher == NULL)
		return;
	connection_finish(pusher->connection);
	connection_free(pusher->connection);
	while ((question = TAILQ_FIRST(&pusher->questions)) != NULL) {
		TAILQ_REMOVE(&pusher->questions, question, entry);
		free(question);
	}
	free(pusher);
}

void
pusher_open(struct pusher *pusher)
{
	connection_open(pusher->connection);
}

bool
pusher_is_ready(const struct pusher *pusher)
{
	return connection_is_ready(pusher->connection);
}

int
pusher_ask(struct pusher *pusher, const char *line, size_t len, pusher_answer *answer, void *arg)
{
	struct question *question;

	/* A line that can't be sent would leave its question to the next one's answer. */
	if (!pusher_is_ready(pusher) || (question = calloc(1, sizeof(*question))) == NULL)
		return -1;
	question->answer = answer;
	question->arg = arg;
	TAILQ_INSERT_TAIL(&pusher->questions, question, entry);
	connection_send(pusher->connection, line, len);
	connection_send(pusher->connection, "\r\n", 2);
	return 0;
}

void
pusher_forget(struct pusher *pusher, const void *arg)
{
	struct question *question;

	TAILQ_FOREACH (question, &pusher->questions, entry)
		if (question->arg == arg)
			question->answer = NULL;
}

/* That the database refuses is to be told from what is wrong with a list. */
static char *
hello(void *arg)
{
	char *line;

	(void)arg;
	return asprintf(&line, VERB_HELLO " {\"v\":2,\"codes\":true,\"pid\":%d}", (int)getpid()) ==
		       -1
		   ? NULL
		   : line;
}

static void
ready(void *arg)
{
	struct pusher *pusher = arg;

	pusher->ready(pusher->arg);
}

static void
answer_first(struct pusher *pusher, const struct resp_item *item)
{
	struct question *question = TAILQ_FIRST(&pusher->questions);
	pusher_answer *answer = question->answer;
	void *arg = question->arg;

	TAILQ_REMOVE(&pusher->questions, question, entry);
	free(question);
	if (answer != NULL)
		answer(arg, item);
}

static bool
reply(void *arg, const struct resp_item *item)
{
	struct pusher *pusher = arg;

	if (TAILQ_EMPTY(&pusher->questions))
		return false;
	answer_first(pusher, item);
	return true;
}

static void
lost(void *arg)
{
	struct pusher *pusher = arg;

	while (!TAILQ_EMPTY(&pusher->questions))
		answer_first(pusher, NULL);
}
