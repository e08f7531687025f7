#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "jobd-logger/compress.h"
#include "jobd-logger/disk.h"
#include "jobd-logger/sink.h"
#include "jobd-logger/sink_job.h"

/* A write that takes longer than this counts as hung until it comes back. */
#define HUNG_MS        250
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS   1000

/* A chunk in the queue of a sink; its place in `waits` is its index in the journal. */
struct wait {
	TAILQ_ENTRY(wait) entry;
	void *owner;
	const struct line_format *format;
	uint32_t ready;
};

struct sink {
	TAILQ_ENTRY(sink) entry;
	char *path;
	struct sink_file *file;
	struct sink_policy policy;
	bool gzip, wants_compression;
	int64_t rotations; /* seen so far */
	int users, holds;
	TAILQ_HEAD(wait_list, wait) queue;
	struct sink_orders orders;
	uint32_t pages;
	bool is_busy, must_reopen;
	struct monotime busy_since;
	int error;
	int64_t retry_ms;
	struct event *timer;  /* while it pumps: for a thread that hangs; else: for the next try */
	struct sink_job *job; /* while it pumps */
};

static struct {
	struct event_base *base;
	struct journal *journal;
	struct sink_hooks hooks;
	TAILQ_HEAD(, sink) list;
	struct wait waits[JOURNAL_CHUNKS_MAX];
} sinks;

static void sink_start(struct sink *);
static void job_done(struct work *);
static void on_timer(int fd, short what, void *arg);
static void check_pump(struct sink *);
static void pump_end(struct sink_job *);

int
sinks_init(struct event_base *base, struct journal *journal, const struct sink_hooks *hooks)
{
	sinks.base = base;
	sinks.journal = journal;
	sinks.hooks = *hooks;
	/* Not in its definition: most of it is never used, and would be read from the file. */
	TAILQ_INIT(&sinks.list);
	return 0;
}

static struct sink *
sink_new(const char *path)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (sink == NULL)
		return NULL;
	sink->retry_ms = RETRY_FIRST_MS;
	TAILQ_INIT(&sink->queue);
	STAILQ_INIT(&sink->orders);
	sink->path = strdup(path);
	sink->file = sink_file_new(sinks.journal, path);
	sink->timer = evtimer_new(sinks.base, on_timer, sink);
	TAILQ_INSERT_TAIL(&sinks.list, sink, entry);
	disk_look_again();
	return sink;
}

static void
sink_free(struct sink *sink)
{
	TAILQ_REMOVE(&sinks.list, sink, entry);
	sink_file_free(sink->file);
	if (sink->timer != NULL)
		event_free(sink->timer);
	free(sink->path);
	free(sink);
}

struct sink *
sink_open(const struct stream_settings *settings)
{
	struct sink *sink;

	TAILQ_FOREACH (sink, &sinks.list, entry)
		if (strcmp(sink->path, settings->path) == 0)
			break;
	if (sink == NULL && (sink = sink_new(settings->path)) == NULL)
		return NULL;
	if (sink->path == NULL || sink->file == NULL || sink->timer == NULL) {
		sink_free(sink);
		errno = ENOMEM;
		return NULL;
	}
	sink->users++;
	sink_set(sink, settings);
	return sink;
}

void
sink_set(struct sink *sink, const struct stream_settings *settings)
{
	sink->policy.max_bytes = settings->max_bytes;
	sink->policy.backups = settings->backups;
	sink->policy.mode = settings->mode;
	sink->gzip = settings->gzip;
}

static void
sink_free_if_unused(struct sink *sink)
{
	if (sink->users == 0 && sink->holds == 0 && !sink->is_busy && TAILQ_EMPTY(&sink->queue) &&
	    STAILQ_EMPTY(&sink->orders))
		sink_free(sink);
}

void
sink_close(struct sink *sink)
{
	sink->users--;
	sink_free_if_unused(sink);
}

void
sink_hold(struct sink *sink)
{
	sink->holds++;
}

void
sink_release(struct sink *sink)
{
	sink->holds--;
	sink_free_if_unused(sink);
}

void
sinks_reopen(void)
{
	struct sink *sink;

	TAILQ_FOREACH (sink, &sinks.list, entry) {
		sink->must_reopen = true;
		sink_start(sink);
	}
}

