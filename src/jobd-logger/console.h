/*
 * Copies of lines on the container's own stdout and stderr.  Never waits: lines that are not taken
 * in time are dropped whole and counted.
 */
#ifndef LOGGER_CONSOLE_H
#define LOGGER_CONSOLE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

enum console { CONSOLE_STDOUT, CONSOLE_STDERR, CONSOLES };

/* `progress` is called when a console that was full has room again. */
int consoles_init(struct event_base *, void (*progress)(void));
/* Takes whole lines, each with its end. */
void console_put(enum console, const char *lines, size_t len);
/* Too full for what a well-behaved source has at hand. */
bool console_is_full(enum console);
/* True if nothing waits to be written. */
bool consoles_are_empty(void);

#endif
