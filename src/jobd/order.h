/*
 * In which order programs start and stop: priority, after, requires.
 */
#ifndef JOBD_ORDER_H
#define JOBD_ORDER_H

#include <stdbool.h>

#include "program.h"

/* Starting order: by priority, name, instance. */
int order_compare(const struct program *, const struct program *);
/* Lets every waiting program go on whose way is clear; gives up those whose way stays blocked. */
void order_start(struct program_list *);
/* Stops every program that nobody needs any more; true when all are at rest. */
bool order_stop(struct program_list *);

#endif
