/*
 * Says as jobd.conf what the file of another tool says: a crontab, a Procfile, or supervisord's.
 * Pure: text in, text out; whether users, directories and commands exist is for "jobctl check".
 */
#ifndef JOBCTL_IMPORT_H
#define JOBCTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Stands before what has no counterpart, or where a person should decide. */
#define IMPORT_LOOK "# look: "

struct import;

/* The text of a whole file is changed: cut into lines. */
typedef void import_fn(struct import *, char *text);

import_fn import_crontab;        /* crontab(5) of a user: what `crontab -l` prints */
import_fn import_system_crontab; /* /etc/crontab, /etc/cron.d/NAME: a user before the command */
import_fn import_procfile;       /* "NAME: COMMAND" lines, as foreman and Heroku read them */
import_fn import_supervisord;    /* version 4, one file; included ones are imported each */

/* What one import has written so far. */
struct import {
	FILE *out;
	const char *here; /* the directory of the file, which supervisord calls so */
	bool is_inside;   /* a section */
	bool wants_blank; /* a line between what was written and what comes */
	size_t sections;  /* programs and jobs */
	size_t looks;     /* comments that begin with IMPORT_LOOK */
	char **names;     /* of the sections, so that none is there twice */
	bool failed;      /* no memory: the text is not whole */
};

/* `here` stays the caller's. */
void import_begin(struct import *, FILE *out, const char *here);
/* Frees the names; returns -1 if memory or the disk gave out, so that the text is not whole. */
int import_end(struct import *);

#endif
