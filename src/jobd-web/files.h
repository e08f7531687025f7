/*
 * Files that are compiled into the binary: made by files_embed.sh from static/.
 */
#ifndef WEB_FILES_H
#define WEB_FILES_H

#include <stddef.h>

struct file {
	const char *name; /* inside static/ */
	const unsigned char *data;
	size_t len;
};

extern const struct file embedded_files[]; /* ended by a NULL name */
/* NULL if there is none of that name. */
const struct file *file_find(const char *name);

#endif
