#include <netinet/in.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/text.h"

static bool host_parse(const char *host, bool brackets, struct sockaddr_storage *, socklen_t *len);

static bool
host_parse(const char *host, bool brackets, struct sockaddr_storage *address, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (brackets) {
		address->ss_family = AF_INET6;
		*len = sizeof(*v6);
		return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
	}
	address->ss_family = AF_INET;
	*len = sizeof(*v4);
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

int
address_parse(
    const char *text, struct sockaddr_storage *address, socklen_t *len, const char **errstr)
{
	const char *colon = strrchr(text, ':'), *why;
	size_t host_len = colon != NULL ? (size_t)(colon - text) : 0;
	bool brackets = host_len > 2 && text[0] == '[' && colon[-1] == ']';
	char host[64] = "localhost";
	int64_t port;

	*errstr = "is not written HOST:PORT with a numeric address or localhost, nor PORT";
	if (text_to_int(colon != NULL ? colon + 1 : text, 1, 65535, &port, &why) == -1)
		return -1;
	if (colon != NULL && host_len >= sizeof(host))
		return -1;
	if (colon != NULL)
		snprintf(host, sizeof(host), "%.*s", (int)host_len - 2 * brackets, text + brackets);
	if (!host_parse(host, brackets, address, len))
		return -1;
	/* The port stands at the same place in both. */
	((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
	return 0;
}
