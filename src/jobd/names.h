/*
 * Which programs a word of a request means: NAME, NAME:2, NAME:*, all, or a shell pattern.  Pure.
 */
#ifndef JOBD_NAMES_H
#define JOBD_NAMES_H

#include <stdbool.h>

#include "conf/conf.h"

/*
 * NAME means every instance, NAME:2 the second one.  A pattern is tried on NAME and on NAME:2.
 * Helpers (see below) answer to their exact names only, so that neither `all` nor a pattern ends
 * what the others need.
 */
bool names_match(const char *word, const char *program, int instance, enum conf_role);
/* The built-ins that users did not ask for: shown by `status --all` only. */
bool names_is_helper(enum conf_role);

#endif
