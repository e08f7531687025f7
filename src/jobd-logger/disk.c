#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "jobd-logger/disk.h"
#include "jobd-logger/rotate.h"
#include "jobd-logger/workers.h"

/* A file that is the only one left is rotated, so that it can go, if it is at least this large. */
#define WORTH_BYTES INT64_C(65536)

struct cleaning {
	struct work work;
	int64_t limit; /* of all files together; -1: one file less, on the disk of `full` */
	struct sink *full;
	int64_t total; /* afterwards */
	int removed;
	struct sink *largest; /* current file */
	int64_t largest_bytes;
	size_t count;
	struct sink *sinks[];
};

static struct {
	int64_t limit;
	int64_t total;   /* at the last look, and what was written since */
	int64_t written; /* since the last look began */
	bool is_cleaning;
} disk;

static void cleaning_run(struct work *);
static void cleaning_done(struct work *);

static void
cleaning_start(int64_t limit, struct sink *full)
{
	struct cleaning *cleaning;
	struct sink *sink;
	size_t count = 0;

	for (sink = sink_first(); sink != NULL; sink = sink_next(sink))
		count++;
	cleaning = calloc(1, sizeof(*cleaning) + count * sizeof(struct sink *));
	if (cleaning == NULL)
		return;
	for (sink = sink_first(); sink != NULL; sink = sink_next(sink)) {
		sink_hold(sink);
		cleaning->sinks[cleaning->count++] = sink;
	}
	cleaning->limit = limit;
	cleaning->full = full;
	cleaning->work.run = cleaning_run;
	cleaning->work.done = cleaning_done;
	disk.is_cleaning = true;
	disk.written = 0;
	workers_submit(&cleaning->work);
}

void
disk_set_limit(int64_t bytes)
{
	disk.limit = bytes;
	disk_look_again();
}

void
disk_look_again(void)
{
	/* The next write counts. */
	if (disk.total < disk.limit)
		disk.total = disk.limit;
}

void
disk_wrote(int64_t bytes)
{
	disk.total += bytes;
	disk.written += bytes;
	if (disk.limit > 0 && disk.total > disk.limit && !disk.is_cleaning)
		cleaning_start(disk.limit, NULL);
}

void
disk_make_room(struct sink *sink)
{
	if (!disk.is_cleaning)
		cleaning_start(-1, sink);
}

/* The sink with the oldest rotated file, or NULL; sums up what all hold. */
static struct sink *
oldest_find(struct cleaning *cleaning, const struct rotate_usage *wanted)
{
	struct rotate_usage usage, oldest = { 0 };
	struct sink *found = NULL;

	cleaning->total = 0;
	cleaning->largest_bytes = 0;
	for (size_t i = 0; i < cleaning->count; i++) {
		struct generations *files = sink_generations(cleaning->sinks[i]);
		int64_t bytes = generations_end(files).offset;

		generations_usage(files, &usage);
		cleaning->total += bytes + usage.bytes;
		if (bytes > cleaning->largest_bytes) {
			cleaning->largest = cleaning->sinks[i];
			cleaning->largest_bytes = bytes;
		}
		if (usage.oldest_index == 0 || (wanted != NULL && usage.dev != wanted->dev))
			continue;
		if (found == NULL || usage.oldest_mtime.tv_sec < oldest.oldest_mtime.tv_sec ||
		    (usage.oldest_mtime.tv_sec == oldest.oldest_mtime.tv_sec &&
			usage.oldest_mtime.tv_nsec < oldest.oldest_mtime.tv_nsec)) {
			oldest = usage;
			found = cleaning->sinks[i];
		}
	}
	return found;
}

/* In a thread. */
static void
cleaning_run(struct work *work)
{
	struct cleaning *cleaning = (struct cleaning *)work;
	struct rotate_usage full;
	struct sink *oldest;

	if (cleaning->full != NULL) {
		generations_usage(sink_generations(cleaning->full), &full);
		if ((oldest = oldest_find(cleaning, &full)) != NULL)
			cleaning->removed += generations_remove_oldest(sink_generations(oldest));
		return;
	}
	while ((oldest = oldest_find(cleaning, NULL)) != NULL &&
	       cleaning->total > cleaning->limit &&
	       generations_remove_oldest(sink_generations(oldest)))
		cleaning->removed++;
}

static void
on_rotated(void *arg, int error)
{
	(void)arg;
	/* Once more: there is something to remove now. */
	if (error == 0)
		disk_wrote(0);
}

static void
cleaning_done(struct work *work)
{
	struct cleaning *cleaning = (struct cleaning *)work;

	disk.is_cleaning = false;
	disk.total = cleaning->total + disk.written;
	if (cleaning->removed > 0)
		log_info("%s: %d of the oldest rotated log files removed",
		    cleaning->full != NULL ? "the disk is full" : "the limit of all logs together",
		    cleaning->removed);
	if (cleaning->full != NULL && cleaning->removed > 0)
		sink_retry(cleaning->full);
	else if (cleaning->limit > 0 && cleaning->total > cleaning->limit &&
		 cleaning->largest_bytes >= WORTH_BYTES)
		(void)sink_operate(cleaning->largest, SINK_ROTATE, on_rotated, NULL);
	else if (disk.written > 0 && cleaning->total <= disk.limit)
		disk_wrote(0);
	for (size_t i = 0; i < cleaning->count; i++)
		sink_release(cleaning->sinks[i]);
	free(cleaning);
}
