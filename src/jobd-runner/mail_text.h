/*
 * The parts of an e-mail that libcurl does not write: addresses, header texts (RFC 5322, RFC 2047),
 * line ends.  Pure.
 */
#ifndef RUNNER_MAIL_TEXT_H
#define RUNNER_MAIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* An address without its final NUL (RFC 5321, 4.5.3.1.3). */
#define MAIL_ADDRESS_MAX 254

/*
 * Takes "ann@example.org", "<ann@example.org>" and "Ann Lee <ann@example.org>": one address, not
 * several.  False if it is none, or has characters that would break out of a header or a command.
 */
bool mail_address_parse(const char *text, char address[MAIL_ADDRESS_MAX + 1]);
/* The address as it stands in a header, its name encoded or quoted where that is needed. Allocated;
 * NULL without memory or if it is no address. */
char *mail_address_header(const char *text);
/* A header's text: as it is, or in encoded words, folded.  Allocated; NULL without memory. */
char *mail_text_encode(const char *text);
/* The text with CR LF at the end of each line.  Allocated; NULL without memory. */
char *mail_text_lines(const char *text, size_t len, size_t *new_len);

#endif
