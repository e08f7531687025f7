#include <sys/socket.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/text.h"
#include "conf/value.h"

/* The rules of options about the queue, URLs and mail. */

/* In the name of a header, besides letters and digits (RFC 9110, 5.6.2). */
#define HEADER_MARKS "!#$%&'*+-.^_`|~"

static bool has_control(const char *text);
static bool is_numeric_address(const char *host);
static size_t header_name_len(const char *text);
static const char *behind(const char *text, const char *scheme);

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* jobd asks no name server. */
static bool
is_numeric_address(const char *host)
{
	struct in6_addr addr;

	return host[0] == '\0' || strcmp(host, "*") == 0 || strcmp(host, "localhost") == 0 ||
	       inet_pton(AF_INET, host, &addr) == 1 || inet_pton(AF_INET6, host, &addr) == 1;
}

const char *
value_check_queue_listen(const char *text)
{
	static const char written[] =
	    "is not written tcp://HOST:PORT or tcp+tls://HOST:PORT, with a numeric address";
	const char *address, *colon, *errstr;
	char host[64];
	int64_t port;
	bool brackets;
	int len;

	if ((address = behind(text, "tcp://")) == NULL &&
	    (address = behind(text, "tcp+tls://")) == NULL)
		return written;
	if ((colon = strrchr(address, ':')) == NULL ||
	    text_to_int(colon + 1, 1, 65535, &port, &errstr) == -1)
		return written;
	brackets = address[0] == '[' && colon - address > 2 && colon[-1] == ']';
	len = snprintf(
	    host, sizeof(host), "%.*s", (int)(colon - address) - 2 * brackets, address + brackets);
	if (len < 0 || (size_t)len >= sizeof(host) || !is_numeric_address(host) ||
	    brackets != (strchr(host, ':') != NULL))
		return written;
	return NULL;
}

/* What follows the scheme, which may be in either case; NULL if it is another one. */
static const char *
behind(const char *text, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncasecmp(text, scheme, len) == 0 ? text + len : NULL;
}

const char *
value_check_url(const char *text)
{
	const char *host = behind(text, "http://");

	if (host == NULL)
		host = behind(text, "https://");
	if (host == NULL || host[0] == '\0' || strchr("/?#:", host[0]) != NULL)
		return "is not written http://HOST/PATH or https://HOST/PATH";
	return has_control(text) ? "has a control character" : NULL;
}

const char *
value_check_tcp(const char *text)
{
	struct sockaddr_storage address;
	const char *errstr = NULL;
	socklen_t len;

	return address_parse(text, &address, &len, &errstr) == -1 ? errstr : NULL;
}

const char *
value_check_smtp_url(const char *text)
{
	const char *host = behind(text, "smtp://"), *colon, *errstr;
	int64_t port;

	if (host == NULL)
		host = behind(text, "smtps://");
	if (host == NULL || host[0] == '\0' || strchr("/?#:", host[0]) != NULL || has_control(text))
		return "is not written smtp://HOST:PORT or smtps://HOST:PORT";
	if (strchr(host, '@') != NULL)
		return "has an '@': user and password are options of their own";
	colon = strrchr(host, ':');
	if (colon != NULL && strchr(colon, ']') == NULL) {
		char digits[8];

		snprintf(digits, sizeof(digits), "%.*s", (int)strcspn(colon + 1, "/"), colon + 1);
		if (text_to_int(digits, 1, 65535, &port, &errstr) == -1)
			return "has no valid port";
	}
	return NULL;
}

static size_t
header_name_len(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) ||
	       (text[len] != '\0' && strchr(HEADER_MARKS, text[len]) != NULL))
		len++;
	return len;
}

const char *
value_check_header(const char *text)
{
	size_t len = header_name_len(text);

	if (len == 0 || text[len] != ':')
		return "is not written Name: value";
	return has_control(text) ? "has a control character" : NULL;
}

const char *
value_check_header_name(const char *text)
{
	return text[header_name_len(text)] == '\0' ? NULL : "is not the name of a header";
}

/* What the server thinks of it is seen when it is sent; names may come from arguments. */
const char *
value_check_address(const char *text)
{
	if (has_control(text))
		return "has a control character";
	if (strchr(text, '@') == NULL && strstr(text, "{{") == NULL)
		return "is not an e-mail address";
	return NULL;
}

const char *
value_check_line(const char *text)
{
	if (text[0] == '\0')
		return "is empty";
	return has_control(text) ? "has a control character" : NULL;
}

const char *
value_check_duration(const char *text)
{
	const char *errstr = NULL;
	int64_t ms;

	return text_to_duration_ms(text, &ms, &errstr) == -1 ? errstr : NULL;
}
