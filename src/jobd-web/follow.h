/*
 * The log of a program as a stream of text, from jobd-logger to one client; the client's pace is
 * the logger's.
 */
#ifndef WEB_FOLLOW_H
#define WEB_FOLLOW_H

struct request;

/* Answers the request with what the line (a request of log.sock) brings, until that ends. */
void follow_begin(struct request *, const char *line);
/* All of them end. */
void follow_end(void);

#endif
