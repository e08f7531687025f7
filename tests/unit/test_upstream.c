/* Requests to a socket of jobd: which connection they go over, and which answer is whose. */
#include <sys/socket.h>
#include <sys/un.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "jobd-web/upstream.h"
#include "proto/verbs.h"

#define PATIENCE_MS 5000
/* Longer than any test takes. */
#define LONG_MS 60000

static struct event_base *base;
static int listener = -1;

/* The other end of a connection. */
struct peer {
	int fd;
	char in[8192];
	size_t len;
};

struct answer {
	int calls;
	enum reply_kind kind;
	bool sent;
	size_t count;
	char text[256];
};

static int
start(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = PROTO_QUEUE_SOCKET };
	char dir[] = "/tmp/test_upstream.XXXXXX";

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(listener, 16) == -1)
		return -1;
	base = event_base_new();
	return base == NULL || upstream_init(base) == -1 ? -1 : 0;
}

static int
end(void **state)
{
	char dir[256];

	(void)state;
	close(listener);
	unlink(PROTO_QUEUE_SOCKET);
	return getcwd(dir, sizeof(dir)) == NULL ? -1 : rmdir(dir);
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static bool
comes(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, ms) == 1;
}

static void
on_reply(void *arg, struct reply *reply)
{
	struct answer *answer = arg;

	answer->calls++;
	answer->kind = reply->kind;
	answer->sent = reply->sent;
	answer->count = reply->count;
	strlcpy(answer->text, reply_item(reply, 0, NULL), sizeof(answer->text));
	reply_free(reply);
}

static struct ask *
ask(const char *words, const char *line, int timeout_ms, struct answer *answer)
{
	struct ask *made =
	    upstream_ask(UPSTREAM_QUEUE, words, line, strlen(line), timeout_ms, on_reply, answer);

	*answer = (struct answer){ .calls = 0 };
	assert_non_null(made);
	return made;
}

/* The next line, without its end; "" when the connection was closed. */
static const char *
hear(struct peer *peer)
{
	static char line[8192];
	char *found;

	while ((found = memmem(peer->in, peer->len, "\r\n", 2)) == NULL) {
		ssize_t len;

		turn();
		assert_true(comes(peer->fd, PATIENCE_MS));
		len = read(peer->fd, peer->in + peer->len, sizeof(peer->in) - peer->len);
		if (len <= 0)
			return "";
		peer->len += (size_t)len;
	}
	snprintf(line, sizeof(line), "%.*s", (int)(found - peer->in), peer->in);
	peer->len -= (size_t)(found - peer->in) + 2;
	memmove(peer->in, found + 2, peer->len);
	return line;
}

static void
say(struct peer *peer, const char *text)
{
	assert_int_equal(write(peer->fd, text, strlen(text)), strlen(text));
	turn();
}

static void
welcome(struct peer *peer)
{
	turn();
	assert_true(comes(listener, PATIENCE_MS));
	*peer = (struct peer){ .fd = accept(listener, NULL, NULL) };
	assert_memory_equal(hear(peer), "HELLO {", 7);
	say(peer, "+HI {\"v\":2}\r\n+OK\r\n");
}

static void
leave(struct peer *peer)
{
	close(peer->fd);
	turn();
}

static void
answered(const struct answer *answer, enum reply_kind kind, const char *text)
{
	assert_int_equal(answer->calls, 1);
	assert_int_equal(answer->kind, kind);
	assert_string_equal(answer->text, text);
}

static void
quick_ones_share_a_connection_in_order(void **state)
{
	struct answer answers[3];
	struct peer peer;

	(void)state;
	ask(NULL, "JOB a", LONG_MS, &answers[0]);
	ask("AS {\"who\":\"x\"}", "PUSH {}", LONG_MS, &answers[1]);
	ask(NULL, "JOB c", LONG_MS, &answers[2]);
	welcome(&peer);
	assert_string_equal(hear(&peer), "JOB a");
	assert_string_equal(hear(&peer), "AS {\"who\":\"x\"}");
	assert_string_equal(hear(&peer), "PUSH {}");
	assert_string_equal(hear(&peer), "JOB c");
	assert_int_equal(answers[0].calls, 0);
	say(&peer, "$3\r\n{a}\r\n+OK\r\n-ERR no");
	answered(&answers[0], REPLY_BULK, "{a}");
	assert_int_equal(answers[1].calls, 0);
	say(&peer, "\r\n$3\r\n{c}\r\n");
	answered(&answers[1], REPLY_ERROR, "ERR no");
	answered(&answers[2], REPLY_BULK, "{c}");
	/* It is kept. */
	ask(NULL, "JOB d", LONG_MS, &answers[0]);
	assert_string_equal(hear(&peer), "JOB d");
	say(&peer, "$-1\r\n");
	answered(&answers[0], REPLY_NIL, "");
	assert_false(comes(listener, 0));
	leave(&peer);
}

