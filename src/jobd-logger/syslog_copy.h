/*
 * Copies of lines to the system log, as syslog(3) would write them but without ever waiting for it:
 * what the log daemon does not take at once is dropped and counted.
 */
#ifndef LOGGER_SYSLOG_COPY_H
#define LOGGER_SYSLOG_COPY_H

#include <stddef.h>
#include <stdint.h>

/* One line without its end; `priority` is a level of syslog(3). Longer than 8 KiB is cut. */
void syslog_copy(int priority, const char *tag, int64_t at_us, const char *line, size_t len);
/* Lines that were dropped since the logger began. */
int64_t syslog_copy_dropped(void);

#endif
