/*
 * What the files that read a pushed job share.  Pure.
 */
#ifndef SCHEDULER_PAYLOAD_PRIVATE_H
#define SCHEDULER_PAYLOAD_PRIVATE_H

#include <stdio.h>

#include "base/json_scan.h"
#include "job.h"

/* The longest text that is read, escapes resolved; a character may be written with six bytes. */
#define TEXT_MAX    255
#define WRITTEN_MAX ((size_t)TEXT_MAX * 6 + 2)

/* Where what is read of a job goes. */
struct payload_reader {
	struct job *job;
	char *error;
	size_t error_size;
};

#define REFUSE(reader, ...) (snprintf((reader)->error, (reader)->error_size, __VA_ARGS__), -1)

bool payload_is_null(const struct json_piece *);
/* The piece's text; "" if it is none, or longer than TEXT_MAX. */
const char *payload_text(const struct json_piece *, char text[WRITTEN_MAX]);
/* A time by its member's name; unset without one.  -1 with the error. */
int payload_time(
    struct payload_reader *, const struct json_piece *, const char *name, struct walltime *when);
/* -1 with the error. */
int payload_custom(struct payload_reader *, const struct json_piece *custom);

#endif
