#include <sys/types.h>

#include <sha2.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"

void
hash_text(const void *text, size_t len, unsigned char hash[HASH_LEN])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, text, len);
	SHA256Final(hash, &context);
	explicit_bzero(&context, sizeof(context));
}
