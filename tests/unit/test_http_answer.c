#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-runner/http_answer.h"

/* From a copy that ends where the text does, so that a sanitizer sees who reads on. */
static struct http_answer
read_part(const char *text, size_t len)
{
	static char *copy;
	struct http_answer answer;

	free(copy);
	copy = malloc(len + 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	copy = realloc(copy, len > 0 ? len : 1);
	answer = http_answer_read(copy, len);
	return answer;
}

static struct http_answer
read_all(const char *text)
{
	return read_part(text, strlen(text));
}

static void
an_answer_is_understood_in_any_pieces(void **state)
{
	static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nServer: x\r\n"
				   "CONTENT-LENGTH:  4\r\n\r\ndown";
	struct http_answer answer;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		answer = read_part(text, len);
		assert_int_equal(answer.status, len < strlen("HTTP/1.1 503") ? 0 : 503);
		assert_false(answer.whole);
	}
	answer = read_all(text);
	assert_true(answer.whole);
	assert_int_equal(answer.body_len, 4);
	assert_memory_equal(answer.body, "down", 4);
}

static void
what_is_not_http_is_told_at_once(void **state)
{
	static const char *const others[] = { "X", "HTTPS", "HTTP/2 200", "HTTP/1.1 20", "SSH-2.0",
		"HTTP/1.1 abc", "HTTP/1.1 099 x", "HTTP/1.1200 OK ", "\0\0\0" };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct http_answer answer = read_all(others[i]);

		assert_int_equal(answer.status,
		    strcmp(others[i], "HTTP/1.1 20") == 0 || others[i][0] == '\0' ? 0 : -1);
	}
}

static void
the_end_is_known_where_it_is_said(void **state)
{
	(void)state;
	assert_true(read_all("HTTP/1.0 204 No\n\n").whole);
	assert_true(read_all("HTTP/1.0 304 No\r\nContent-Length: 9\r\n\r\n").whole);
	assert_true(read_all("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").whole);
	assert_false(read_all("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n").whole);
	assert_false(read_all("HTTP/1.0 200 OK\r\nX-Content-Length: 0\r\n\r\n").whole);
	assert_false(read_all("HTTP/1.0 200 OK\r\nContent-Length: x\r\n\r\n").whole);
	assert_false(
	    read_all("HTTP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na").whole);
	/* In the body it is no header. */
	assert_false(read_all("HTTP/1.0 200 OK\r\n\r\nContent-Length: 0\r\n").whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_understood_in_any_pieces),
		cmocka_unit_test(what_is_not_http_is_told_at_once),
		cmocka_unit_test(the_end_is_known_where_it_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
