/*
 * A list of jobs as PUSHB has it: checked as a whole before the first job is read, and then read
 * job by job.  What the members of the jobs are is noted while they are checked, as far as a
 * bounded number of notes goes; what is behind is looked at once more when its turn comes.  Pure.
 */
#ifndef SCHEDULER_PAYLOAD_LIST_H
#define SCHEDULER_PAYLOAD_LIST_H

#include "base/json_scan.h"
#include "job.h"

struct list_job;
struct part;

struct payload_list {
	char *text;  /* a copy, in which strings of jobs are ended in their places */
	size_t done; /* bytes of it that were read */
	/* What is noted. */
	struct part *parts;
	struct list_job *jobs, *next;
	size_t part_count, part_max, job_count, job_max;
	struct json_scan scan; /* behind it */
	int more;              /* 1, or 0 if nothing is behind it */
};

/* What it holds for a text of so many bytes. */
size_t payload_list_bytes(size_t len);
/* Copies the text; 0, or -1 without memory. */
int payload_list_open(struct payload_list *, const char *text, size_t len);
void payload_list_close(struct payload_list *);
/* To be called before the first job is read: what is wrong with the text, or NULL. */
const char *payload_list_check(struct payload_list *);
/*
 * Reads the next job as payload_take() does, into an initialized one: 1, with *good false and the
 * error if it can't be taken; 0 at the end of the list.
 */
int payload_list_next(
    struct payload_list *, struct job *, bool *good, char *error, size_t error_size);

#endif
