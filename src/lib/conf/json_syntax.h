/*
 * Whether a text is JSON, so that a wrong one is an error of the configuration and not of the job's
 * run.  Builds nothing.  Pure.
 */
#ifndef CONF_JSON_SYNTAX_H
#define CONF_JSON_SYNTAX_H

#include <stdbool.h>

/* True for one whole JSON array in UTF-8 (RFC 8259) of at most 32 levels, without NUL characters.
 */
bool json_is_array(const char *text);

#endif
