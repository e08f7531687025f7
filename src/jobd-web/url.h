/*
 * Paths and queries of requests: percent-encoding, segments, pairs.  Pure; works in place on the
 * caller's text.
 */
#ifndef WEB_URL_H
#define WEB_URL_H

#include <stdbool.h>
#include <stddef.h>

#define URL_PAIRS_MAX 64

/* NAME=VALUE&... taken apart, decoded in place. */
struct pairs {
	size_t count;
	struct pair {
		const char *name, *value;
	} list[URL_PAIRS_MAX];
};

/* Decodes in place; with plus, '+' is a blank.  -1 for a broken escape or a NUL. */
int url_decode(char *text, bool plus);
/* -1 for broken escapes or too many. */
int pairs_parse(char *text, struct pairs *);
/* The first of that name, or NULL. */
const char *pairs_find(const struct pairs *, const char *name);

/*
 * True if the decoded path has no empty, "." or ".." segment and no control character: only such
 * are looked up.
 */
bool url_path_is_plain(const char *path);
/*
 * Matches "/api/v1/jobs/ID/why" with "/api/v1/jobs/{}/why".  The segments for {} are copied to
 * found (at most max of them, size bytes each, NUL-ended).  False if it does not match or one is
 * too long.
 */
#define URL_SEGMENT_MAX 256
bool url_match(const char *pattern, const char *path, char (*found)[URL_SEGMENT_MAX], size_t max);

#endif
