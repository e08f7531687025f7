/*
 * The copies of one stream's lines besides its file: the container's stdout or stderr, and the
 * system log.  Puts lines together from what comes in pieces.
 */
#ifndef LOGGER_COPY_H
#define LOGGER_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jobd-logger/channel.h"

/* What a stream that has no file may take at once. */
#define COPY_ROOM_BYTES ((size_t)32 * 1024)

/* NULL stands for "no copies" everywhere. */
struct copy;

/* Makes, changes or frees *copy so that it does what the settings say. */
void copy_set(struct copy **copy, const struct stream_settings *);
void copy_free(struct copy *);
void copy_feed(struct copy *, int64_t at_us, const char *data, size_t len);
/* What was fed ends here: a half line is a line. */
void copy_flush(struct copy *);
/* The container's stdout does not keep up. */
bool copy_is_full(const struct copy *);

#endif
