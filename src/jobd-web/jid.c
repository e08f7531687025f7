#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "jid.h"

#define RANDOM_LEN 24
/* Ids whose random bytes are taken at once: each time the library asks first whether we forked. */
#define RANDOM_IDS 32
/* Of the hash: nobody finds two keys with the same half. */
#define HASH_BYTES 16

void
jid_random(char jid[JID_MAX])
{
	static const char digits[] = "0123456789abcdef";
	static unsigned char random[RANDOM_IDS][RANDOM_LEN / 2];
	static size_t left;
	const unsigned char *bytes;

	if (left == 0) {
		arc4random_buf(random, sizeof(random));
		left = RANDOM_IDS;
	}
	bytes = random[--left];
	for (size_t i = 0; i < RANDOM_LEN; i++)
		jid[i] = digits[bytes[i / 2] >> (i % 2 * 4) & 0xf];
	jid[RANDOM_LEN] = '\0';
}

void
jid_of_key(const char *prefix, const void *key, size_t key_len, char jid[JID_MAX])
{
	unsigned char hash[HASH_LEN];
	size_t len = strlcpy(jid, prefix, JID_MAX);

	hash_text(key, key_len, hash);
	for (size_t i = 0; i < HASH_BYTES; i++, len += 2)
		snprintf(jid + len, JID_MAX - len, "%02x", hash[i]);
}
