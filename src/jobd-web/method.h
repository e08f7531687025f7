/*
 * The methods of HTTP that are understood, and their words.  Pure.
 */
#ifndef WEB_METHOD_H
#define WEB_METHOD_H

#include <stddef.h>

/* Bits, for a set of them. */
enum method {
	METHOD_GET = 1, /* HEAD too: the library leaves the body out */
	METHOD_POST = 2,
	METHOD_PUT = 4,
	METHOD_PATCH = 8,
	METHOD_DELETE = 16
};

/* 0 if it is none of ours. */
enum method method_from_word(const char *word);
/* "POST"; "" for none. */
const char *method_word(enum method);
/* The words of a set as the header Allow has them. */
void method_list(int set, char *text, size_t size);

#endif
