/*
 * Collects what is wrong with a configuration, so that one run names as much as possible, and
 * prints it in the order of the files and lines.  Never prints by itself.
 */
#ifndef CONF_ERRORS_H
#define CONF_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct errors;

/* NULL when memory runs out. */
struct errors *errors_new(void);
void errors_free(struct errors *);
/* `file` is NULL or line 0 where there is none.  An error that is already there is not added again.
 */
void errors_add(struct errors *, const char *file, int64_t line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool errors_any(const struct errors *);
/* "FILE:LINE: text", one a line, without the last newline; what does not fit is counted. */
void errors_print(struct errors *, char *text, size_t size);

#endif
