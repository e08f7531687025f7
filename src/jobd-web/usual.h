/*
 * Short answers to programs whose headers are there already: those that have been sent are kept,
 * and the next one of the same type and length needs nothing but its text.  Never decides what is
 * answered.
 */
#ifndef WEB_USUAL_H
#define WEB_USUAL_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* Longer texts are no usual answers. */
#define USUAL_TEXT_MAX ((size_t)256)

struct usual;

/*
 * An answer with this text; NULL without memory.  *is_new: it has no headers yet.  What is added
 * then stays with it; the type is kept by reference.
 */
struct usual *usual_take(const char *type, const char *text, size_t len, bool *is_new);
struct MHD_Response *usual_response(struct usual *);
/* A header of this answer alone; the name is kept by reference. */
void usual_add_header(struct usual *, const char *name, const char *value);
/* It has been sent, or nobody wants it any more. */
void usual_give_back(struct usual *);

#endif
