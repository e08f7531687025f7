/*
 * All outboxes of the configuration, and what ends them: signals, and a reload that changes them.
 */
#ifndef OUTBOX_OUTBOXES_H
#define OUTBOX_OUTBOXES_H

/* Runs until SIGTERM or SIGINT; returns the exit code. */
int outboxes_main(const char *run_dir);

#endif
