/*
 * Reads the structure of one configuration file against the tables of options: which sections and
 * options stand where.  Everything that is unknown, given twice or in the wrong place becomes an
 * error with its line, and libconfuse does not get to see it.
 */
#ifndef CONF_SCAN_H
#define CONF_SCAN_H

#include <stddef.h>

#include "conf/blocks.h"
#include "conf/errors.h"

/*
 * Adds the sections of the file to blocks, each setting with its option and line and without its
 * texts; the first one added is the top level.  Returns the text for libconfuse (NUL-ended, caller
 * frees), or NULL if the file's structure is broken or memory ran out; that is in errors then.
 */
char *scan_text(
    const char *file, const char *text, size_t len, struct blocks *blocks, struct errors *errors);

#endif
