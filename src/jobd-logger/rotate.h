/*
 * Rotated log files: NAME.1 is the newest, each may be NAME.N.gz.  Decides where a file is cut and
 * moves the files.  Runs in the threads, never in the loop.
 */
#ifndef LOGGER_ROTATE_H
#define LOGGER_ROTATE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most by which a file may exceed its limit so that a line stays whole. */
#define ROTATE_LINE_MAX (INT64_C(16) << 20)

/*
 * Pure: how many of the `len` bytes still go to a file of `size` bytes that may have `max_bytes`
 * (0: no limit); 0 means that it must be rotated first.  Cuts behind a line, unless that line alone
 * is longer than the limit and ROTATE_LINE_MAX.
 */
size_t rotate_cut(
    int64_t max_bytes, int64_t size, bool at_line_start, const char *data, size_t len);

/* "PATH.index", with ".gz" if asked for; returns buf, or NULL if it does not fit. */
const char *rotate_name(const char *path, int64_t index, bool gz, char *buf, size_t size);
/*
 * Makes way for a new file: PATH becomes PATH.1, that PATH.2 and so on; what is above `backups` is
 * unlinked first. Repeating it after it was broken off loses nothing.  0, or -1 with errno.
 */
int rotate_shift(const char *path, int64_t backups);
/* Where PATH.index and its compressed copy both exist the copy is whole: the plain one goes. True
 * if so. */
bool rotate_drop_twin(const char *path, int64_t index);
/* Unlinks all rotated files. */
void rotate_clear(const char *path);

/* What the rotated files of a path hold, and the oldest of them. */
struct rotate_usage {
	int64_t bytes;
	int64_t oldest_index; /* 0: there are none */
	bool oldest_gz;
	int64_t oldest_bytes;
	struct timespec oldest_mtime;
	dev_t dev;
};
void rotate_usage(const char *path, struct rotate_usage *);

#endif
