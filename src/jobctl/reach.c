#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "jobctl/reach.h"

#define HOST_MAX 256
#define PORT_MAX 16

struct target {
	const char *scheme;
	const char *port; /* if the URL has none */
	bool greets;      /* the server speaks first */
};

static const struct target *take_apart(const char *url, char host[HOST_MAX], char port[PORT_MAX]);
static int dial(const char *host, const char *port, char text[REACH_MAX]);
static int connect_to(const struct addrinfo *);
static int hear(int fd, char text[REACH_MAX]);

bool
reach_is_template(const char *url)
{
	return strstr(url, "{{") != NULL;
}

/* scheme://[user[:password]@]host[:port][/...], the host perhaps in brackets; NULL if it is none.
 */
static const struct target *
take_apart(const char *url, char host[HOST_MAX], char port[PORT_MAX])
{
	static const struct target targets[] = {
		{"http",   "80",  false},
		{ "https", "443", false},
		{ "smtp",  "25",  true },
		{ "smtps", "465", false},
	};
	const struct target *target = NULL;
	const char *at = strstr(url, "://"), *end, *user, *colon;
	size_t scheme_len = at == NULL ? 0 : (size_t)(at - url), len;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strlen(targets[i].scheme) == scheme_len &&
		    strncasecmp(targets[i].scheme, url, scheme_len) == 0)
			target = &targets[i];
	if (target == NULL)
		return NULL;
	at += 3;
	end = at + strcspn(at, "/?#");
	if ((user = memrchr(at, '@', (size_t)(end - at))) != NULL)
		at = user + 1;
	colon = memrchr(at, ':', (size_t)(end - at));
	if (colon != NULL && memchr(colon, ']', (size_t)(end - colon)) != NULL)
		colon = NULL;
	snprintf(port, PORT_MAX, "%.*s", colon != NULL ? (int)(end - colon - 1) : 0,
	    colon != NULL ? colon + 1 : "");
	if (port[0] == '\0')
		snprintf(port, PORT_MAX, "%s", target->port);
	len = (size_t)((colon != NULL ? colon : end) - at);
	if (len > 1 && at[0] == '[') {
		at++;
		len -= 2;
	}
	snprintf(host, HOST_MAX, "%.*s", (int)len, at);
	return target;
}

/* -1 with errno. */
static int
connect_to(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    error = 0;
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(error);

	if (fd == -1)
		return -1;
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return fd;
	if (errno != EINPROGRESS)
		error = errno;
	else if (poll(&wait, 1, REACH_TIMEOUT_MS) != 1)
		error = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static int
dial(const char *host, const char *port, char text[REACH_MAX])
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int fd = -1, code = getaddrinfo(host, port, &hints, &found);

	if (code != 0) {
		snprintf(text, REACH_MAX, "%s:%s: %s", host, port, gai_strerror(code));
		return -1;
	}
	for (const struct addrinfo *at = found; at != NULL && fd == -1; at = at->ai_next)
		fd = connect_to(at);
	if (fd == -1)
		snprintf(text, REACH_MAX, "%s:%s: %s", host, port, strerror(errno));
	freeaddrinfo(found);
	return fd;
}

/* A mail server greets with 220. */
static int
hear(int fd, char text[REACH_MAX])
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t len = poll(&wait, 1, REACH_TIMEOUT_MS) == 1 ? read(fd, text, REACH_MAX - 1) : -1;

	if (len <= 0) {
		snprintf(text, REACH_MAX, "says nothing");
		return -1;
	}
	text[len] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return strncmp(text, "220", 3) == 0 ? 0 : -1;
}

int
reach_url(const char *url, char text[REACH_MAX])
{
	char host[HOST_MAX], port[PORT_MAX], words[REACH_MAX];
	const struct target *target = take_apart(url, host, port);
	int fd, result = 0;

	if (target == NULL) {
		snprintf(text, REACH_MAX, "'%.200s' is not a URL", url);
		return -1;
	}
	if ((fd = dial(host, port, text)) == -1)
		return -1;
	snprintf(text, REACH_MAX, "%s:%s", host, port);
	if (target->greets) {
		result = hear(fd, words);
		snprintf(text, REACH_MAX, "%.100s:%s: %.150s", host, port, words);
	}
	close(fd);
	return result;
}
