/*
 * The text of --format: words with {{names}} of a row's members, taken apart once and filled in for
 * each row.  Pure: never prints anything itself.
 */
#ifndef JOBCTL_FORMAT_H
#define JOBCTL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#define FORMAT_PIECES_MAX 64

/* Literal text, or what stands between the braces. */
struct format_piece {
	const char *text;
	size_t len;
	bool is_name;
	bool is_raw; /* {{{name}}}: control characters stay as they are */
};

struct format {
	char *copy; /* owns the texts of the pieces */
	struct format_piece pieces[FORMAT_PIECES_MAX];
	size_t count;
};

/*
 * Outside of braces \n, \t and \\ are a line break, a tab and a backslash.  0, or -1 with a
 * sentence in err and nothing to free.
 */
int format_read(struct format *, const char *text, char *err, size_t errlen);
void format_free(struct format *);

#endif
