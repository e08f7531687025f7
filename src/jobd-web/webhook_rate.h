/*
 * How many requests come from where: a bucket of tokens for each address, in a table of fixed size
 * that forgets who has been silent longest.  Pure: the clock is an argument.
 */
#ifndef WEB_WEBHOOK_RATE_H
#define WEB_WEBHOOK_RATE_H

#include <stdint.h>

#include "base/clock.h"

/* Addresses that are remembered. */
#define WEBHOOK_RATE_ADDRESSES 512

struct webhook_rate;

/* `rate` requests, more than 0, in a period.  NULL without memory. */
struct webhook_rate *webhook_rate_new(int64_t rate, int64_t period_ms);
void webhook_rate_free(struct webhook_rate *);
/*
 * Takes a token of the address: IPv4, the first half of IPv6 (a site has as many as it likes of the
 * other half), or any other text, which is one address for all.  0, or the milliseconds until there
 * will be one.
 */
int64_t webhook_rate_take(struct webhook_rate *, const char *address, struct monotime now);

#endif
