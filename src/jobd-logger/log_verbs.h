/*
 * The verbs of log.sock, in a table.
 */
#ifndef LOGGER_LOG_VERBS_H
#define LOGGER_LOG_VERBS_H

#include "jobd-logger/log_client.h"

/* Answers one request line (NUL-ended, changed) or begins to. */
void log_verbs_run(struct log_client *, char *line);

#endif
