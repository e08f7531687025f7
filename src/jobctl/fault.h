/*
 * What is wrong with a program or an outbox, from its row of STATUS or OUTBOXES.  Pure.
 */
#ifndef JOBCTL_FAULT_H
#define JOBCTL_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "jobctl/row.h"

#define FAULT_MAX 400

/* True, with the words behind its name, if it should run and does not, is not ready, or fails its
 * check. */
bool fault_of_program(const struct value *row, char *fault, size_t size);

/* True if it can't use its database: the jobs of its app wait there. */
bool fault_of_outbox(const struct value *row, char *fault, size_t size);

#endif
