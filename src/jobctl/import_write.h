/*
 * The sections and options that an import writes, each value in the quotes that it needs.
 */
#ifndef JOBCTL_IMPORT_WRITE_H
#define JOBCTL_IMPORT_WRITE_H

#include "jobctl/import.h"

/* In values: an environment variable's name stands between these two, and becomes ${NAME}. */
#define IMPORT_VARIABLE_BEGIN '\001'
#define IMPORT_VARIABLE_END   '\002'

/* A line of NAME=value; an array of them ends with a NULL name. */
struct import_variable {
	char *name, *value;
};

/* "KIND NAME {"; the name is made valid, and unlike those before and those of the built-ins. */
void import_open(struct import *, const char *kind, const char *name);
void import_close(struct import *);
/* A line of an option: quoted, or a word or number as it is. */
void import_text(struct import *, const char *option, const char *value);
void import_word(struct import *, const char *option, const char *value);
void import_variables(struct import *, const struct import_variable *);
/* The command, and shell = true if only a shell reads it as it is meant. */
void import_command(struct import *, const char *command);
/* A comment of the file, with its '#'; it belongs to what comes next. */
void import_comment(struct import *, const char *comment);
/* A comment that asks for a look. */
void import_look(struct import *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
