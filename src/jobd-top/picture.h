/*
 * How everything is at one moment: programs, queues, running jobs and figures, asked for in one go
 * by connections of their own.  Never draws.
 */
#ifndef TOP_PICTURE_H
#define TOP_PICTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "proto/member.h"

enum picture_list { LIST_PROGRAMS, LIST_QUEUES, LIST_JOBS, LIST_COUNT };

struct picture {
	json_t *lists[LIST_COUNT]; /* without a scheduler the last two are empty */
	json_t *stats;             /* NULL without a scheduler */
	struct monotime taken;
	int64_t took_ms, per_second; /* attempts ended since the picture before */
};

/* Takes the place of the one before.  -1: jobd does not answer any more. */
int picture_take(struct picture *, const char *run_dir);
void picture_free(struct picture *);
/*
 * Sends one line that changes something to a socket ("control.sock"); what came of it, for people,
 * is written to text.  0, or -1 if it was refused.
 */
int picture_act(const char *run_dir, const char *socket, const char *line, char *text, size_t size);

#endif
