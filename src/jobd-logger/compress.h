/*
 * Compresses rotated files, one at a time, in a thread that yields to everything else.  Whenever it
 * is broken off there is NAME.N or a whole NAME.N.gz, and nothing else where the file system knows
 * files without names; where it does not, NAME.gz.tmp may stay until the next one.
 */
#ifndef LOGGER_COMPRESS_H
#define LOGGER_COMPRESS_H

#include "jobd-logger/sink.h"

/* Compresses what this sink has of rotated files, now or when others are done. */
void compress_sink(struct sink *);

#endif
