/*
 * Errors for sections and options that do not exist: where the word belongs, or which valid one is
 * near to it.
 */
#ifndef CONF_UNKNOWN_H
#define CONF_UNKNOWN_H

#include <stdint.h>

#include "conf/errors.h"
#include "conf/options.h"

void unknown_option(
    struct errors *, const char *file, int64_t line, const struct conf_section *, const char *word);
void unknown_section(struct errors *, const char *file, int64_t line, const char *word);

#endif