static void
nobody_waits_behind_a_slow_one(void **state)
{
	struct answer slow, quick;
	struct peer peer, other;

	(void)state;
	ask(NULL, "JOBS {}", LONG_MS, &slow);
	welcome(&peer);
	assert_string_equal(hear(&peer), "JOBS {}");
	ask(NULL, "JOB a", LONG_MS, &quick);
	welcome(&other);
	assert_string_equal(hear(&other), "JOB a");
	say(&other, "$1\r\na\r\n");
	answered(&quick, REPLY_BULK, "a");
	say(&peer, "*3\r\n$1\r\nx\r\n$-1\r\n$1\r\nz\r\n");
	answered(&slow, REPLY_LIST, "x");
	assert_int_equal(slow.count, 3);
	/* Of two that are idle one is kept. */
	assert_int_equal(comes(peer.fd, 0) + comes(other.fd, 0), 1);
	leave(&peer);
	leave(&other);
}

/* However many are slow: a place is kept for what is quick. */
static void
slow_ones_leave_a_place(void **state)
{
	struct answer slow[10], quick;
	struct peer peers[10], other;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < 10; i++)
		ask(NULL, "COUNT {}", LONG_MS, &slow[i]);
	turn();
	while (comes(listener, 0))
		welcome(&peers[count++]);
	assert_in_range(count, 2, 9);
	ask(NULL, "JOB a", LONG_MS, &quick);
	welcome(&other);
	assert_string_equal(hear(&other), "JOB a");
	leave(&other);
	answered(&quick, REPLY_LOST, "");
	assert_true(quick.sent);
	/* Each takes the next one. */
	for (size_t i = 0; i < 10; i++) {
		assert_string_equal(hear(&peers[i % count]), "COUNT {}");
		say(&peers[i % count], "$1\r\n1\r\n");
		answered(&slow[i], REPLY_BULK, "1");
	}
	for (size_t i = 0; i < count; i++)
		leave(&peers[i]);
}

static void
the_answer_of_who_left_is_passed_over(void **state)
{
	struct answer left, next, slow;
	struct ask *leaving;
	struct peer peer;

	(void)state;
	leaving = ask("AS {}", "JOB a", LONG_MS, &left);
	ask(NULL, "JOB b", LONG_MS, &next);
	welcome(&peer);
	assert_string_equal(hear(&peer), "AS {}");
	upstream_cancel(leaving);
	say(&peer, "+OK\r\n$1\r\na\r\n$1\r\nb\r\n");
	answered(&next, REPLY_BULK, "b");
	assert_int_equal(left.calls, 0);
	assert_string_equal(hear(&peer), "JOB a");
	assert_string_equal(hear(&peer), "JOB b");
	/* A long answer is not waited for: its connection ends. */
	leaving = ask(NULL, "JOBS {}", LONG_MS, &slow);
	assert_string_equal(hear(&peer), "JOBS {}");
	upstream_cancel(leaving);
	assert_string_equal(hear(&peer), "");
	assert_int_equal(slow.calls, 0);
	leave(&peer);
}

