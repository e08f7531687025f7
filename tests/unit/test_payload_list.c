/* Jobs of a list: each must be what it is when it comes alone, and what jansson finds in its text;
 * and a broken list is refused in the words of json_check(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "jobd-scheduler/payload.h"
#include "jobd-scheduler/payload_list.h"

#define LISTS     3000
#define LIST_JOBS 8
#define TEXT_ROOM 65536

static uint64_t seed = 88172645463325252u;

static uint32_t
any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

static void add(char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
add(char *text, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, TEXT_ROOM - len, fmt, ap);
	va_end(ap);
}

#define ONE_OF(list) (list[any(sizeof(list) / sizeof(list[0]))])

static const char *const blanks[] = { "", "", "", " ", "\t", " \r\n ", "\n" };

static void
add_blank(char *text)
{
	add(text, "%s", ONE_OF(blanks));
}

/* Names of ours, in other words, with escapes, and of others. */
static const char *const keys[] = { "jid", "jobtype", "queue", "args", "priority", "created_at",
	"enqueued_at", "failure", "retry", "reserve_for", "at", "custom", "j\\u0069d",
	"q\\u0075eue", "other", "Jid", "jid ", "", "\\\"", "a\\\\", "\xc3\xa9", "backtrace",
	"argss", "arg", "r\\/" };

static const char *const values[] = { "null", "true", "false", "0", "-1", "7", "9", "1e400", "1.50",
	"9007199254740993", "123456789012345678901234567890", "\"\"", "\"12345678\"",
	"\"1234567\\u0038\"", "\"a\\\"}]{[,\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"",
	"\"Resize\"", "\"low.q-1_x\"", "\"a b\"", "\"1970-01-01T00:00:05Z\"", "\"tomorrow\"", "[]",
	"{}", "[1,2,[3,{\"a\":\"]\"}]]", "{\"jid\":\"x\",\"tags\":[\"a\"]}",
	"{\"tags\":[\"a\",\"b\"],\"unique_for\":3}", "{\"track\":1,\"bid\":\"b\"}",
	"{\"unique_until\":\"never\"}", "[ 1 , \"\\\\\" ]",
	"[\"a long text that has more than sixteen "
	"bytes, a \\\" and \xe2\x82\xac\"]" };

static void
add_member(char *text, const char *key, const char *value, bool first)
{
	add(text, "%s", first ? "" : ",");
	add_blank(text);
	add(text, "\"%s\"", key);
	add_blank(text);
	add(text, ":");
	add_blank(text);
	add(text, "%s", value);
	add_blank(text);
}

/* What is needed is nearly always there, in any order, among anything. */
static void
add_job(char *text)
{
	static const char *const needed[][2] = {
		{"jid",      "\"12345678-abc\""},
                { "jobtype", "\"Resize\""      },
                { "args",    "[1,\"x\"]"       },
		{ "queue",   "\"bench\""       }
	};
	uint32_t extras = any(8) == 0 ? any(40) : any(4), from = any(4);
	bool first = true;

	if (any(30) == 0) {
		add(text, "%s", ONE_OF(values));
		return;
	}
	add(text, "{");
	for (uint32_t i = 0; i < 4; i++) {
		if (any(25) == 0)
			continue;
		add_member(text, needed[(from + i) % 4][0],
		    any(25) == 0 ? ONE_OF(values) : needed[(from + i) % 4][1], first);
		first = false;
	}
	for (uint32_t i = 0; i < extras; i++) {
		add_member(text, ONE_OF(keys), ONE_OF(values), first);
		first = false;
	}
	add_blank(text);
	add(text, "}");
}

static void
assert_same(const struct job *one, const struct job *other)
{
	assert_string_equal(one->jid, other->jid);
	assert_string_equal(one->type, other->type);
	assert_string_equal(one->queue, other->queue);
	assert_string_equal(one->args, other->args);
	assert_string_equal(one->extra, other->extra);
	assert_string_equal(one->tags, other->tags);
	assert_string_equal(one->bid, other->bid);
	assert_int_equal(one->retries, other->retries);
	assert_int_equal(one->reserve_ms, other->reserve_ms);
	assert_int_equal(one->priority, other->priority);
	assert_int_equal(one->unsaid, other->unsaid);
	assert_int_equal(one->run_at.us, other->run_at.us);
	assert_int_equal(one->created_at.us, other->created_at.us);
	assert_int_equal(one->unique_for_ms, other->unique_for_ms);
	assert_int_equal(one->track, other->track);
}

