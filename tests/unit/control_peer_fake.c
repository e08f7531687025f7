#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#include "control_fake.h"
#include "control_peer_fake.h"

#define PATIENCE_MS 10000

static bool caller_fill(struct caller *);
static size_t item_length(const struct caller *, const char **data, size_t *data_len);

void
loop_idle(void)
{
	/* One pass sees what the pass before has caused. */
	for (int i = 0; i < 20; i++)
		event_base_loop(supervisor_base(), EVLOOP_NONBLOCK);
}

struct caller *
caller_open(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct caller *caller = calloc(1, sizeof(*caller));

	assert_non_null(caller);
	strlcpy(addr.sun_path, fake_path(), sizeof(addr.sun_path));
	caller->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_not_equal(caller->fd, -1);
	assert_int_equal(connect(caller->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return caller;
}

struct caller *
caller_open_as(unsigned uid, unsigned gid, unsigned group)
{
	struct caller *caller;

	assert_int_equal(setgroups(1, &group), 0);
	assert_int_equal(setegid(gid), 0);
	assert_int_equal(seteuid(uid), 0);
	caller = caller_open();
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	return caller;
}

void
caller_close(struct caller *caller)
{
	close(caller->fd);
	free(caller);
	loop_idle();
}

void
caller_send_bytes(struct caller *caller, const void *data, size_t len)
{
	const char *next = data;
	struct monotime deadline = monotime_add_ms(monotime_now(), PATIENCE_MS);

	while (len > 0) {
		ssize_t sent = send(caller->fd, next, len, MSG_NOSIGNAL);

		if (sent == -1 && errno != EAGAIN)
			return;
		if (sent > 0) {
			next += sent;
			len -= (size_t)sent;
		}
		if (len > 0)
			event_base_loop(supervisor_base(), EVLOOP_NONBLOCK);
		assert_true(monotime_diff_ms(deadline, monotime_now()) > 0);
	}
}

void
caller_send(struct caller *caller, const char *text)
{
	caller_send_bytes(caller, text, strlen(text));
	caller_send_bytes(caller, "\r\n", 2);
}

/* Reads what is there; false at the end of the connection. */
static bool
caller_fill(struct caller *caller)
{
	ssize_t len;

	event_base_loop(supervisor_base(), EVLOOP_NONBLOCK);
	len = recv(caller->fd, caller->in + caller->len, sizeof(caller->in) - caller->len, 0);
	if (len > 0)
		caller->len += (size_t)len;
	return len > 0 || (len == -1 && errno == EAGAIN);
}

/* How many bytes the first item takes, 0 if it is not whole. */
static size_t
item_length(const struct caller *caller, const char **data, size_t *data_len)
{
	const char *end = memmem(caller->in, caller->len, "\r\n", 2);
	size_t head;
	long bulk;

	if (end == NULL)
		return 0;
	head = (size_t)(end - caller->in) + 2;
	*data = caller->in;
	*data_len = head - 2;
	if (caller->in[0] != '$')
		return head;
	bulk = strtol(caller->in + 1, NULL, 10);
	if (bulk == -1) {
		*data = "(nil)";
		*data_len = 5;
		return head;
	}
	*data = caller->in + head;
	*data_len = (size_t)bulk;
	return caller->len >= head + (size_t)bulk + 2 ? head + (size_t)bulk + 2 : 0;
}

const char *
caller_receive(struct caller *caller)
{
	struct monotime deadline = monotime_add_ms(monotime_now(), PATIENCE_MS);
	const char *data;
	size_t used, len;

	while ((used = item_length(caller, &data, &len)) == 0) {
		if (!caller_fill(caller))
			fail_msg("the connection ended after '%.*s'", (int)caller->len, caller->in);
		if (monotime_diff_ms(deadline, monotime_now()) < 0)
			fail_msg("no whole item in '%.*s'", (int)caller->len, caller->in);
	}
	assert_true(len < sizeof(caller->item));
	memcpy(caller->item, data, len);
	caller->item[len] = '\0';
	memmove(caller->in, caller->in + used, caller->len - used);
	caller->len -= used;
	return caller->item;
}

const char *
caller_ask(struct caller *caller, const char *line)
{
	caller_send(caller, line);
	return caller_receive(caller);
}

void
caller_expect(struct caller *caller, const char *item)
{
	assert_string_equal(caller_receive(caller), item);
}

void
caller_expect_result(struct caller *caller, const char *name, const char *result, const char *code,
    const char *message)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "{\"name\":\"%s\",\"result\":\"%s\",\"code\":\"%s\",\"message\":\"%s\"}", name, result,
	    code, message);
	caller_expect(caller, text);
}

void
caller_expect_part(struct caller *caller, const char *part)
{
	const char *item = caller_receive(caller);

	if (strstr(item, part) == NULL)
		fail_msg("'%s' is not in '%s'", part, item);
}

void
caller_expect_nothing(struct caller *caller)
{
	loop_idle();
	assert_true(caller_fill(caller));
	if (caller->len != 0)
		fail_msg("unexpected: '%.*s'", (int)caller->len, caller->in);
}

bool
caller_has_ended(struct caller *caller)
{
	return !caller_fill(caller);
}

void
caller_expect_end(struct caller *caller)
{
	struct monotime deadline = monotime_add_ms(monotime_now(), PATIENCE_MS);

	while (caller_fill(caller)) {
		struct pollfd pollfd = { .fd = caller->fd, .events = POLLIN };

		poll(&pollfd, 1, 5);
		if (monotime_diff_ms(deadline, monotime_now()) < 0)
			fail_msg("the connection does not end");
	}
}
