/*
 * Copies what jobs write to our own standard output, line by line with the job's name in front, so
 * that it is in the runner's log.  Never blocks and never holds more than a fixed amount: what does
 * not fit is dropped and counted.
 */
#ifndef RUNNER_RELAY_H
#define RUNNER_RELAY_H

#include <stddef.h>

#include <event2/event.h>

/* A longer line is cut into several. */
#define RELAY_LINE_MAX 4000

struct relay;

/* The line of one job that has begun. */
struct relay_line {
	char text[RELAY_LINE_MAX];
	size_t len;
};

/* NULL with errno. */
struct relay *relay_new(struct event_base *, int fd);
void relay_free(struct relay *);
void relay_add(struct relay *, struct relay_line *, const char *name, const char *data, size_t len);
/* Writes a line that has no end. */
void relay_end(struct relay *, struct relay_line *, const char *name);

#endif
