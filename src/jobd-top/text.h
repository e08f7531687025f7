/*
 * Text for a terminal: what others wrote without anything in it that a terminal would obey, and
 * bars. Pure.
 */
#ifndef TOP_TEXT_H
#define TOP_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_CELL_MAX 256

/* Copies as much as fits with '?' for control characters and what is no UTF-8; returns buf. */
const char *text_plain(const char *text, char *buf, size_t size);
/* One of eight heights of a bar, for a value of at most `most`. */
int text_height(double value, double most);

#endif
