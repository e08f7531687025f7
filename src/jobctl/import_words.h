/*
 * Lines and words of the files that are imported.  Pure.
 */
#ifndef JOBCTL_IMPORT_WORDS_H
#define JOBCTL_IMPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* The next line of *text without its end, or NULL; *text moves on. */
char *import_line(char **text);
/* Without blanks at either end. */
char *import_trim(char *text);
/* True if all of it is a name of the environment. */
bool import_is_variable(const char *name, size_t len);
/* True if jobd would split the command into other words than a shell, see text_split_command(). */
bool import_needs_shell(const char *command);
/* A name for what has none: the program that a command line runs, "report" for
 * "python3 -m app.report"; never empty. */
void import_name_of(const char *command, char *name, size_t size);

#endif
