#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/address.h"
#include "http_answer.h"
#include "probe.h"

/*
 * The check of an http:// URL whose host is an address: one request in HTTP/1.0, one answer up to
 * the end of the connection.  libcurl, which all other URLs need, takes eight times the memory of
 * the runner, and an app that is asked how it is listens on this machine as a rule.
 */

/* What is looked at of an answer. */
#define HEAD_MAX    ((size_t)16 * 1024)
#define ANSWER_MAX  (PROBE_BODY_MAX + HEAD_MAX)
#define REQUEST_MAX 4096
#define HOST_MAX    100

static bool split_url(const char *url, char *host, size_t size, struct sockaddr_storage *,
    socklen_t *, const char **path);
static void on_connected(evutil_socket_t, short events, void *probe);
static void on_readable(evutil_socket_t, short events, void *probe);
static void judge(struct probe *, const struct http_answer *);

/* False if more than an address and a plain path are in it. */
static bool
split_url(const char *url, char *host, size_t size, struct sockaddr_storage *address,
    socklen_t *len, const char **path)
{
	const char *begin = url + 7, *errstr;
	char with_port[HOST_MAX + 4];
	size_t host_len;

	if (strncasecmp(url, "http://", 7) != 0 || strlen(url) > REQUEST_MAX / 2)
		return false;
	for (const char *c = url; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	host_len = strcspn(begin, "/?#");
	*path = begin + host_len;
	if (host_len == 0 || host_len >= size)
		return false;
	snprintf(host, size, "%.*s", (int)host_len, begin);
	snprintf(with_port, sizeof(with_port), "%s:80", host);
	/* A bare host, which may be one of IPv6, has no port of its own. */
	return (strchr(host, ':') != NULL && address_parse(host, address, len, &errstr) == 0) ||
	       address_parse(with_port, address, len, &errstr) == 0;
}

bool
probe_is_plain(const char *url)
{
	struct sockaddr_storage address;
	char host[HOST_MAX];
	const char *path;
	socklen_t len;

	return split_url(url, host, sizeof(host), &address, &len, &path);
}

static void
start(struct probe *probe)
{
	struct sockaddr_storage address;
	char host[HOST_MAX];
	const char *path;
	socklen_t len;

	probe->answer_len = 0;
	if (!split_url(probe->program->check.http, host, sizeof(host), &address, &len, &path))
		return;
	probe_dial(probe, &address, len, on_connected);
}

static void
stop(struct probe *probe)
{
	probe_hang_up(probe);
	free(probe->answer);
	probe->answer = NULL;
}

/* The request fits into any socket's buffer. */
static void
on_connected(evutil_socket_t fd, short events, void *arg)
{
	struct probe *probe = arg;
	struct sockaddr_storage address;
	char host[HOST_MAX], request[REQUEST_MAX];
	const char *path = "";
	int error = 0, request_len;
	socklen_t len = sizeof(error);

	(void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0) {
		split_url(probe->program->check.http, host, sizeof(host), &address, &len, &path);
		request_len = snprintf(request, sizeof(request),
		    "GET %s%.*s HTTP/1.0\r\nHost: %s\r\nUser-Agent: jobd/" PACKAGE_VERSION
		    "\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		    path[0] == '/' ? "" : "/", (int)strcspn(path, "#"), path, host);
		if (send(fd, request, (size_t)request_len, MSG_NOSIGNAL) != request_len)
			error = errno;
	}
	if (error == 0 && (probe->answer = malloc(ANSWER_MAX)) != NULL &&
	    probe_await(probe, EV_READ, on_readable) == 0)
		return;
	if (error != 0)
		probe_finish(probe, false, "%s", strerror(error));
	else
		probe_cannot(probe, "out of memory");
}

static void
on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct probe *probe = arg;
	struct http_answer answer;
	ssize_t len =
	    recv(fd, probe->answer + probe->answer_len, ANSWER_MAX - probe->answer_len, 0);

	(void)events;
	if (len == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0)
		probe->answer_len += (size_t)len;
	answer = http_answer_read(probe->answer, probe->answer_len);
	if (answer.status == -1)
		probe_finish(probe, false, "its answer is not HTTP");
	else if (answer.status > 0 && (len <= 0 || answer.whole || probe->answer_len == ANSWER_MAX))
		judge(probe, &answer);
	else if (len <= 0)
		probe_finish(probe, false, "%s",
		    len == 0 ? "the connection was closed without an answer" : strerror(errno));
}

static void
judge(struct probe *probe, const struct http_answer *answer)
{
	const char *wanted = probe->program->check.body;
	bool has_body = wanted[0] == '\0' ||
			(answer->body != NULL &&
			    memmem(answer->body, answer->body_len, wanted, strlen(wanted)) != NULL);

	probe_judge_http(probe, answer->status, has_body);
}

const struct probe_kind probe_plain_kind = { .start = start, .stop = stop };
