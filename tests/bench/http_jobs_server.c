#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "http_jobs_server.h"

#define INPUT_BYTES  65536
#define OUTPUT_BYTES (1 << 20)

enum peer_kind { PEER_LISTEN_HTTP, PEER_LISTEN_QUEUE, PEER_HTTP, PEER_QUEUE };

struct peer {
	enum peer_kind kind;
	int fd;
	char input[INPUT_BYTES];
	size_t len;
	int taking; /* jobs that its last TAKE may be answered with; 0: it waits for none */
};

/* What is said to one peer at a time, in one write as the scheduler's turns do. */
struct output {
	char text[OUTPUT_BYTES];
	size_t len;
};

static struct {
	int epoll, report;
	int to_give, given, acknowledged;
	int64_t started;
	struct peer *taker;
	struct output output;
} server;

int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
say(int fd, const char *text, size_t len)
{
	if (fd_write_all(fd, text, len) == -1)
		fatal("write");
}

static void
peer_add(int fd, enum peer_kind kind)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };

	if (fd == -1 || peer == NULL)
		fatal("a connection");
	peer->kind = kind;
	peer->fd = fd;
	if (epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		fatal("epoll_ctl");
}

static void
peer_close(struct peer *peer)
{
	if (server.taker == peer)
		server.taker = NULL;
	close(peer->fd);
	free(peer);
}

static void
output_put(const char *text, size_t len)
{
	if (len > sizeof(server.output.text) - server.output.len)
		fatalx("the output is too long");
	memcpy(server.output.text + server.output.len, text, len);
	server.output.len += len;
}

static void
output_send(int fd)
{
	if (server.output.len > 0)
		say(fd, server.output.text, server.output.len);
	server.output.len = 0;
}

/* Jobs for the one who waits, as many as he may have. */
static void
give(void)
{
	struct peer *peer = server.taker;
	int count = peer == NULL ? 0 : peer->taking;

	if (count > server.to_give - server.given)
		count = server.to_give - server.given;
	if (count == 0)
		return;
	for (int i = 0; i < count; i++) {
		char job[300], head[24];
		int number = server.given++;
		int len = snprintf(job, sizeof(job), JOB_FORMAT, number, number);

		output_put(head, (size_t)snprintf(head, sizeof(head), "$%d\r\n", len));
		output_put(job, (size_t)len);
		output_put("\r\n", 2);
	}
	output_put("$-1\r\n", 5);
	server.taker = NULL;
	output_send(peer->fd);
}

static void
acknowledged(void)
{
	int64_t took;

	if (++server.acknowledged < server.to_give)
		return;
	took = now_ns() - server.started;
	say(server.report, (const char *)&took, sizeof(took));
}

static void
taken(struct peer *peer, const char *line)
{
	const char *max = strstr(line, "max=");

	if (server.taker != NULL)
		say(server.taker->fd, "$-1\r\n", 5);
	peer->taking = strstr(line, "free=0") != NULL ? 0
		       : max == NULL                  ? 1
						      : (int)strtol(max + 4, NULL, 10);
	server.taker = peer;
	give();
}

static void
queue_line(struct peer *peer, const char *line)
{
	if (strncmp(line, "TAKE", 4) == 0) {
		taken(peer, line);
	} else if (strncmp(line, "END", 3) != 0) {
		output_put("+OK\r\n", 5);
		if (strncmp(line, "ACK", 3) == 0)
			acknowledged();
		else if (strncmp(line, "HELLO", 5) != 0)
			fatalx("a job failed: %s", line);
	}
}

static void
queue_lines(struct peer *peer)
{
	char *line = peer->input, *end;

	while ((end = memchr(line, '\n', peer->len - (size_t)(line - peer->input))) != NULL) {
		*end = '\0';
		queue_line(peer, line);
		line = end + 1;
	}
	peer->len -= (size_t)(line - peer->input);
	memmove(peer->input, line, peer->len);
	output_send(peer->fd);
}

static void
http_requests(struct peer *peer)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	char *end;

	while ((end = memmem(peer->input, peer->len, "\r\n\r\n", 4)) != NULL) {
		const char *length =
		    memmem(peer->input, (size_t)(end - peer->input), "Content-Length: ", 16);
		size_t whole = (size_t)(end + 4 - peer->input);

		whole += length == NULL ? 0 : strtoul(length + 16, NULL, 10);
		if (peer->len < whole)
			return;
		peer->len -= whole;
		memmove(peer->input, peer->input + whole, peer->len);
		say(peer->fd, answer, sizeof(answer) - 1);
	}
}

static void
peer_accept(struct peer *peer)
{
	int fd = accept(peer->fd, NULL, NULL), on = 1;

	peer_add(fd, peer->kind == PEER_LISTEN_HTTP ? PEER_HTTP : PEER_QUEUE);
	if (peer->kind == PEER_LISTEN_QUEUE)
		say(fd, "+HI {\"v\":2}\r\n", 13);
	else
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void
peer_ready(struct peer *peer)
{
	ssize_t got;

	if (peer->kind == PEER_LISTEN_HTTP || peer->kind == PEER_LISTEN_QUEUE) {
		peer_accept(peer);
		return;
	}
	got = read(peer->fd, peer->input + peer->len, sizeof(peer->input) - peer->len);
	if (got <= 0) {
		peer_close(peer);
		return;
	}
	peer->len += (size_t)got;
	if (peer->kind == PEER_HTTP)
		http_requests(peer);
	else
		queue_lines(peer);
}

static void
take_order(int orders)
{
	if (read(orders, &server.to_give, sizeof(server.to_give)) <= 0)
		_exit(EXIT_SUCCESS);
	server.given = server.acknowledged = 0;
	server.started = now_ns();
	give();
}

void
http_jobs_server(int http, int queue, int orders, int report)
{
	struct epoll_event events[64], order = { .events = EPOLLIN };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	server.report = report;
	peer_add(http, PEER_LISTEN_HTTP);
	peer_add(queue, PEER_LISTEN_QUEUE);
	if (epoll_ctl(server.epoll, EPOLL_CTL_ADD, orders, &order) == -1)
		fatal("epoll_ctl");
	for (;;) {
		int count = epoll_wait(server.epoll, events, 64, -1);

		for (int i = 0; i < count; i++)
			if (events[i].data.ptr != NULL)
				peer_ready(events[i].data.ptr);
			else
				take_order(orders);
	}
}
