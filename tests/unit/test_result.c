#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "jobd-runner/result.h"
#include "proto/verbs.h"

#define STATUS_EXIT(code) ((code) << 8)
#define CORE_FLAG         0x80

/* The request's verb in verb[5]; its JSON is the caller's. */
static json_t *
request_of(const struct result *result, char *verb)
{
	size_t len = 0;
	char *line = result_request(result, &len);
	json_t *json;

	assert_non_null(line);
	assert_true(len <= PROTO_QUEUE_LINE_MAX);
	assert_memory_equal(line + len - 2, "\r\n", 2);
	assert_null(memchr(line, '\n', len - 1));
	memcpy(verb, line, 4);
	verb[strcspn(verb, " ")] = '\0';
	json = json_loadb(line + strlen(verb) + 1, len - strlen(verb) - 3, 0, NULL);
	assert_non_null(json);
	free(line);
	return json;
}

static const char *
string_at(const json_t *json, const char *name)
{
	const char *value = json_string_value(json_object_get(json, name));

	return value == NULL ? "(none)" : value;
}

static void
each_end_has_its_words(void **state)
{
	/* clang-format off */
	static const struct {
		struct result result;
		const char *verb, *errtype, *message;
		int code, signal; /* -1: not there */
	} cases[] = {
		{ { .reason = RESULT_EXIT, .ran = true, .expected = true }, "ACK", "(none)", "(none)", 0, -1 },
		{ { .reason = RESULT_EXIT, .ran = true, .wait_status = STATUS_EXIT(4), .expected = true }, "ACK",
		    "(none)", "(none)", 4, -1 },
		{ { .reason = RESULT_EXIT, .ran = true, .wait_status = STATUS_EXIT(4) }, "FAIL", "ExitCode",
		    "exit code 4", 4, -1 },
		{ { .reason = RESULT_SIGNAL, .ran = true, .wait_status = SIGSEGV | CORE_FLAG }, "FAIL", "Signal",
		    "killed by SIGSEGV (core dumped)", -1, SIGSEGV },
		{ { .reason = RESULT_OUT_OF_MEMORY, .ran = true, .wait_status = SIGKILL, .text = "the kernel killed it" },
		    "FAIL", "OutOfMemory", "the kernel killed it", -1, SIGKILL },
		{ { .reason = RESULT_OUT_OF_CPU, .ran = true, .wait_status = SIGTERM }, "FAIL", "OutOfCpu",
		    "out_of_cpu", -1, SIGTERM },
		{ { .reason = RESULT_HTTP, .code = 503, .text = "HTTP 503" }, "FAIL", "HttpStatus",
		    "HTTP 503", 503, -1 },
		{ { .reason = RESULT_HTTP, .code = 204, .expected = true }, "ACK", "(none)", "(none)", 204, -1 },
		{ { .reason = RESULT_MAIL, .code = 250, .expected = true }, "ACK", "(none)", "(none)", 250, -1 },
		{ { .reason = RESULT_NETWORK, .text = "no route" }, "FAIL", "Network", "no route", -1, -1 },
		{ { .reason = RESULT_TEMPLATE, .expected = true, .text = "url:1: x" }, "FAIL", "Template",
		    "url:1: x", -1, -1 },
		{ { .reason = RESULT_TIMEOUT, .ran = true, .expected = true, .limit_ms = 90000 }, "FAIL", "Timeout",
		    "timed out after 1min30s", 0, -1 },
		{ { .reason = RESULT_CANCELLED, .ran = true, .wait_status = SIGTERM }, "FAIL", "Cancelled",
		    "cancelled", -1, SIGTERM },
		{ { .reason = RESULT_REPLACED, .ran = true, .wait_status = SIGTERM }, "FAIL", "Replaced",
		    "replaced by a later run", -1, SIGTERM },
		{ { .reason = RESULT_STOPPED, .ran = true, .wait_status = SIGKILL }, "FAIL", "RunnerStopped",
		    "ended because the runner stops", -1, SIGKILL },
		{ { .reason = RESULT_SPAWN_FAILED, .text = "can't find command 'x'" }, "FAIL", "SpawnFailed",
		    "can't find command 'x'", -1, -1 },
		{ { .reason = RESULT_UNKNOWN_TYPE, .text = "no job 'x'" }, "FAIL", "UnknownJobType", "no job 'x'", -1,
		    -1 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result = cases[i].result;
		json_t *json, *details, *value;
		char verb[5] = "";

		result.jid = "jid-\"quoted\"";
		result.duration_ms = 12;
		json = request_of(&result, verb);
		details = json_object_get(json, "result");
		assert_string_equal(verb, cases[i].verb);
		assert_string_equal(string_at(json, "jid"), "jid-\"quoted\"");
		assert_string_equal(string_at(json, "errtype"), cases[i].errtype);
		assert_string_equal(string_at(json, "message"), cases[i].message);
		assert_string_equal(
		    string_at(details, "reason"), result_reason_word(result.reason));
		assert_int_equal(json_integer_value(json_object_get(details, "duration_ms")), 12);
		value = json_object_get(details, "code");
		assert_int_equal(value == NULL ? -1 : json_integer_value(value), cases[i].code);
		value = json_object_get(details, "signal");
		assert_int_equal(value == NULL ? -1 : json_integer_value(value), cases[i].signal);
		json_decref(json);
	}
}

static void
what_the_scheduler_is_to_do_is_told(void **state)
{
	char verb[5] = "", *value = malloc(66000);
	struct result result = { .jid = "jid", .reason = RESULT_HTTP, .code = 429, .text = "x" };
	json_t *json = request_of(&result, verb), *details = json_object_get(json, "result");

	(void)state;
	assert_non_null(value);
	assert_null(json_object_get(details, "value"));
	assert_null(json_object_get(details, "no_retry"));
	assert_null(json_object_get(details, "retry_after_ms"));
	json_decref(json);
	memset(value, ' ', 66000);
	memcpy(value, "[1", 2);
	memcpy(value + 65998, "]", 2);
	result.value = value;
	result.no_retry = true;
	result.retry_after_ms = 7000;
	json = request_of(&result, verb);
	details = json_object_get(json, "result");
	assert_true(json_is_array(json_object_get(details, "value")));
	assert_true(json_is_true(json_object_get(details, "no_retry")));
	assert_int_equal(json_integer_value(json_object_get(details, "retry_after_ms")), 7000);
	json_decref(json);
	free(value);
}

static void
any_output_is_valid_json(void **state)
{
	char bytes[256], verb[5] = "";
	struct capture capture;
	struct result result = {
		.jid = "jid", .reason = RESULT_EXIT, .ran = true, .output = &capture
	};
	json_t *json, *details;

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	capture_init(&capture, 40000);
	for (int i = 0; i < 200; i++)
		capture_add(&capture, bytes, sizeof(bytes));
	capture_finish(&capture);
	json = request_of(&result, verb);
	details = json_object_get(json, "result");
	assert_int_equal(
	    json_integer_value(json_object_get(details, "output_bytes")), 200 * sizeof(bytes));
	assert_memory_equal(string_at(details, "output_head"), "\xef\xbf\xbd\x01\x02", 5);
	assert_true(strlen(string_at(details, "output_tail")) > 20000);
	json_decref(json);
	capture_free(&capture);
}

static void
too_much_output_is_cut_to_what_the_socket_takes(void **state)
{
	const size_t size = 24 * 1024 * 1024;
	char *bytes = malloc(size), verb[5] = "";
	struct capture capture;
	struct result result = {
		.jid = "jid", .reason = RESULT_EXIT, .ran = true, .output = &capture
	};
	json_t *json;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 1, size);
	memcpy(bytes, "begin", 5);
	memcpy(bytes + size - 3, "end", 3);
	capture_init(&capture, size - 2);
	capture_add(&capture, bytes, size);
	capture_finish(&capture);
	json = request_of(&result, verb);
	assert_memory_equal(string_at(json_object_get(json, "result"), "output_head"), "begin", 5);
	assert_string_equal(
	    strrchr(string_at(json_object_get(json, "result"), "output_tail"), 1) + 1, "end");
	json_decref(json);
	capture_free(&capture);
	free(bytes);
}

static void
orders_name_their_reason(void **state)
{
	(void)state;
	assert_int_equal(result_reason_of_order("replaced"), RESULT_REPLACED);
	assert_int_equal(result_reason_of_order("cancelled"), RESULT_CANCELLED);
	assert_int_equal(result_reason_of_order("timeout"), RESULT_TIMEOUT);
	assert_int_equal(result_reason_of_order("exit"), RESULT_CANCELLED);
	assert_int_equal(result_reason_of_order(""), RESULT_CANCELLED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_has_its_words),
		cmocka_unit_test(what_the_scheduler_is_to_do_is_told),
		cmocka_unit_test(any_output_is_valid_json),
		cmocka_unit_test(too_much_output_is_cut_to_what_the_socket_takes),
		cmocka_unit_test(orders_name_their_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