static void
a_deadline_is_kept_and_others_go_elsewhere(void **state)
{
	struct answer late, behind, next;
	struct peer peer, other;

	(void)state;
	ask(NULL, "JOB a", 1, &late);
	ask(NULL, "JOB b", LONG_MS, &behind);
	welcome(&peer);
	while (late.calls == 0)
		event_base_loop(base, EVLOOP_ONCE);
	answered(&late, REPLY_LOST, "");
	assert_true(late.sent);
	assert_int_equal(behind.calls, 0);
	ask(NULL, "JOB c", LONG_MS, &next);
	welcome(&other);
	assert_string_equal(hear(&other), "JOB c");
	say(&other, "$1\r\nc\r\n");
	answered(&next, REPLY_BULK, "c");
	say(&peer, "$1\r\na\r\n$1\r\nb\r\n");
	answered(&behind, REPLY_BULK, "b");
	assert_int_equal(late.calls, 1);
	assert_string_equal(hear(&peer), "JOB a");
	assert_string_equal(hear(&peer), "JOB b");
	assert_string_equal(hear(&peer), "");
	leave(&peer);
	leave(&other);
}

static void
all_are_told_when_it_is_lost(void **state)
{
	static const char *const ends[] = { "", "+OK\r\n", ":1\r\n", "nonsense\r\n",
		"-ERR no AS\r\n" };
	struct answer first, second;
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		ask("AS {}", "PUSH {}", LONG_MS, &first);
		ask("AS {}", "PUSH {}", LONG_MS, &second);
		welcome(&peer);
		say(&peer, ends[i]);
		leave(&peer);
		answered(&first, REPLY_LOST, "");
		answered(&second, REPLY_LOST, "");
		assert_true(first.sent && second.sent);
	}
}

/* A database that refuses says so to the words, and to what is behind them. */
static void
a_refusing_database_is_heard(void **state)
{
	struct answer answer;
	struct peer peer;

	(void)state;
	ask("AS {}", "PUSH {}", LONG_MS, &answer);
	welcome(&peer);
	say(&peer, "-STORE full\r\n-STORE full\r\n");
	answered(&answer, REPLY_ERROR, "STORE full");
	leave(&peer);
}

static void
answers_come_in_any_pieces(void **state)
{
	static const char text[] = "*2\r\n$5\r\nab\r\nc\r\n$-1\r\n$100000\r\n";
	struct answer list, large;
	struct peer peer, other;
	char *bytes = malloc(100002);

	(void)state;
	ask(NULL, "QUEUES", LONG_MS, &list);
	welcome(&peer);
	ask(NULL, "JOB a", LONG_MS, &large);
	welcome(&other);
	for (size_t i = 0; text[i] != '$' || text[i + 1] != '1'; i++)
		say(&peer, (char[]){ text[i], '\0' });
	answered(&list, REPLY_LIST, "ab\r\nc");
	assert_int_equal(list.count, 2);
	say(&other, "$100000\r\n");
	memset(bytes, 'x', 100000);
	bytes[100000] = '\r';
	bytes[100001] = '\n';
	for (size_t i = 0; i < 100002; i += 16667) {
		assert_int_equal(large.calls, 0);
		assert_int_equal(write(other.fd, bytes + i, 16667), 16667);
		turn();
	}
	assert_int_equal(large.calls, 1);
	assert_int_equal(strspn(large.text, "x"), sizeof(large.text) - 1);
	free(bytes);
	leave(&peer);
	leave(&other);
}

static void
nobody_there_is_said_at_once(void **state)
{
	struct answer quick, slow;

	(void)state;
	assert_int_equal(rename(PROTO_QUEUE_SOCKET, "elsewhere"), 0);
	ask(NULL, "JOB a", LONG_MS, &quick);
	ask(NULL, "JOBS {}", LONG_MS, &slow);
	turn();
	answered(&quick, REPLY_LOST, "");
	answered(&slow, REPLY_LOST, "");
	assert_false(quick.sent || slow.sent);
	assert_int_equal(rename("elsewhere", PROTO_QUEUE_SOCKET), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quick_ones_share_a_connection_in_order),
		cmocka_unit_test(nobody_waits_behind_a_slow_one),
		cmocka_unit_test(slow_ones_leave_a_place),
		cmocka_unit_test(the_answer_of_who_left_is_passed_over),
		cmocka_unit_test(a_deadline_is_kept_and_others_go_elsewhere),
		cmocka_unit_test(all_are_told_when_it_is_lost),
		cmocka_unit_test(a_refusing_database_is_heard),
		cmocka_unit_test(answers_come_in_any_pieces),
		cmocka_unit_test(nobody_there_is_said_at_once),
	};

	return cmocka_run_group_tests(tests, start, end);
}