static json_t *
parse(const char *text, size_t len)
{
	return json_loadb(
	    text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
}

/* A text that is taken says the same to jansson; some numbers it can't read. */
static void
assert_meant(const struct job *job, const char *text, size_t len)
{
	static const char *const own[] = { "jid", "jobtype", "queue", "args", "priority",
		"created_at", "enqueued_at", "failure" };
	json_t *object = parse(text, len), *value, *extra;
	char rest[TEXT_ROOM];

	if (object == NULL)
		return;
	assert_string_equal(json_string_value(json_object_get(object, "jid")), job->jid);
	assert_string_equal(json_string_value(json_object_get(object, "jobtype")), job->type);
	value = json_object_get(object, "queue");
	assert_string_equal(
	    json_is_string(value) ? json_string_value(value) : "default", job->queue);
	value = parse(job->args, strlen(job->args));
	assert_true(json_equal(json_object_get(object, "args"), value));
	json_decref(value);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		json_object_del(object, own[i]);
	snprintf(rest, sizeof(rest), "{%s}", job->extra[0] == ',' ? job->extra + 1 : "");
	extra = parse(rest, strlen(rest));
	assert_true(json_equal(object, extra));
	json_decref(extra);
	json_decref(object);
}

static struct payload_list list;

static void
open_list(const char *text, size_t len)
{
	const char *wrong;

	assert_int_equal(payload_list_open(&list, text, len), 0);
	if ((wrong = payload_list_check(&list)) != NULL)
		fail_msg("%s: %.*s", wrong, len < 1000 ? (int)len : 1000, text);
}

/* Walks the list twice: as jobs, and as pieces whose text is read alone. */
static size_t
compare_list(const char *text, size_t len)
{
	char error[400], alone_error[400];
	struct json_scan pieces;
	struct json_piece piece;
	struct job job, alone;
	size_t taken = 0;
	bool good;
	int more;

	open_list(text, len);
	json_scan_begin(&pieces, text, len);
	for (;;) {
		job_init(&job);
		job_init(&alone);
		error[0] = alone_error[0] = '\0';
		more = payload_list_next(&list, &job, &good, error, sizeof(error));
		assert_int_equal(json_scan_next(&pieces, &piece), more);
		if (more != 1)
			break;
		assert_int_equal(payload_read(&alone, piece.value, piece.value_len, alone_error,
				     sizeof(alone_error)),
		    good ? 0 : -1);
		assert_string_equal(error, alone_error);
		assert_string_equal(job.jid, alone.jid);
		assert_int_equal(list.done, piece.value + piece.value_len - text);
		if (good) {
			assert_same(&job, &alone);
			assert_meant(&job, piece.value, piece.value_len);
			taken++;
		}
		job_clear(&job);
		job_clear(&alone);
	}
	assert_int_equal(more, 0);
	assert_int_equal(payload_list_next(&list, &job, &good, error, sizeof(error)), 0);
	payload_list_close(&list);
	return taken;
}

/* Jobs with anything between and around them. */
static void
add_list(char *text, uint32_t count)
{
	add_blank(text);
	add(text, "[");
	for (uint32_t n = 0; n < count; n++) {
		add(text, "%s", n > 0 ? "," : "");
		add_blank(text);
		add_job(text);
		add_blank(text);
	}
	add(text, "]");
	add_blank(text);
}

static void
a_list_is_its_jobs(void **state)
{
	static char text[TEXT_ROOM];
	size_t taken = 0, jobs = 0;

	(void)state;
	for (int i = 0; i < LISTS; i++) {
		uint32_t count = any(LIST_JOBS);

		text[0] = '\0';
		add_list(text, count);
		assert_null(json_check(text, strlen(text)));
		jobs += count;
		taken += compare_list(text, strlen(text));
	}
	/* Both kinds were there. */
	assert_true(taken > jobs / 4 && taken < jobs * 3 / 4);
}

/* Wherever it is broken, all of it is refused, in the words of json_check(). */
static void
a_broken_list_is_refused(void **state)
{
	static const char letters[] = "{}[]\",:\\ue01 -\x01\xc3";
	static char text[TEXT_ROOM];
	size_t broken = 0;

	(void)state;
	for (int i = 0; i < LISTS; i++) {
		const char *wrong;
		size_t len;

		text[0] = '\0';
		add_list(text, 1 + any(LIST_JOBS));
		len = strlen(text);
		text[any((uint32_t)len)] = letters[any(sizeof(letters) - 1)];
		if (any(4) == 0)
			len = any((uint32_t)len);
		wrong = json_check(text, len);
		if (wrong == NULL || text[strspn(text, " \t\r\n")] != '[')
			continue;
		broken++;
		assert_int_equal(payload_list_open(&list, text, len), 0);
		assert_string_equal(payload_list_check(&list), wrong);
		payload_list_close(&list);
	}
	assert_true(broken > LISTS / 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_its_jobs),
		cmocka_unit_test(a_broken_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
