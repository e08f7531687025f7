/*
 * The client against a server that is one child process and one prepared answer.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "proto/client.h"

#define HI "+HI {\"v\":1,\"version\":\"9.9\",\"pid\":1}\r\n"

static char directory[] = "/tmp/test_client.XXXXXX", path[sizeof(directory) + 20];
static pid_t server;
static int requests; /* what the server has read comes out here, when it ends */

static int
make_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);
	return sock;
}

/* Takes one client: writes `answer` in pieces of `step` bytes, then waits for its end if it
 * `stays`. */
static void
serve(const char *name, const char *answer, size_t len, size_t step, bool stays)
{
	int sock = make_socket(name), output[2], client;
	char buf[4096];
	ssize_t got;

	assert_int_equal(listen(sock, 1), 0);
	assert_int_equal(pipe(output), 0);
	server = fork();
	assert_int_not_equal(server, -1);
	if (server > 0) {
		close(sock);
		close(output[1]);
		requests = output[0];
		return;
	}
	alarm(20);
	client = accept(sock, NULL, NULL);
	for (size_t i = 0; i < len; i += step)
		if (fd_write_all(client, answer + i, i + step < len ? step : len - i) == -1)
			_exit(1);
	while (stays && (got = read(client, buf, sizeof(buf))) > 0)
		fd_write_all(output[1], buf, (size_t)got);
	_exit(0);
}

static void
serve_text(const char *name, const char *answer)
{
	serve(name, answer, strlen(answer), strlen(answer) + 1, true);
}

