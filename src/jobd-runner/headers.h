/*
 * The header lines of one request as libcurl takes them, in two allocations however many they are.
 */
#ifndef RUNNER_HEADERS_H
#define RUNNER_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

struct headers {
	char *text; /* the lines, each with its NUL */
	size_t len, size, count;
	struct curl_slist *nodes;
	bool failed; /* there was no memory */
};

/* Adds "NAME: VALUE", or NAME alone if that is a whole line. */
void headers_add(struct headers *, const char *name, const char *value);
/* The list, once all are added; it belongs to the headers.  NULL without memory. */
struct curl_slist *headers_list(struct headers *);
void headers_free(struct headers *);

#endif
