/*
 * log.sock: who may connect, and the table of verbs.  Bounded in clients, lines and time.
 */
#ifndef LOGGER_LOG_SERVER_H
#define LOGGER_LOG_SERVER_H

#include <event2/event.h>

#include "jobd-logger/channel.h"
#include "jobd-logger/sink.h"

int log_server_init(struct event_base *, int listen_fd);
void log_server_set_limits(const struct logger_limits *);
/* Something was written to that file, or it was rotated: whoever follows it goes on. */
void log_server_progress(const struct sink *);

#endif
