#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/request.h"

static char line[1024];

static int
parse(const char *text, struct request *request, const char **errstr)
{
	snprintf(line, sizeof(line), "%s", text);
	return request_parse(line, request, errstr);
}

static void
a_line_is_taken_apart(void **state)
{
	struct request request;
	const char *errstr;

	(void)state;
	assert_int_equal(
	    parse("TAIL  web stderr lines=10 web:* A=b =c follow=1 ", &request, &errstr), 0);
	assert_string_equal(request.verb, "TAIL");
	assert_int_equal(request.arg_count, 5);
	assert_string_equal(request.args[0], "web");
	assert_string_equal(request.args[1], "stderr");
	assert_string_equal(request.args[2], "web:*");
	assert_string_equal(request.args[3], "A=b");
	assert_string_equal(request.args[4], "=c");
	assert_int_equal(request.option_count, 2);
	assert_string_equal(request_option(&request, "lines"), "10");
	assert_string_equal(request_option(&request, "follow"), "1");
	assert_null(request_option(&request, "bytes"));
	assert_null(request.json);
}

static void
json_goes_to_the_end_of_the_line(void **state)
{
	struct request request;
	const char *errstr;

	(void)state;
	assert_int_equal(parse("RUN a {\"x\": \"b c=d\"}  ", &request, &errstr), 0);
	assert_int_equal(request.arg_count, 1);
	assert_int_equal(request.option_count, 0);
	assert_string_equal(request.json, "{\"x\": \"b c=d\"}  ");
	assert_int_equal(parse("PUSHB [1,2]", &request, &errstr), 0);
	assert_string_equal(request.json, "[1,2]");
	assert_int_equal(parse("END", &request, &errstr), 0);
	assert_string_equal(request.verb, "END");
	assert_null(request.json);
}

static void
bad_lines_are_refused_with_a_reason(void **state)
{
	static const char *const bad[] = { "", "   ", "A\tb", "A \x01", "A b\x7f", "A b\r",
		"A x=1 x=2",
		"A a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 o=1 p=1 q=1 r=1 "
		"s=1 t=1 u=1 v=1 w=1 x=1 y=1" };
	struct request request;
	const char *errstr;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errstr = NULL;
		if (parse(bad[i], &request, &errstr) == 0)
			fail_msg("'%s' was taken for a request", bad[i]);
		assert_non_null(errstr);
	}
	memset(line, ' ', sizeof(line) - 1);
	line[0] = 'V';
	for (size_t i = 0; i <= REQUEST_ARGS_MAX; i++)
		line[2 + 2 * i] = 'a';
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(request_parse(line, &request, &errstr), -1);
}

static void
options_are_checked(void **state)
{
	static const char *const known[] = { "lines", "follow", NULL };
	struct request request;
	const char *errstr;
	int64_t value;

	(void)state;
	assert_int_equal(parse("TAIL lines=10 follow=x folow=1", &request, &errstr), 0);
	assert_int_equal(request_option_int(&request, "lines", 0, 100, 7, &value, &errstr), 0);
	assert_int_equal(value, 10);
	assert_int_equal(request_option_int(&request, "bytes", 0, 100, 7, &value, &errstr), 0);
	assert_int_equal(value, 7);
	assert_int_equal(request_option_int(&request, "lines", 0, 9, 7, &value, &errstr), -1);
	assert_non_null(errstr);
	assert_int_equal(request_option_int(&request, "follow", 0, 9, 7, &value, &errstr), -1);
	assert_string_equal(request_unknown_option(&request, known), "folow");
	assert_int_equal(parse("TAIL lines=10", &request, &errstr), 0);
	assert_null(request_unknown_option(&request, known));
}

static void
replies_are_resp(void **state)
{
	char buf[64];

	(void)state;
#define ASSERT_REPLY(call, text)                                                                   \
	do {                                                                                       \
		assert_int_equal(call, sizeof(text) - 1);                                          \
		assert_memory_equal(buf, text, sizeof(text) - 1);                                  \
	} while (0)
	ASSERT_REPLY(reply_ok(buf, sizeof(buf), "OK"), "+OK\r\n");
	ASSERT_REPLY(reply_error(buf, sizeof(buf), "ERR", "a\r\nb"), "-ERR a  b\r\n");
	ASSERT_REPLY(reply_bulk(buf, sizeof(buf), "a\0b", 3), "$3\r\na\0b\r\n");
	ASSERT_REPLY(reply_bulk(buf, sizeof(buf), NULL, 0), "$0\r\n\r\n");
	ASSERT_REPLY(reply_nil(buf, sizeof(buf)), "$-1\r\n");
	ASSERT_REPLY(reply_array(buf, sizeof(buf), 12), "*12\r\n");
#undef ASSERT_REPLY
}

static void
replies_never_leave_their_buffer(void **state)
{
	/* Each needs exactly `need` bytes: one fewer must give 0, and the byte behind stays. */
	for (size_t size = 0; size < 12; size++) {
		char buf[16];

		memset(buf, '#', sizeof(buf));
		assert_int_equal(reply_ok(buf, size, "OK"), size >= 5 ? 5 : 0);
		assert_int_equal(buf[size], '#');
		assert_int_equal(reply_bulk(buf, size, "abc", 3), size >= 9 ? 9 : 0);
		assert_int_equal(buf[size], '#');
		assert_int_equal(reply_error(buf, size, "E", "x"), size >= 6 ? 6 : 0);
		assert_int_equal(buf[size], '#');
		assert_int_equal(reply_array(buf, size, 10), size >= 5 ? 5 : 0);
		assert_int_equal(buf[size], '#');
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_taken_apart),
		cmocka_unit_test(json_goes_to_the_end_of_the_line),
		cmocka_unit_test(bad_lines_are_refused_with_a_reason),
		cmocka_unit_test(options_are_checked),
		cmocka_unit_test(replies_are_resp),
		cmocka_unit_test(replies_never_leave_their_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
