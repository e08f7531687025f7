/*
 * What the kinds of values have in common, for value.c and the kinds that have a file of their own.
 */
#ifndef CONF_VALUE_TYPE_H
#define CONF_VALUE_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/options.h"

typedef int value_setter(
    const struct conf_option *, void *base, const char *const *texts, size_t count, char *why);
typedef void value_freer(const struct conf_option *, void *base);
typedef bool value_comparer(const struct conf_option *, const void *one, const void *other);

value_setter value_ready_set;
value_freer value_ready_free;
value_comparer value_ready_equal;
value_setter value_rate_set;
value_comparer value_rate_equal;

/* Each writes why (VALUE_WHY_MAX bytes) and returns -1: "'TEXT' ERRSTR"; "'TEXT' is none of ...";
 * out of memory. */
int value_why_text(char *why, const char *text, const char *errstr);
int value_why_word(char *why, const char *text, const char *const *words);
int value_why_memory(char *why);

#endif
