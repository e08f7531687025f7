/*
 * The files that one log has had: which is the current one, how far it is written, and where the
 * rotated ones are by now.  Never writes to any of them; whoever does, says so here.  Used by any
 * number of threads.
 */
#ifndef LOGGER_GENERATIONS_H
#define LOGGER_GENERATIONS_H

#include <sys/types.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "jobd-logger/rotate.h"

/* Changed with the mutex held, which a slow disk may hold up. */
struct generations {
	pthread_mutex_t mutex;
	char *path;
	uint64_t current;
	int64_t size; /* of the current file: what is written, and stays; -1: not known yet */
};

/* A place in a log that grows and is rotated: which file (it counts up), and where in it. */
struct log_place {
	uint64_t generation;
	int64_t offset;
};

/* 0, or -1 without memory; to be cleared either way. */
int generations_init(struct generations *, const char *path);
void generations_clear(struct generations *);

/* The loop may ask these, they never wait: how often the log was rotated since the logger began;
 * bytes of the current file, 0 before they are known. */
int64_t generations_rotations(const struct generations *);
int64_t generations_bytes(const struct generations *);

/*
 * All others wait for the disk, and are never called in the loop.
 */
void generations_set_size(struct generations *, int64_t size);
/* Makes way for a new current file, with at most that many older ones. 0, or -1 with errno. */
int generations_shift(struct generations *, int64_t backups);
/* The end of what is written. */
struct log_place generations_end(struct generations *);
/* Opens the file that was current at `generation` for reading, with *is_gz if it has been
 * compressed since. -1 with errno ENOENT if it is gone. */
int generations_open(struct generations *, uint64_t generation, bool *is_gz);

/* What the rotated files hold; `dev` is the current file's where there are none. */
void generations_usage(struct generations *, struct rotate_usage *);
/* False if there is no rotated file that could be removed. */
bool generations_remove_oldest(struct generations *);

/* A rotated file that is not compressed. */
struct rotated_file {
	int fd;
	uint64_t generation;
	dev_t dev;
	ino_t ino;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Opens the oldest one; its descriptor is the caller's. 0, or -1 if there is none. */
int generations_open_rotated(struct generations *, struct rotated_file *);
/* Puts a compressed copy in its place, wherever it is by now; 0, or -1 with errno. */
int generations_replace_rotated(
    struct generations *, const struct rotated_file *, const char *compressed);

#endif
