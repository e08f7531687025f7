/*
 * The log of one daemon: a line "2026-11-22T05:30:00.123Z jobd[12] warning: text" to a file
 * descriptor, or syslog(3). Never blocks: a line that the descriptor does not take at once is
 * dropped and counted.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `name` is kept by reference.  Until log_to_fd or log_to_syslog lines go to stderr. */
void log_init(const char *name);
/* The descriptor must be non-blocking, or be a pipe or terminal that is drained; it stays the
 * caller's. */
void log_to_fd(int fd);
void log_to_syslog(void);
void log_set_level(enum log_level);
/* 0, or -1 if `word` is none of error, warning, info, debug. */
int log_level_from_word(const char *word, enum log_level *);
/*
 * From now on lines are gathered, until log_flush(), an error, or a full buffer: for a loop that
 * has much to say in a turn.  To be flushed before fork(2), and before the loop waits.
 */
void log_gather(void);
void log_flush(void);
/* Lines that are gathered now. */
uint64_t log_gathered(void);
/* Lines that no one took since the last call. */
uint64_t log_take_dropped(void);

/* The forms without x append ": " and strerror(errno); errno is unchanged after every call. */
void log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_errx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Log and exit(1).  For start-up and for children that are restarted; jobd never calls them once
 * its loop runs. */
void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void fatalx(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
