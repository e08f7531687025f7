/*
 * Texts with {{names}} of a job's arguments, in the words that src/README.md explains (a part of
 * mustache).  Pure: takes the text and the values, never opens a file; work and memory are bounded
 * whatever the template and the arguments are.
 */
#ifndef RUNNER_TEMPLATE_H
#define RUNNER_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

/* Of what is rendered. */
#define TEMPLATE_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define TEMPLATE_ERROR_MAX 500

struct json_t;

/* What the text is, and so how values are written into it; {{{name}}} writes them as they are. */
enum template_kind {
	TEMPLATE_TEXT, /* as they are */
	TEMPLATE_HTML,
	TEMPLATE_JSON, /* for the inside of a string */
	TEMPLATE_FORM, /* %XX, and nothing but letters, digits and -._~ as it is */
	TEMPLATE_URL,  /* the same; no blanks and control characters in the whole */
	TEMPLATE_LINE, /* as they are; no control characters in the whole but tabs */
	TEMPLATE_PATH, /* as they are; no '/' in a value, and none may be ".." */
};
#define TEMPLATE_KIND_COUNT 7

struct template_values {
	const struct json_t *args; /* an array */
	const char *jid, *jobtype;
	int64_t attempt;
};

/*
 * The rendered text, NUL-ended and allocated (caller frees), its length in *out_len unless that is
 * NULL.  NULL with the reason in error: "NAME:LINE: {{user.nmae}}: ..."; `name` says what the text
 * is.
 */
char *template_render(enum template_kind, const char *name, const char *text, size_t len,
    const struct template_values *, size_t *out_len, char *error, size_t error_size);

/*
 * The value if the text is "{{name}}" and nothing else and the name is there; otherwise NULL.  It
 * belongs to the arguments.
 */
const struct json_t *template_lone_value(const char *text, const struct template_values *);

#endif
