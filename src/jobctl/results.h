/*
 * What became of each name of a request: {"name","result","code","message"}, in supervisorctl's
 * words and exit codes.
 */
#ifndef JOBCTL_RESULTS_H
#define JOBCTL_RESULTS_H

#include "jobctl/command.h"
#include "jobctl/listing.h"

extern const struct view results_view;

/* The exit code that one result stands for; to a signal a program that does not run is a failure.
 */
int results_exit_code(const struct value *row, bool is_signal);
/* As supervisorctl says it: "web: ERROR (no such process)", and "no such group" of web:*. */
void results_print_unknown(const char *name);
/*
 * Takes the answer to a request about one name: "+OK" is `done`, an error stands for itself. The
 * row is added and shown.  Returns the exit code.
 */
int results_receive(struct listing *, const char *name, const char *done);
/*
 * Sends "WORDS NAME" for each name of the call, so that a wrong one does not hide the others, and
 * shows what became of each.  Returns the exit code.
 */
int results_of_each(
    struct session *, struct client *, const struct call *, const char *words, const char *done);

#endif
