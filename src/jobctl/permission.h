/*
 * Who may use a socket that we may not: words for an error message.  Never changes anything.
 */
#ifndef JOBCTL_PERMISSION_H
#define JOBCTL_PERMISSION_H

#include <stddef.h>

#define PERMISSION_TEXT_MAX 512

/*
 * A phrase that goes behind "no permission": ": /run/jobd is for user root and group ops (mode
 * 0750)", or "" if nothing is known.  Names the first directory that stops us, or the file itself.
 * Returns buf.
 */
const char *permission_describe(const char *path, char *buf, size_t size);

#endif
