/*
 * Errors for sections and options that do not exist: where the word belongs, or which valid one is
 * near to it.
 */
#ifndef CONF_UNKNOWN_H
#define CONF_UNKNOWN_H

#include <stdint.h>

#include "conf/errors.h"
#include "conf/options.h"

/* `nested` is the section inside the section where it stands, or NULL. */
void unknown_option(struct errors *, const char *file, int64_t line, const struct conf_section *,
    const struct conf_nested *nested, const char *word);
void unknown_section(struct errors *, const char *file, int64_t line, const char *word);
/* Of a section inside another. */
void unknown_nested(
    struct errors *, const char *file, int64_t line, const struct conf_section *, const char *word);

#endif
