/*
 * What programs use of memory and processor time, for the charts.  It is read from /proc when a
 * page that shows it is asked for, and remembered for a while; never by a timer, so nothing wakes
 * up while no such page is open.
 */
#ifndef WEB_USAGE_H
#define WEB_USAGE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Not known: the program does not run, or /proc does not say. */
#define USAGE_NONE (-1)
/* How far back the samples reach. */
#define USAGE_SPAN_MS (INT64_C(10) * 60 * 1000)
/* Samples that lie further apart than this are not connected. */
#define USAGE_GAP_MS (INT64_C(15) * 1000)

/* Of the leader and all processes that came from it. */
struct usage_sample {
	int64_t at_ms;        /* monotonic */
	int64_t memory_bytes; /* resident */
	double cpu_percent;   /* of one processor since the sample before */
	int processes;
};

struct usage {
	const struct usage_sample *samples; /* the oldest first */
	size_t count;
};

/* Takes a sample of each program of a STATUS list, unless one was taken within this second. */
void usage_take(const json_t *programs);
/* What is known of the program (with its instance: "web:2"); valid until the next usage_take(). */
struct usage usage_of(const char *name);
/* The last sample, or one in which nothing is known. */
struct usage_sample usage_last(const char *name);
/* Processor time of the program since it was looked at first, and the files that are open now;
 * USAGE_NONE where nothing is known. */
double usage_cpu_seconds(const char *name);
int64_t usage_files(const char *name);
int64_t usage_now_ms(void);

#endif
