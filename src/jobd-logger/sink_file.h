/*
 * One log file: appends chunks of the journal to it, whole lines before each rotation, and leaves
 * it so that nothing is lost or written twice whenever the logger is killed.  Used by one thread at
 * a time, never by the loop; others ask its generations.
 */
#ifndef LOGGER_SINK_FILE_H
#define LOGGER_SINK_FILE_H

#include <stdint.h>

#include "jobd-logger/generations.h"
#include "jobd-logger/journal.h"
#include "jobd-logger/lines.h"

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

/* Bytes appended since the last call. */
int64_t sink_file_take_appended(struct sink_file *);
/* For all who ask about its files; the sink_file's. */
struct generations *sink_file_generations(struct sink_file *);

#endif
