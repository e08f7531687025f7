/*
 * One log file: appends chunks of the journal to it, whole lines before each rotation, and leaves
 * it so that nothing is lost or written twice whenever the logger is killed.  Used by one thread at
 * a time; only what is said to be may be called from elsewhere.
 */
#ifndef LOGGER_SINK_FILE_H
#define LOGGER_SINK_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "jobd-logger/journal.h"
#include "jobd-logger/lines.h"
#include "jobd-logger/rotate.h"

struct sink_file;

/* Copied from the settings when a job begins. */
struct sink_policy {
	int64_t max_bytes, backups;
	int mode;
};

struct sink_file *sink_file_new(struct journal *, const char *path);
void sink_file_free(struct sink_file *);

/*
 * All return 0, or -1 with errno; what was not written stays in its chunk.  sink_file_write appends
 * the chunk's bytes up to `upto`, as they are if the format is raw.
 */
int sink_file_write(struct sink_file *, const struct sink_policy *, const struct line_format *,
    uint32_t chunk, uint32_t upto);
int sink_file_rotate(struct sink_file *, const struct sink_policy *);
int sink_file_clear(struct sink_file *, const struct sink_policy *);
/* The next write opens the path anew. */
void sink_file_close(struct sink_file *);

/* A place in a log that grows and is rotated: which file (it counts up), and where in it. */
struct sink_place {
	uint64_t generation;
	int64_t offset;
};

/* From any thread but the loop: the end of what is written, and stays. */
struct sink_place sink_file_end(struct sink_file *);
/* From any thread: how often it was rotated since the logger began; bytes of the current file. */
int64_t sink_file_rotations(struct sink_file *);
int64_t sink_file_bytes(struct sink_file *);
/*
 * From any thread but the loop: opens the file that was current at `generation` for reading, with
 * *is_gz if it has been compressed since. -1 with errno ENOENT if it is gone.
 */
int sink_file_open_generation(struct sink_file *, uint64_t generation, bool *is_gz);

/* A rotated file that is not compressed. */
struct sink_rotated {
	int fd;
	uint64_t generation;
	dev_t dev;
	ino_t ino;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* All of these from any thread but the loop.  Bytes appended since the last call. */
int64_t sink_file_take_appended(struct sink_file *);
void sink_file_usage(struct sink_file *, struct rotate_usage *);
/* False if there is no rotated file that could be removed. */
bool sink_file_remove_oldest(struct sink_file *);
/* Opens the oldest rotated file that is not compressed; 0, or -1 if there is none. */
int sink_file_open_rotated(struct sink_file *, struct sink_rotated *);
/* Puts a compressed copy in its place, wherever it is by now; 0, or -1 with errno. */
int sink_file_replace_rotated(
    struct sink_file *, const struct sink_rotated *, const char *compressed);

#endif
