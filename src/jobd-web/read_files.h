/*
 * The files that were read at the start, while we might: says whether one of them is another by
 * now.  Never opens them.
 */
#ifndef WEB_READ_FILES_H
#define WEB_READ_FILES_H

#include <stdbool.h>

/* Before it is read, so that no change is missed.  0, or -1 without memory. */
int read_files_add(const char *path);
/* True too of a file that we may not look at any more. */
bool read_files_have_changed(void);

#endif
