/*
 * What the files of template.h share: a rendering on its way, the names in scope, the escapes.
 */
#ifndef RUNNER_TEMPLATE_PRIVATE_H
#define RUNNER_TEMPLATE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "template.h"

/* Names are looked for here, then further out. */
struct scope {
	const json_t *value;
	const struct scope *outer;
	int depth;
};

struct rendering {
	enum template_kind kind;
	const char *name;       /* of the template, for messages */
	const char *text, *end; /* the template */
	const char *at;         /* the tag that is looked at, for messages */
	const char *tag_name;   /* its name */
	size_t tag_name_len;
	size_t work; /* bytes that were looked at, and loops */
	char *out;
	size_t out_len, out_size;
	char *error;
	size_t error_size;
};

/* -1 with the reason in the error text; puts name and line in front. */
int template_fail(struct rendering *, const char *what);
/* The same for the present tag: its name comes in front, too. */
int template_fail_tag(struct rendering *, const char *what);
/* Appends bytes; 0, or -1. */
int template_put(struct rendering *, const char *data, size_t len);

/* The value of "a.b.0" or "."; NULL if there is none. */
const json_t *template_find(const struct scope *, const char *name, size_t len);
bool template_is_true(const json_t *);

/* Appends a value, escaped unless `raw`; 0, or -1. */
int template_put_value(struct rendering *, const json_t *, bool raw);
/* What may not be in the whole of such a text; 0, or -1. */
int template_check(struct rendering *);

#endif
