/*
 * Log lines of several programs on one screen: each behind its program's name, aligned, in colour
 * if asked.  Pure: writes into a stream that it is given, the bytes of a line as they are.
 */
#ifndef JOBCTL_LINES_H
#define JOBCTL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LINES_NAMES_MAX 64

struct lines {
	FILE *file;
	bool colour;
	int width; /* of the longest name so far */
	/* Names in the order of their coming, each with a colour of its own as long as there are
	 * some. */
	char names[LINES_NAMES_MAX][68];
	size_t name_count;
};

void lines_init(struct lines *, FILE *, bool colour);
/* Prints whole lines; what is behind the last line break is a line too. */
void lines_print(struct lines *, const char *name, bool is_error, const char *bytes, size_t len);

#endif