bool
sinks_are_written(void)
{
	const struct sink *sink;
	const struct wait *wait;

	TAILQ_FOREACH (sink, &sinks.list, entry) {
		if (sink->is_busy)
			return false;
		TAILQ_FOREACH (wait, &sink->queue, entry)
			if (wait->ready >
			    journal_chunk(sinks.journal, (uint32_t)(wait - sinks.waits))->done)
				return false;
	}
	return true;
}

struct sink *
sink_first(void)
{
	return TAILQ_FIRST(&sinks.list);
}

struct sink *
sink_next(const struct sink *sink)
{
	return TAILQ_NEXT(sink, entry);
}

void
sink_append(struct sink *sink, void *owner, uint32_t chunk, const struct line_format *format)
{
	struct wait *wait = &sinks.waits[chunk];

	wait->owner = owner;
	wait->format = format;
	wait->ready = 0;
	TAILQ_INSERT_TAIL(&sink->queue, wait, entry);
	sink->pages += journal_chunk(sinks.journal, chunk)->page_count;
}

void
sink_ready(struct sink *sink, uint32_t chunk, uint32_t ready)
{
	sinks.waits[chunk].ready = ready;
	sink_start(sink);
}

uint32_t
sink_ready_bytes(uint32_t chunk)
{
	return sinks.waits[chunk].ready;
}

void
sink_check_chunk(struct sink *sink, uint32_t index)
{
	const struct journal_chunk *chunk = journal_chunk(sinks.journal, index);
	struct wait *wait = &sinks.waits[index];

	/* A job may still be looking at it. */
	if (sink->is_busy || chunk->done < chunk->len)
		return;
	TAILQ_REMOVE(&sink->queue, wait, entry);
	sink->pages -= chunk->page_count;
	journal_chunk_free(sinks.journal, index);
	sinks.hooks.chunk_gone(wait->owner, index);
}

int
sink_operate(struct sink *sink, enum sink_operation kind, sink_operation_cb done, void *arg)
{
	struct sink_order *order = malloc(sizeof(*order));

	if (order == NULL)
		return -1;
	*order = (struct sink_order){ .kind = kind, .done = done, .arg = arg };
	STAILQ_INSERT_TAIL(&sink->orders, order, entry);
	sink_start(sink);
	return 0;
}

static void
job_fill(struct sink_job *job, const struct sink *sink)
{
	const struct wait *wait;

	TAILQ_FOREACH (wait, &sink->queue, entry) {
		uint32_t index = (uint32_t)(wait - sinks.waits);

		if (job->count == SINK_JOB_CHUNKS_MAX)
			break;
		if (wait->ready <= journal_chunk(sinks.journal, index)->done)
			continue;
		job->chunks[job->count].chunk = index;
		job->chunks[job->count].ready = wait->ready;
		job->chunks[job->count].format = *wait->format;
		job->count++;
	}
}

/* The last chunk of all that wait may be filled again by the thread. */
static void
job_fill_pump(struct sink_job *job, struct sink *sink)
{
	static const struct timeval hung = { 0, HUNG_MS * 1000 };
	const struct wait *last = TAILQ_LAST(&sink->queue, wait_list);
	uint32_t index = (uint32_t)(last - sinks.waits);

	if (job->count == 0 || job->chunks[job->count - 1].chunk != index ||
	    !STAILQ_EMPTY(&job->orders) || sink->error != 0 ||
	    !sinks.hooks.pump_begin(last->owner, index, &job->pump))
		return;
	job->pump_state = PUMP_WRITING;
	sink->job = job;
	evtimer_add(sink->timer, &hung);
}

/* Begins a job if there is something to do and none is running or waiting for its next try. */
static void
sink_start(struct sink *sink)
{
	struct sink_job *job;

	if (sink->is_busy || evtimer_pending(sink->timer, NULL) ||
	    (job = calloc(1, sizeof(*job))) == NULL)
		return;
	STAILQ_INIT(&job->orders);
	job_fill(job, sink);
	if (job->count == 0 && STAILQ_EMPTY(&sink->orders) && !sink->must_reopen) {
		free(job);
		return;
	}
	job->sink = sink;
	job->file = sink->file;
	job->journal = sinks.journal;
	job->policy = sink->policy;
	job->must_reopen = sink->must_reopen;
	STAILQ_CONCAT(&job->orders, &sink->orders);
	job_fill_pump(job, sink);
	job->work.run = sink_job_run;
	job->work.done = job_done;
	sink->must_reopen = false;
	sink->is_busy = true;
	sink->busy_since = monotime_now();
	workers_submit(&job->work);
}

