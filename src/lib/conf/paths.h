/*
 * Makes the paths of files in the configuration absolute, so that it does not matter later where a
 * process stands.  Asks for the working directory, touches no file.
 */
#ifndef CONF_PATHS_H
#define CONF_PATHS_H

#include "conf/options.h"

/* The directory of `file`; an absolute path.  Caller frees; NULL without memory. */
char *paths_folder_of(const char *file);
/* `path` itself if it is absolute, else behind `folder`, which may be relative to where we are.
 * Caller frees; NULL without memory. */
char *paths_absolute(const char *folder, const char *path);
/* All options of the table that are paths: relative ones start in `folder`.  0, or -1 without
 * memory. */
int paths_resolve(const struct conf_option *table, void *base, const char *folder);

#endif
