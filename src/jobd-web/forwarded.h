/*
 * Who asks, where proxies stand in between.  Pure; believes only those that are named.
 */
#ifndef WEB_FORWARDED_H
#define WEB_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * `peer` is who is connected to us, `list` what came with X-Forwarded-For (or NULL), `proxies` whom
 * we believe (NULL-ended).  Writes the last address of the list that is none of theirs; the peer's
 * own if it is no proxy, or at the first word that is no address.
 */
void forwarded_address(
    const char *peer, const char *list, char *const *proxies, char *address, size_t size);

#endif