/* Waits for the server's end and gives what it was sent. */
static const char *
finish(struct client *client)
{
	static char text[70000];
	size_t len = 0;
	ssize_t got;
	int status;

	client_close(client);
	while ((got = read(requests, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	close(requests);
	assert_int_equal(waitpid(server, &status, 0), server);
	unlink(path);
	return text;
}

static void
assert_fails(int64_t timeout_ms, int code, const char *words)
{
	const char *errstr = NULL;
	struct client *client = client_open(path, timeout_ms, &errstr);
	int saved = errno;

	assert_null(client);
	assert_non_null(errstr);
	if (strstr(errstr, words) == NULL || strstr(errstr, path) == NULL)
		fail_msg("'%s' says neither '%s' nor '%s'", errstr, words, path);
	assert_int_equal(saved, code);
}

static void
requests_go_and_items_come(void **state)
{
	struct resp_item item;
	const char *errstr;
	struct client *client;

	(void)state;
	serve_text("control.sock", HI "*2\r\n$1\r\na\r\n$-1\r\n-NOSUCH web\r\n");
	client = client_open(path, 5000, &errstr);
	assert_non_null(client);
	assert_string_equal(client_greeting(client), "{\"v\":1,\"version\":\"9.9\",\"pid\":1}");
	assert_int_equal(client_send(client, &errstr, "STATUS %s", "web"), 0);
	assert_int_equal(client_receive(client, &item, &errstr), 0);
	assert_int_equal(item.kind, RESP_ARRAY);
	assert_int_equal(item.number, 2);
	assert_int_equal(client_receive(client, &item, &errstr), 0);
	assert_int_equal(item.kind, RESP_BULK);
	assert_int_equal(client_receive(client, &item, &errstr), 0);
	assert_int_equal(item.kind, RESP_NIL);
	assert_true(client_has_unread(client));
	assert_int_equal(client_receive(client, &item, &errstr), 0);
	assert_int_equal(item.kind, RESP_ERROR);
	assert_false(client_has_unread(client));
	assert_string_equal(finish(client), "HELLO {\"v\":1}\r\nSTATUS web\r\n");
}

static void
the_queue_greets_first(void **state)
{
	const char *errstr, *sent;
	struct client *client;

	(void)state;
	serve_text("queue.sock", "+HI {\"v\":2}\r\n+OK\r\n");
	client = client_open(path, 5000, &errstr);
	assert_non_null(client);
	sent = finish(client);
	assert_memory_equal(sent, "HELLO {\"v\":2,", 13);
	serve_text("queue.sock", "+HI {\"v\":2}\r\n-ERR Invalid password\r\n");
	assert_fails(5000, EPROTO, "Invalid password");
	finish(NULL);
}

static void
a_large_answer_in_small_pieces_is_put_together(void **state)
{
	enum { SIZE = 300000 };
	char *answer = malloc(SIZE + 200);
	int head = snprintf(answer, 200, HI "$%d\r\n", SIZE);
	struct resp_item item;
	const char *errstr;
	struct client *client;

	(void)state;
	for (int i = 0; i < SIZE; i++)
		answer[head + i] = (char)(i * 7 % 251);
	memcpy(answer + head + SIZE, "\r\n+OK\r\n", 7);
	serve("control.sock", answer, (size_t)head + SIZE + 7, 997, true);
	client = client_open(path, 5000, &errstr);
	assert_non_null(client);
	assert_int_equal(client_receive(client, &item, &errstr), 0);
	assert_int_equal(item.kind, RESP_BULK);
	assert_int_equal(item.len, SIZE);
	assert_memory_equal(item.data, answer + head, SIZE);
	assert_int_equal(client_receive(client, &item, &errstr), 0);
	assert_int_equal(item.kind, RESP_OK);
	finish(client);
	free(answer);
}

static void
a_missing_or_deaf_socket_is_told(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/none.sock", directory);
	assert_fails(1000, ENOENT, "not running");
	close(make_socket("dead.sock"));
	assert_fails(1000, ECONNREFUSED, "refused");
	unlink(path);
}

/* A socket whose queue of waiting clients is full must not hang us. */
static void
a_full_backlog_is_a_timeout(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = make_socket("full.sock"), first;

	(void)state;
	assert_int_equal(listen(sock, 0), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	first = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(first, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_fails(30, ETIMEDOUT, "waiting");
	close(first);
	close(sock);
	unlink(path);
}

static void
a_path_that_no_socket_can_have_is_told(void **state)
{
	const char *errstr = NULL;
	char text[200];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[0] = '/';
	text[sizeof(text) - 1] = '\0';
	assert_null(client_open(text, 1000, &errstr));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_non_null(strstr(errstr, "longer"));
}

static void
bad_greetings_are_told(void **state)
{
	static const struct {
		const char *answer, *words;
		int code;
	} cases[] = {
  /* clang-format off */
		{ "+HI {\"v\":2,\"version\":\"7\"}\r\n", "version 2 of the protocol", EPROTONOSUPPORT },
		{ "+HI {\"v\":99999999999999999999}\r\n", "names no version", EPROTO },
		{ "+HI {}\r\n", "names no version", EPROTO },
		{ "+OK\r\n", "no greeting", EPROTO },
		{ "$2\r\nHI\r\n", "no greeting", EPROTO },
		{ "-VERSION jobd 2.0 speaks version 2\r\n", "speaks version 2", EPROTONOSUPPORT },
		{ "-LIMIT too many connections\r\n", "too many connections", EPROTO },
		{ "220 mail.example.org ESMTP\r\n", "can't be understood", EPROTO },
		{ "\x01\xff\xfe", "can't be understood", EPROTO },
  /* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		serve_text("control.sock", cases[i].answer);
		assert_fails(5000, cases[i].code, cases[i].words);
		finish(NULL);
	}
}

static void
a_closing_server_is_told(void **state)
{
	const char *errstr = NULL;
	struct resp_item item;
	struct client *client;

	(void)state;
	serve("control.sock", "", 0, 1, false);
	assert_fails(5000, EPIPE, "closed the connection");
	finish(NULL);
	serve("control.sock", HI "*1\r\n$10\r\nhal", sizeof(HI) + 11, 100, false);
	client = client_open(path, 5000, &errstr);
	assert_non_null(client);
	assert_int_equal(client_receive(client, &item, &errstr), 0);
	assert_int_equal(client_receive(client, &item, &errstr), -1);
	assert_int_equal(errno, EPIPE);
	assert_non_null(strstr(errstr, "in the middle"));
	finish(client);
}

static void
a_silent_server_is_a_timeout(void **state)
{
	const char *errstr = NULL;
	struct resp_item item;
	struct client *client;

	(void)state;
	serve_text("control.sock", HI "$5\r\nhal");
	client = client_open(path, 5000, &errstr);
	assert_non_null(client);
	client_set_timeout(client, 20);
	assert_int_equal(client_receive(client, &item, &errstr), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_non_null(strstr(errstr, "20 ms"));
	finish(client);
}

/* A program's name comes from the command line: it must not become a second request. */
static void
a_request_can_hold_no_second_line(void **state)
{
	const char *errstr = NULL;
	struct client *client;
	char *text = malloc(5000);

	(void)state;
	memset(text, 'x', 4999);
	text[4999] = '\0';
	serve_text("control.sock", HI);
	client = client_open(path, 5000, &errstr);
	assert_non_null(client);
	assert_int_equal(client_send(client, &errstr, "STOP %s", "web\r\nSHUTDOWN"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(client_send(client, &errstr, "STOP %s", "web\nSHUTDOWN"), -1);
	assert_int_equal(client_send(client, &errstr, "STOP %s", text), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_string_equal(finish(client), "HELLO {\"v\":1}\r\n");
	free(text);
}

static int
make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_go_and_items_come),
		cmocka_unit_test(the_queue_greets_first),
		cmocka_unit_test(a_large_answer_in_small_pieces_is_put_together),
		cmocka_unit_test(a_missing_or_deaf_socket_is_told),
		cmocka_unit_test(a_full_backlog_is_a_timeout),
		cmocka_unit_test(a_path_that_no_socket_can_have_is_told),
		cmocka_unit_test(bad_greetings_are_told),
		cmocka_unit_test(a_closing_server_is_told),
		cmocka_unit_test(a_silent_server_is_a_timeout),
		cmocka_unit_test(a_request_can_hold_no_second_line),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
