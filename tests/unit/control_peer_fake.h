/*
 * A client of the control socket inside the test's own process: while it waits for bytes, the loop
 * of the control socket runs.
 */
#ifndef TESTS_CONTROL_PEER_FAKE_H
#define TESTS_CONTROL_PEER_FAKE_H

#include <stdbool.h>
#include <stddef.h>

struct caller {
	int fd;
	char in[1 << 20];
	size_t len;
	char item[1 << 20]; /* the last one that was received */
};

struct caller *caller_open(void);
/* With another effective user and one supplementary group while it connects. */
struct caller *caller_open_as(unsigned uid, unsigned gid, unsigned group);
void caller_close(struct caller *);
void caller_send(struct caller *, const char *text);
void caller_send_bytes(struct caller *, const void *data, size_t len);
/* The next line, or the bytes of the next bulk string ("(nil)" for $-1); fails the test if none
 * comes. */
const char *caller_receive(struct caller *);
/* Sends a line and returns the first item of the reply. */
const char *caller_ask(struct caller *, const char *line);
void caller_expect(struct caller *, const char *item);
/* What became of a program by a request. */
void caller_expect_result(
    struct caller *, const char *name, const char *result, const char *code, const char *message);
/* The item must contain this text. */
void caller_expect_part(struct caller *, const char *part);
/* Nothing more comes although the loop has run until it had nothing to do. */
void caller_expect_nothing(struct caller *);
/* Runs the loop until the connection is closed; what came before is in `in`. */
void caller_expect_end(struct caller *);
bool caller_has_ended(struct caller *);
/* Runs the loop until it has nothing to do. */
void loop_idle(void);

#endif
