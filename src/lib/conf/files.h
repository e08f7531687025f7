/*
 * Reads a configuration file and what it includes into blocks, with bounds for everything.
 */
#ifndef CONF_FILES_H
#define CONF_FILES_H

#include "conf/blocks.h"
#include "conf/errors.h"

/* Returns 0, or -1 if the structure of at least one file could not be read whole: then names may be
 * missing from blocks. */
int files_read(const char *path, struct blocks *, struct errors *);
/* The directory of a file's path, with the rest behind it; caller frees.  NULL without memory. */
char *files_beside(const char *file, const char *rest);

#endif
