/*
 * The answer to a simple HTTP request, as far as it has come in: its status, its body, and whether
 * it is whole.  Pure.
 */
#ifndef RUNNER_HTTP_ANSWER_H
#define RUNNER_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct http_answer {
	int status;       /* 0: its line is not there yet; -1: this is not HTTP */
	bool whole;       /* nothing more of it is to come, even if the connection stays open */
	const char *body; /* NULL: the head is not over yet */
	size_t body_len;
};

/* Without a Content-Length an answer ends with its connection. */
struct http_answer http_answer_read(const char *data, size_t len);

#endif
