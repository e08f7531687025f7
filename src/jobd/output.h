/*
 * The pipes that carry the programs' output, and the channel by which jobd-logger gets them.  jobd
 * keeps both ends of every pipe, so the death of a logger loses nothing; it never reads them.
 */
#ifndef JOBD_OUTPUT_H
#define JOBD_OUTPUT_H

#include "program.h"

/* Makes the pipe of jobd's own log and sends the log into it if a logger runs.  0, or -1 with
 * errno. */
int output_init(struct generation *);
/* The bounds or jobd's own log settings have changed. */
void output_limits_changed(struct generation *);
/* jobd's log goes to stderr again; what is still in the pipe is written there. */
void output_end(void);

/* 0, or -1 with errno: the program then writes to /dev/null. */
int output_open(struct program *);
void output_close(struct program *);
/* Name or log settings have changed. */
void output_changed(struct program *);
/* Takes the pipes of an adopted leader from /proc. */
void output_adopt(struct program *);
/* The descriptor that a child gets as stdout or stderr: -1 for /dev/null. */
int output_child_fd(const struct program *, enum output_stream);

/* A new channel for a logger that is about to start.  0, or -1 with errno. */
int output_new_channel(void);
int output_channel_child_fd(void);
/* The logger was forked: sends it all streams. */
void output_channel_started(void);
void output_reopen(void);

#endif
