/*
 * Whether a server can be reached from here: a TCP connection, and nothing is said to it.
 */
#ifndef JOBCTL_REACH_H
#define JOBCTL_REACH_H

#include <stdbool.h>
#include <stddef.h>

#define REACH_MAX 300

/*
 * Connects to the host and port of a URL (http, https, smtp, smtps).  0, with `text` "HOST:PORT" or
 * what a mail server says first; -1 with why not.  Takes REACH_TIMEOUT_MS at the most, and what the
 * name server takes.
 */
#define REACH_TIMEOUT_MS 5000
int reach_url(const char *url, char text[REACH_MAX]);
/* True if a part of the URL is only known when a job runs. */
bool reach_is_template(const char *url);

#endif
