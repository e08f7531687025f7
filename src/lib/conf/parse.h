/*
 * The values of one configuration file, read by libconfuse: fills in the texts of the settings that
 * scan.c found.  parse.c is the only file that knows libconfuse.  Not for threads: neither is
 * libconfuse.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stdint.h>

#include "conf/blocks.h"
#include "conf/errors.h"

/* An include("...") of the file. */
typedef void parse_include(void *context, const char *pattern, int64_t line);

/*
 * Reads `text`, which comes from scan_text(), for the blocks from `first` on.  Returns 0, or -1
 * with the error in errors.
 */
int parse_text(const char *file, char *text, struct blocks *blocks, size_t first,
    struct errors *errors, parse_include *include, void *context);

#endif
