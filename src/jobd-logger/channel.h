/*
 * The messages between jobd and its logger, as text.  Pure: never reads the socket.
 */
#ifndef LOGGER_CHANNEL_H
#define LOGGER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jobd-logger/lines.h"

/* The longest message, with room for a percent-encoded path of PATH_MAX. */
#define CHANNEL_MESSAGE_MAX (16 * 1024)

enum channel_kind { CHANNEL_STREAM, CHANNEL_LIMITS, CHANNEL_FLUSH, CHANNEL_END, CHANNEL_REOPEN };

/* Where a stream goes and how. */
struct stream_settings {
	struct line_format format;
	const char *path; /* NULL: no file */
	int64_t max_bytes;
	int64_t backups;
	bool gzip, to_stdout, to_syslog;
	int mode;
};

struct logger_limits {
	int64_t memory_bytes, disk_bytes, block_ms;
	int64_t look_gid, act_gid; /* -1: none */
};

struct channel_message {
	enum channel_kind kind;
	uint64_t id;                     /* STREAM, FLUSH, END */
	struct stream_settings settings; /* STREAM; path points into the message's text */
	struct logger_limits limits;     /* LIMITS */
};

extern const struct logger_limits channel_default_limits;

/*
 * Takes the NUL-ended text of a message apart; it is changed.  Returns 0, or -1 with *errstr and
 * *where, the word that is wrong.
 */
int channel_parse(char *text, struct channel_message *, const char **where, const char **errstr);
size_t channel_format_dropped(char *buf, size_t size, uint64_t id, int64_t lines, int64_t bytes);
size_t channel_format_ended(char *buf, size_t size, uint64_t id);

#endif
