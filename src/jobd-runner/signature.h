/*
 * Signs what is sent, with every secret of a list, so that the receiver can change over from one to
 * the next at its leisure.  Pure.
 */
#ifndef RUNNER_SIGNATURE_H
#define RUNNER_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

/* More lines of a file of secrets are not looked at. */
#define SIGNATURE_SECRETS_MAX 8
#define SIGNATURE_TEXT_MAX    (40 + SIGNATURE_SECRETS_MAX * 68)

/*
 * Writes "t=<time>,v1=<hex>,v1=<hex>": HMAC-SHA256 of "<time>.<body>" with each line of `secrets`
 * that is not empty.  0, or -1 if there is no such line or no memory.
 */
int signature_write(char text[SIGNATURE_TEXT_MAX], const char *secrets, int64_t unix_seconds,
    const char *body, size_t len);

#endif
