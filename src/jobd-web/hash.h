/*
 * SHA-256 of short texts.  Pure.  By a small library: the first hash that libcrypto makes costs two
 * megabytes of memory, which only those need pay who have webhooks.
 */
#ifndef WEB_HASH_H
#define WEB_HASH_H

#include <stddef.h>

#define HASH_LEN 32

void hash_text(const void *text, size_t len, unsigned char hash[HASH_LEN]);

#endif
