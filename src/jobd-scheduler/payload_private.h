/*
 * What the files that read a pushed job share.  Pure.
 */
#ifndef SCHEDULER_PAYLOAD_PRIVATE_H
#define SCHEDULER_PAYLOAD_PRIVATE_H

#include <stdio.h>

#include "base/json_scan.h"
#include "job.h"
#include "payload_parts.h"

/* Jobs with more members than that are unusual, and need memory for them. */
#define PARTS_FEW 24

/* The longest text that is read, escapes resolved; a character may be written with six bytes. */
#define TEXT_MAX    255
#define WRITTEN_MAX ((size_t)TEXT_MAX * 6 + 2)

/* Where what is read of a job goes, and where it comes from. */
struct payload_reader {
	struct job *job;
	char *error;
	size_t error_size;
	char *text; /* in which strings of the job are ended in their places */
	const struct part *members[MEMBER_COUNT]; /* NULL: not there, or null */
	size_t other_bytes;                       /* that those need which go through untouched */
};

#define REFUSE(reader, ...) (snprintf((reader)->error, (reader)->error_size, __VA_ARGS__), -1)

/* Of JSON that was checked: nothing else begins so. */
static inline bool
payload_is_null(const char *value)
{
	return *value == 'n';
}

/* Fills the reader's job from these members of its text; -1 with the error. */
int payload_read_parts(struct payload_reader *, const struct part *, size_t count);
/* The piece's text; "" if it is none, or longer than TEXT_MAX. */
const char *payload_text(const struct json_piece *, char text[WRITTEN_MAX]);
/* A time by its member's name; unset without one.  -1 with the error. */
int payload_time(
    struct payload_reader *, const struct json_piece *, const char *name, struct walltime *when);
/* What the job's `custom` says; -1 with the error. */
int payload_custom(struct payload_reader *, const struct json_piece *custom);

#endif