static void
error_set(struct sink *sink, int error)
{
	struct timeval delay;

	if (error != 0 && sink->error == 0) {
		errno = error;
		log_warn("can't write %s", sink->path);
	} else if (error == 0 && sink->error != 0) {
		log_info("%s is written again", sink->path);
	}
	sink->error = error;
	if (error == 0) {
		sink->retry_ms = RETRY_FIRST_MS;
		return;
	}
	delay = (struct timeval){ sink->retry_ms / 1000, sink->retry_ms % 1000 * 1000 };
	evtimer_add(sink->timer, &delay);
	sink->retry_ms = sink->retry_ms * 2 < RETRY_MAX_MS ? sink->retry_ms * 2 : RETRY_MAX_MS;
}

/* Gives the stream back to its owner. */
static void
pump_end(struct sink_job *job)
{
	uint32_t index = job->chunks[job->count - 1].chunk;
	struct wait *wait = &sinks.waits[index];

	job->sink->job = NULL;
	evtimer_del(job->sink->timer);
	wait->ready = journal_chunk(sinks.journal, index)->len;
	sinks.hooks.pump_end(wait->owner, index, job->pumped);
}

/* The thread does not come back from its write: the stream must not wait for it for ever. */
static void
check_pump(struct sink *sink)
{
	static const struct timeval again = { 0, HUNG_MS * 1000 };

	if (sink_job_revoke(sink->job))
		pump_end(sink->job);
	else
		evtimer_add(sink->timer, &again);
}

static void
job_done(struct work *work)
{
	struct sink_job *job = (struct sink_job *)work;
	struct sink *sink = job->sink;
	struct sink_order *order;
	struct wait *wait, *next;

	sink->is_busy = false;
	if (sink->job == job)
		pump_end(job);
	error_set(sink, job->error);
	if (job->error == ENOSPC || job->error == EDQUOT)
		disk_make_room(sink);
	disk_wrote(job->appended);
	if (sink->gzip && generations_rotations(sink_generations(sink)) != sink->rotations)
		compress_sink(sink);
	sink->rotations = generations_rotations(sink_generations(sink));
	TAILQ_FOREACH_SAFE (wait, &sink->queue, entry, next)
		sink_check_chunk(sink, (uint32_t)(wait - sinks.waits));
	while ((order = STAILQ_FIRST(&job->orders)) != NULL) {
		STAILQ_REMOVE_HEAD(&job->orders, entry);
		order->done(order->arg, job->error);
		free(order);
	}
	free(job);
	/* Streams that end meanwhile must not take the sink with them. */
	sink_hold(sink);
	sinks.hooks.progress(sink);
	sink_start(sink);
	sink_release(sink);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct sink *sink = arg;

	(void)fd;
	(void)what;
	if (sink->job != NULL)
		check_pump(sink);
	else
		sink_start(sink);
}

void
sink_retry(struct sink *sink)
{
	if (sink->job == NULL)
		evtimer_del(sink->timer);
	sink_start(sink);
}

void
sink_set_wants_compression(struct sink *sink, bool wants)
{
	sink->wants_compression = wants;
}

bool
sink_wants_compression(const struct sink *sink)
{
	return sink->wants_compression;
}

const char *
sink_path(const struct sink *sink)
{
	return sink->path;
}

int
sink_users(const struct sink *sink)
{
	return sink->users;
}

int
sink_error(const struct sink *sink)
{
	return sink->error;
}

bool
sink_is_stalled(const struct sink *sink)
{
	return sink->error != 0 ||
	       (sink->is_busy && monotime_diff_ms(monotime_now(), sink->busy_since) > HUNG_MS);
}

uint32_t
sink_pages(const struct sink *sink)
{
	return sink->pages;
}

struct generations *
sink_generations(struct sink *sink)
{
	return sink_file_generations(sink->file);
}
