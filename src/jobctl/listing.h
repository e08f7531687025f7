/*
 * The reply to one request, received and shown by a view.  Complains about what is wrong with it.
 */
#ifndef JOBCTL_LISTING_H
#define JOBCTL_LISTING_H

#include "jobctl/output.h"
#include "jobctl/session.h"

/* The rows of a list; they are freed by listing_end(). */
struct listing {
	struct session *session;
	struct client *client;
	const struct view *view;
	struct row *rows;
	size_t count, room;
	int64_t expected;   /* rows that are still to come; -1: until a nil */
	struct row passing; /* the last row of an endless view, which keeps none */
	char refusal[1024]; /* "CODE text" if the server refused; "" otherwise */
};

/*
 * Receives the head of a list: "*n", or "+OK" before an endless one.  Returns 0; 1 if the server
 * refused with an error, whose text is in `refusal` (not complained about); or -1 after a
 * complaint.
 */
int listing_begin(struct listing *, struct session *, struct client *, const struct view *);
/* The next row, shown already if its view is shown row by row.  1; 0 at the end; -1 after a
 * complaint. */
int listing_next(struct listing *, const struct value **row);
/* Adds a row made here, from JSON text. */
int listing_add(struct listing *, const char *text, size_t len, const struct value **row);
/* Shows what has not been shown yet. */
void listing_show(struct listing *);
/* Sorts the rows by a text member; numbers in it count as numbers: web:2 before web:10. */
void listing_sort(struct listing *, const char *member);
void listing_end(struct listing *);

/* All of it: sends nothing, receives, shows and frees.  Returns the exit code. */
int listing_run(struct session *, struct client *, const struct view *);

/* "+OK" is 0; an error is complained about and is -1. */
int receive_ok(struct client *);
/* The same with the text behind the '+', cut to size. */
int receive_ok_text(struct client *, char *text, size_t size);
/* One object as a bulk string; 0, or -1 after a complaint. */
int receive_row(struct client *, struct row *);
/* The words behind the code of an error reply. */
const char *refusal_text(const char *refusal);
/* True if the refusal begins with this code. */
bool refusal_is(const char *refusal, const char *code);

#endif
