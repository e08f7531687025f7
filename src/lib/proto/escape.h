/*
 * Any text as the value of an option, in one word: what can't stand there is written %XX.  Pure.
 */
#ifndef PROTO_ESCAPE_H
#define PROTO_ESCAPE_H

#include <stddef.h>

/* Cuts off what does not fit; returns buf. */
const char *escape_text(const char *text, char *buf, size_t size);
/* In place.  0, or -1 if a '%' is not followed by two hexadecimal digits, or by 00. */
int escape_undo(char *text);

#endif
