/*
 * Whole files that are needed at one moment: templates, secrets.  Never more than the given size.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

/*
 * The file's bytes, NUL-ended and allocated (caller frees); NULL with the reason in text.  Reading
 * blocks for as long as the disk does.
 */
char *file_read(const char *path, size_t max_bytes, size_t *len, char *text, size_t text_size);

#endif
