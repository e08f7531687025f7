/*
 * The runner's loop: takes jobs from the scheduler, runs them, tells how they ended.  Touches no
 * database and no configuration file.
 */
#ifndef RUNNER_RUNNER_H
#define RUNNER_RUNNER_H

#include <stdint.h>

/* Serves the sockets in run_dir until SIGTERM; returns the exit code of the process. */
int runner_main(const char *run_dir, int64_t stop_timeout_ms);

#endif
