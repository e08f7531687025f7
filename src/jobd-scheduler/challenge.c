#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "challenge.h"

/* As Faktory has it: 4000 to 8095 rounds. */
#define ROUNDS_MIN    4000
#define ROUNDS_SPREAD 4096

void
challenge_new(struct challenge *challenge)
{
	uint64_t salt;

	arc4random_buf(&salt, sizeof(salt));
	challenge->rounds = ROUNDS_MIN + (int)arc4random_uniform(ROUNDS_SPREAD);
	snprintf(challenge->salt, sizeof(challenge->salt), "%016llx", (unsigned long long)salt);
}

static bool
hash_once(EVP_MD_CTX *context, const void *first, size_t first_len, const void *second,
    size_t second_len, unsigned char hash[SHA256_DIGEST_LENGTH])
{
	return EVP_DigestInit_ex(context, NULL, NULL) == 1 &&
	       EVP_DigestUpdate(context, first, first_len) == 1 &&
	       EVP_DigestUpdate(context, second, second_len) == 1 &&
	       EVP_DigestFinal_ex(context, hash, NULL) == 1;
}

int
challenge_answer(
    const struct challenge *challenge, const char *password, char text[CHALLENGE_HASH_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char hash[SHA256_DIGEST_LENGTH];
	bool done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
		    hash_once(context, password, strlen(password), challenge->salt,
			strlen(challenge->salt), hash);

	for (int round = 1; done && round < challenge->rounds; round++)
		done = hash_once(context, hash, sizeof(hash), "", 0, hash);
	EVP_MD_CTX_free(context);
	for (size_t i = 0; done && i < sizeof(hash); i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return done ? 0 : -1;
}

bool
challenge_is_met(
    const struct challenge *challenge, const char *password, int version, const char *hash)
{
	struct challenge asked = *challenge;
	char wanted[CHALLENGE_HASH_SIZE];

	if (version < 2)
		asked.rounds = 1;
	return challenge_answer(&asked, password, wanted) == 0 && strlen(hash) == strlen(wanted) &&
	       CRYPTO_memcmp(wanted, hash, strlen(wanted)) == 0;
}
