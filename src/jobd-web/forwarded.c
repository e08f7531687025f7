#include <arpa/inet.h>
#include <string.h>

#include "forwarded.h"

static bool
is_proxy(const char *address, char *const *proxies)
{
	for (; *proxies != NULL; proxies++)
		if (strcmp(*proxies, address) == 0)
			return true;
	return false;
}

/* The last word of the list, as addresses are written here; its place, or NULL if it is none. */
static const char *
last_address(const char *list, size_t len, char address[INET6_ADDRSTRLEN])
{
	unsigned char bytes[sizeof(struct in6_addr)];
	size_t begin, end = len;
	int family;

	while (end > 0 && (list[end - 1] == ' ' || list[end - 1] == '\t'))
		end--;
	for (begin = end; begin > 0 && strchr(", \t", list[begin - 1]) == NULL;)
		begin--;
	if (end == begin || end - begin >= INET6_ADDRSTRLEN)
		return NULL;
	memcpy(address, list + begin, end - begin);
	address[end - begin] = '\0';
	family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(family, address, bytes) != 1)
		return NULL;
	inet_ntop(family, bytes, address, INET6_ADDRSTRLEN);
	return list + begin;
}

void
forwarded_address(
    const char *peer, const char *list, char *const *proxies, char *address, size_t size)
{
	char word[INET6_ADDRSTRLEN];
	const char *at = list != NULL ? list + strlen(list) : NULL;

	strlcpy(address, peer, size);
	while (at != NULL && is_proxy(address, proxies)) {
		if ((at = last_address(list, (size_t)(at - list), word)) == NULL)
			return;
		strlcpy(address, word, size);
		/* To what stands in front of the comma. */
		while (at > list && strchr(" \t", at[-1]) != NULL)
			at--;
		if (at == list || at[-1] != ',')
			return;
		at--;
	}
}
