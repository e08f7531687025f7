/*
 * Reads the text of an environment file: lines NAME=value.  Pure: works in place on a buffer, never
 * opens anything.
 *
 * Blank lines and lines that begin with # are skipped, "export " before a name is tolerated.  A
 * value is everything behind the '=', without blanks around it; or '...', taken as it is; or "...",
 * in which \n, \r, \t, \", \\, \$ and \` are escapes.  Quotes end on their line.  An unquoted value
 * with a '#' behind a blank is an error, for some readers cut it there and some do not.
 */
#ifndef EXEC_ENV_FILE_H
#define EXEC_ENV_FILE_H

#include <stddef.h>

struct env_file {
	char *next, *end;
	size_t line; /* of the entry returned last, or of the error; from 1 */
};

/* The text must be followed by a NUL, which is not counted in len.  It is changed and must outlive
 * the entries. */
void env_file_begin(struct env_file *, char *text, size_t len);
/*
 * The next entry as "NAME=value", inside the buffer.  NULL at the end, and at an error, which sets
 * *errstr to a phrase such as "has a quote that is not closed" (NULL at the end).
 */
char *env_file_next(struct env_file *, const char **errstr);

#endif
