/*
 * The server's half of the wire format: one request line in, one RESP reply out.  Pure: works on
 * buffers, never on descriptors.
 */
#ifndef PROTO_REQUEST_H
#define PROTO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_ARGS_MAX 64

/* A request line "VERB arg arg key=value {json}" taken apart in place. */
struct request {
	char *verb;
	char *args[REQUEST_ARGS_MAX]; /* words, without the key=value ones behind the verb and
					 without the JSON */
	size_t arg_count;
	struct request_option {
		char *key, *value;
	} options[24];
	size_t option_count;
	char *json; /* from the first '{' or '[' that begins a word to the end of the line; NULL if
		       there is none */
};

/*
 * Takes `line` (NUL-ended, without its line end) apart; it is changed and must outlive the request.
 * A key is lower-case letters, digits and '_', and begins with a letter; any other word with a '='
 * is an argument. Returns 0, or -1 with *errstr, a whole phrase: empty line, bytes that are not
 * printable in front of the JSON (that is for its reader to check), too many arguments or options,
 * an option given twice.
 */
int request_parse(char *line, struct request *, const char **errstr);
const char *request_option(const struct request *, const char *key); /* NULL if not given */
/* The option's number; `initial` if it is not given; -1 and *errstr if it is no number in the
 * range. */
int request_option_int(const struct request *, const char *key, int64_t min, int64_t max,
    int64_t initial, int64_t *value, const char **errstr);
/* The first key that is in none of `known` (NULL-ended), or NULL. */
const char *request_unknown_option(const struct request *, const char *const *known);

/* Each appends one RESP item to buf; returns the bytes written, or 0 if they do not fit (nothing is
 * written then). */
size_t reply_ok(char *buf, size_t size, const char *text);
/* "-CODE text"; line breaks in text become blanks, here and in reply_ok(). */
size_t reply_error(char *buf, size_t size, const char *code, const char *text);
size_t reply_bulk(char *buf, size_t size, const void *data, size_t len);
size_t reply_nil(char *buf, size_t size);
size_t reply_array(char *buf, size_t size, size_t count);

#endif
