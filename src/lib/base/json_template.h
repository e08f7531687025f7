/*
 * JSON text in which strings that begin with $ stand for values from elsewhere: "$.user.id".  "$$"
 * at the beginning of a string is a plain $.  Pure; builds nothing.
 */
#ifndef BASE_JSON_TEMPLATE_H
#define BASE_JSON_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* Longer strings that begin with $ are refused. */
#define JSON_TEMPLATE_SOURCE_MAX 255

/*
 * Goes through the template, which is known to be good JSON: `plain` is called for each piece that
 * stays as it is, `value` for each string that stands for a value, with what is written in it.
 * False as soon as `value` says so, or for a string that is too long.
 */
bool json_template_walk(const char *text, size_t len,
    void (*plain)(void *arg, const char *text, size_t len),
    bool (*value)(void *arg, const char *source), void *arg);

#endif
