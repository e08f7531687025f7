/*
 * How a job is shown: the columns of a list, the fields of one job, and the words for what it does
 * at the moment.
 */
#ifndef JOBCTL_JOB_VIEW_H
#define JOBCTL_JOB_VIEW_H

#include "jobctl/output.h"

extern const struct view jobs_view, job_view;

/* A time that a person takes in at a glance: "850ms", "95s", "40min", "30h", "12d"; returns buf. */
const char *job_view_span(int64_t ms, char *buf, size_t size);
/* The same from or until a member that is RFC 3339: "" if there is none. */
const char *job_view_since(const struct value *row, const char *path, char *buf, size_t size);

#endif
