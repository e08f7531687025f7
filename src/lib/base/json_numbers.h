/*
 * JSON whose numbers a library with 64 bits can read: clients may send larger ones, and they are
 * kept to the letter.  Pure; checks nothing else of the text.
 */
#ifndef BASE_JSON_NUMBERS_H
#define BASE_JSON_NUMBERS_H

#include <stddef.h>

/* A copy, to be freed, in which a number that fits neither int64_t nor double is a string of its
 * digits; NULL without memory. */
char *json_quote_large(const char *text, size_t len);

#endif
