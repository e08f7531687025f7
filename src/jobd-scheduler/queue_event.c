#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue_private.h"

#define TEXTS 6
/* So many events are kept that long lists of tags are left out. */
#define TAGS_MAX 1000
/* Memory of a text is a multiple of this, and is given back when it was larger than that. */
#define ROOM_STEP 32
#define ROOM_KEPT 256

struct stored_event {
	int64_t seq;
	struct walltime at;
	const char *kind, *from, *to; /* constants */
	char *text;  /* jid, type, queue, name, reason, tags, each with its NUL; or NULL */
	size_t size; /* of the text's memory, which the next one gets */
};

struct queue_events {
	struct stored_event ring[QUEUE_EVENTS];
	int64_t last;      /* number of the newest one */
	int64_t committed; /* ... of a turn that stands */
};

/* Room for so many bytes in the place of an older event; NULL without memory. */
static char *
room_for(struct stored_event *stored, size_t bytes)
{
	if (stored->size >= bytes && stored->size <= ROOM_KEPT)
		return stored->text;
	free(stored->text);
	stored->size = (bytes + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
	if ((stored->text = malloc(stored->size)) == NULL)
		stored->size = 0;
	return stored->text;
}

static void
keep_texts(struct stored_event *stored, const struct queue_event *event)
{
	const char *const texts[TEXTS] = { event->jid, event->type, event->queue, event->name,
		event->reason,
		event->tags != NULL && strlen(event->tags) <= TAGS_MAX ? event->tags : "" };
	size_t lens[TEXTS], sum = TEXTS;
	char *at;

	/* Half of them are empty. */
	for (int i = 0; i < TEXTS; i++)
		sum += lens[i] = *texts[i] != '\0' ? strlen(texts[i]) : 0;
	if ((at = room_for(stored, sum)) == NULL)
		return;
	for (int i = 0; i < TEXTS; i++) {
		if (lens[i] > 0)
			at = mempcpy(at, texts[i], lens[i]);
		*at++ = '\0';
	}
}

static void
remember(struct queue *queue, const struct queue_event *event)
{
	struct queue_events *events = queue->events;
	struct stored_event *stored;

	if (events == NULL && (events = queue->events = calloc(1, sizeof(*events))) == NULL)
		return;
	stored = &events->ring[++events->last % QUEUE_EVENTS];
	stored->seq = events->last;
	stored->at = queue->now;
	stored->kind = event->kind;
	stored->from = event->from;
	stored->to = event->to;
	keep_texts(stored, event);
}

void
queue_tell(struct queue *queue, const struct queue_event *event)
{
	remember(queue, event);
	if (queue->watcher != NULL)
		queue->watcher->told(queue->watcher_arg, event);
}

void
queue_event(struct queue *queue, const struct job *job, const char *from)
{
	remember(queue, &(struct queue_event){ .kind = "job",
			    .jid = job->jid,
			    .type = job->type,
			    .queue = job->queue,
			    .name = "",
			    .reason = job->reason,
			    .tags = job->tags,
			    .from = from,
			    .to = job_state_word(job->state) });
	if (queue->watcher != NULL)
		queue->watcher->moved(queue->watcher_arg, job, from);
}

void
queue_gone(struct queue *queue)
{
	if (queue->watcher != NULL)
		queue->watcher->gone(queue->watcher_arg);
}

/* Those of a lost turn never happened.  Their places may have been others', which are gone then. */
void
queue_settle(struct queue *queue, bool committed)
{
	struct queue_events *events = queue->events;

	if (events == NULL)
		return;
	if (committed)
		events->committed = events->last;
	else
		events->last = events->committed;
}

void
queue_events_free(struct queue *queue)
{
	for (size_t i = 0; queue->events != NULL && i < QUEUE_EVENTS; i++)
		free(queue->events->ring[i].text);
	free(queue->events);
	queue->events = NULL;
}

int64_t
queue_events_last(const struct queue *queue)
{
	return queue->events != NULL ? queue->events->committed : 0;
}

static struct queue_event
public_event(const struct stored_event *stored)
{
	const char *texts[TEXTS] = { stored->text };

	for (int i = 1; i < TEXTS; i++)
		texts[i] = texts[i - 1] + strlen(texts[i - 1]) + 1;
	return (struct queue_event){ .seq = stored->seq,
		.at = stored->at,
		.kind = stored->kind,
		.from = stored->from,
		.to = stored->to,
		.jid = texts[0],
		.type = texts[1],
		.queue = texts[2],
		.name = texts[3],
		.reason = texts[4],
		.tags = texts[5] };
}

void
queue_events_list(const struct queue *queue, int64_t since, queue_event_fn fn, void *arg)
{
	const struct queue_events *events = queue->events;
	int64_t oldest;

	if (events == NULL)
		return;
	oldest = events->committed - QUEUE_EVENTS + 1;
	/* A number that was never given out is another server's: all of them. */
	if (since < oldest || since > events->committed + 1)
		since = oldest;
	for (int64_t seq = since < 1 ? 1 : since; seq <= events->committed; seq++) {
		const struct stored_event *stored = &events->ring[seq % QUEUE_EVENTS];
		struct queue_event event;

		if (stored->seq != seq || stored->text == NULL)
			continue;
		event = public_event(stored);
		if (!fn(arg, &event))
			return;
	}
}
