#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "signature.h"

static size_t
line_length(const char *line)
{
	return strcspn(line, "\r\n");
}

/* Appends one ",v1=<hex>"; returns the new length, or 0. */
static size_t
add(char *text, size_t at, const char *key, size_t key_len, const char *signed_text, size_t len)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int hash_len;

	if (HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)signed_text, len, hash,
		&hash_len) == NULL)
		return 0;
	at += (size_t)snprintf(text + at, SIGNATURE_TEXT_MAX - at, ",v1=");
	for (unsigned int i = 0; i < hash_len; i++)
		at += (size_t)snprintf(text + at, SIGNATURE_TEXT_MAX - at, "%02x", hash[i]);
	return at;
}

int
signature_write(char text[SIGNATURE_TEXT_MAX], const char *secrets, int64_t unix_seconds,
    const char *body, size_t len)
{
	char *signed_text = malloc(len + 32);
	size_t head, at, count = 0;

	if (signed_text == NULL)
		return -1;
	head = (size_t)snprintf(signed_text, 32, "%" PRId64 ".", unix_seconds);
	if (len > 0)
		memcpy(signed_text + head, body, len);
	at = (size_t)snprintf(text, SIGNATURE_TEXT_MAX, "t=%" PRId64, unix_seconds);
	while (*secrets != '\0' && at > 0 && count < SIGNATURE_SECRETS_MAX) {
		size_t key_len = line_length(secrets);

		if (key_len > 0) {
			at = add(text, at, secrets, key_len, signed_text, head + len);
			count++;
		}
		secrets += key_len;
		secrets += *secrets != '\0';
	}
	free(signed_text);
	return count > 0 && at > 0 ? 0 : -1;
}
