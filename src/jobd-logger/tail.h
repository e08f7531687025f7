/*
 * Reads a log from some place on, through its rotated files, as it was and as it grows.  Works in
 * the threads, never in the loop; holds one block of memory, however far behind the reader is.
 */
#ifndef LOGGER_TAIL_H
#define LOGGER_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jobd-logger/generations.h"

#define TAIL_BLOCK_BYTES 16384

struct tail {
	struct generations *files;
	/* What to begin with; the other one is -1. */
	int64_t lines, bytes;
	bool is_started;
	bool whole_lines;     /* never hand out half a line of a growing log */
	struct log_place at;  /* where the next read begins */
	struct log_place end; /* of the log when it was first looked at */
	int fd;
	bool is_gz;
	struct gzFile_s *gz;
};

void tail_init(struct tail *, struct generations *, int64_t lines, int64_t bytes, bool whole_lines);
void tail_close(struct tail *);
/*
 * Reads the next piece into buf, which has TAIL_BLOCK_BYTES; up to the end as it was at the first
 * call, or with `follows` as it is now.  Returns its length, 0 if there is nothing more at the
 * moment. *skipped is how many rotated files were gone before they could be read.
 */
size_t tail_read(struct tail *, char *buf, bool follows, int *skipped);

#endif
