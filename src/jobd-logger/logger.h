/*
 * The logger's loop: joins the channel from jobd, the streams and the signals.
 */
#ifndef LOGGER_LOGGER_H
#define LOGGER_LOGGER_H

/*
 * Runs until SIGTERM, or until jobd and all programs are gone; `listen_fd` may be -1. Returns the
 * exit code.
 */
int logger_run(int channel_fd, int journal_fd, int listen_fd);

#endif
