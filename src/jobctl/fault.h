/*
 * What is wrong with a program, from its row of STATUS.  Pure.
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

#endif
