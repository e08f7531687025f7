/*
 * Whether a body was signed with one of the secrets of a webhook, by the schemes of jobd.conf(5).
 * Pure.  An absent, a broken and a wrong signature take the same time and are told apart by nobody.
 */
#ifndef WEB_WEBHOOK_SIGNATURE_H
#define WEB_WEBHOOK_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More signatures in one header are not looked at. */
#define WEBHOOK_SIGNATURES_MAX 8

struct webhook_signature {
	bool is_timed;        /* "t=TIME,v1=HEX", of "TIME.BODY" */
	bool is_base64;       /* else hex */
	const char *prefix;   /* in front of it */
	char *const *secrets; /* NULL-ended */
};

/*
 * `given` is the header, or NULL without one.  *signed_at is the time in a timed signature, seconds
 * since 1970; it means something only if the signature is good.
 */
bool webhook_signature_is_good(const struct webhook_signature *, const char *given,
    const void *body, size_t len, int64_t *signed_at);

#endif
