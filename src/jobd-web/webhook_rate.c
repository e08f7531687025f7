#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "webhook_rate.h"

#define KEY_LEN 16

struct source {
	unsigned char key[KEY_LEN];
	int64_t full_at_us; /* when all its tokens will be back; 0: nobody is here */
};

struct webhook_rate {
	int64_t token_us, bucket_us; /* one token, and all of them, as time */
	struct source sources[WEBHOOK_RATE_ADDRESSES];
};

struct webhook_rate *
webhook_rate_new(int64_t rate, int64_t period_ms)
{
	struct webhook_rate *limit = calloc(1, sizeof(*limit));

	if (limit == NULL)
		return NULL;
	limit->bucket_us = period_ms * 1000;
	limit->token_us = limit->bucket_us / rate > 0 ? limit->bucket_us / rate : 1;
	return limit;
}

void
webhook_rate_free(struct webhook_rate *limit)
{
	free(limit);
}

static void
make_key(const char *address, unsigned char key[KEY_LEN])
{
	static const unsigned char four[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	memset(key, 0, KEY_LEN);
	if (inet_pton(AF_INET, address, key + sizeof(four)) == 1)
		memcpy(key, four, sizeof(four));
	else if (inet_pton(AF_INET6, address, key) == 1) {
		if (memcmp(key, four, sizeof(four)) != 0)
			memset(key + KEY_LEN / 2, 0, KEY_LEN / 2);
	} else
		memset(key, 0xff, KEY_LEN);
}

/* Its own place, or that of who asked for least: he loses nothing if his bucket is full. */
static struct source *
find_source(struct webhook_rate *limit, const unsigned char key[KEY_LEN])
{
	struct source *first = &limit->sources[0];

	for (size_t i = 0; i < WEBHOOK_RATE_ADDRESSES; i++) {
		struct source *source = &limit->sources[i];

		if (source->full_at_us != 0 && memcmp(source->key, key, KEY_LEN) == 0)
			return source;
		if (source->full_at_us < first->full_at_us)
			first = source;
	}
	memcpy(first->key, key, KEY_LEN);
	first->full_at_us = 0;
	return first;
}

int64_t
webhook_rate_take(struct webhook_rate *limit, const char *address, struct monotime now)
{
	unsigned char key[KEY_LEN];
	struct source *source;
	int64_t full_at_us, wait_us;

	make_key(address, key);
	source = find_source(limit, key);
	full_at_us = source->full_at_us > now.us ? source->full_at_us : now.us;
	wait_us = full_at_us + limit->token_us - limit->bucket_us - now.us;
	if (wait_us > 0)
		return (wait_us + 999) / 1000;
	source->full_at_us = full_at_us + limit->token_us;
	return 0;
}
