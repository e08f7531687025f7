/* What the queue is given for a job that is written in the body of a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-web/new_job.h"
#include "jobd-web/scope.h"

/* What new_job.c has of other files. */

void
scope_own_name(const struct request *request, const char *name, struct buf *out)
{
	if (request->identity.tag[0] != '\0')
		buf_printf(out, "%s ", request->identity.tag);
	buf_text(out, name);
}

void
respond_problem(struct request *request, unsigned int status, const char *fmt, ...)
{
	(void)fmt;
	request->status = status;
}

static struct new_job job;
static char why[NEW_JOB_WHY];

/* The payload behind its id, or the status. */
static const char *
payload(const char *body)
{
	static const struct request request;
	static char text[4096];
	struct buf out = { 0 };
	unsigned int status = new_job_write(&request, body, strlen(body), NULL, &out, &job, why);
	const char *behind;

	snprintf(text, sizeof(text), "%u", status);
	if (status == 0) {
		assert_false(out.failed);
		assert_memory_equal(out.data, "{\"jid\":\"", 8);
		behind = strchr(out.data + 8, '"');
		snprintf(text, sizeof(text), "{%s", behind + 2);
	}
	buf_free(&out);
	return text;
}

static void
members_go_where_the_queue_looks_for_them(void **state)
{
	static const char *const pairs[][2] = {
		{"{\"type\":\"w\"}",							    "{\"jobtype\":\"w\",\"args\":[]}"    },
		{ "{\"args\":[1,{\"a\":2}],\"type\":\"w\"}",
                 "{\"jobtype\":\"w\",\"args\":[1,{\"a\":2}]}"									},
		{ "{\"type\":\"w\",\"args\":{\"a\":2}}",
                 "{\"jobtype\":\"w\",\"args\":[{\"a\":2}]}"									  },
		{ "{\"type\":\"w\",\"args\":null}",                                             "{\"jobtype\":\"w\",\"args\":[null]}"},
		{ "{\"type\":\"w\",\"priority\":9,\"queue\":\"q\"}",
                 "{\"jobtype\":\"w\",\"args\":[],\"queue\":\"q\",\"priority\":9}"                                                    },
		{ "{\"type\":\"w\",\"tags\":[\"a\"],\"track\":1}",
                 "{\"jobtype\":\"w\",\"args\":[],\"custom\":{\"tags\":[\"a\"],\"track\":1}}"                                         },
 /* What stands beside the custom object wins. */
		{ "{\"type\":\"w\",\"custom\":{\"x\":1,\"tags\":[\"b\"]},\"tags\":[\"a\"]}",
                 "{\"jobtype\":\"w\",\"args\":[],\"custom\":{\"x\":1,\"tags\":[\"a\"]}}"                                             },
		{ "{\"type\":\"w\",\"custom\":{}}",                                             "{\"jobtype\":\"w\",\"args\":[]}"    },
		{ "{\"type\":\"w\",\"custom\":null}",                                           "{\"jobtype\":\"w\",\"args\":[]}"    },
 /* To the letter. */
		{ "{\"type\":\"\\u00e9\",\"args\":[12345678901234567890123,1.10,\"\\u0041\"]}",
                 "{\"jobtype\":\"\\u00e9\",\"args\":[12345678901234567890123,1.10,\"\\u0041\"]"
		    "}"													      },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(payload(pairs[i][0]), pairs[i][1]);
}

static void
what_is_wrong_is_refused(void **state)
{
	static const char *const pairs[][2] = {
		{"{}",							       "422"},
		{ "{\"type\":\"\"}",						 "422"},
		{ "{\"type\":1}",						    "422"},
		{ "{\"type\":\"w\",\"other\":1}",                                    "422"},
		{ "{\"type\":\"w\",\"custom\":[]}",                                  "422"},
		{ "{\"type\":\"w\",\"id\":1}",                                       "422"},
		{ "{\"type\":\"w\",\"id\":\"a\\u0000b\"}",                           "422"},
		{ "{\"type\":\"w\",\"idempotency_key\":\"\"}",                       "422"},
		{ "{\"type\":\"w\",\"idempotency_key\":null}",                       "422"},
 /* Two who read it could each believe another one. */
		{ "{\"type\":\"w\",\"type\":\"v\"}",                                 "400"},
		{ "{\"type\":\"w\",\"custom\":{\"tags\":[\"a\"],\"tags\":[\"b\"]}}", "400"},
	};
	char body[1024] = "{\"type\":\"w\",\"id\":\"", *end = body + strlen(body);

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_string_equal(payload(pairs[i][0]), pairs[i][1]);
		assert_true(why[0] != '\0');
	}
	memset(end, 'x', NEW_JOB_ID_MAX + 1);
	strlcpy(end + NEW_JOB_ID_MAX + 1, "\"}", 3);
	assert_string_equal(payload(body), "422");
	strlcpy(end + NEW_JOB_ID_MAX, "\"}", 3);
	assert_string_equal(payload(body), "{\"jobtype\":\"w\",\"args\":[]}");
	assert_int_equal(strlen(job.id), NEW_JOB_ID_MAX);
}

static const char *
id_of(const char *tag, const char *header_key, const char *body)
{
	struct request request = { .status = 0 };
	struct buf out = { 0 };

	strlcpy(request.identity.tag, tag, sizeof(request.identity.tag));
	assert_int_equal(
	    new_job_write(&request, body, strlen(body), header_key, &out, &job, why), 0);
	buf_free(&out);
	return job.id;
}

static void
the_same_key_is_the_same_id(void **state)
{
	static const char plain[] = "{\"type\":\"w\"}";
	static const char keyed[] = "{\"type\":\"w\",\"idempotency_key\":\"k\\u0065y\"}";
	char first[NEW_JOB_ID_MAX + 1];

	(void)state;
	strlcpy(first, id_of("", NULL, keyed), sizeof(first));
	assert_string_equal(id_of("", "key", plain), first);
	assert_string_equal(id_of("", "other", keyed), first);
	assert_string_not_equal(id_of("tenant:1", "key", plain), first);
	assert_string_not_equal(id_of("", "other", plain), first);
	strlcpy(first, id_of("", NULL, plain), sizeof(first));
	assert_string_not_equal(id_of("", NULL, plain), first);
	assert_string_equal(id_of("", "key", "{\"type\":\"w\",\"id\":\"a\\\"b\"}"), "a\"b");
}

static void
what_it_becomes_is_said(void **state)
{
	static const char *const pairs[][2] = {
		{"{\"type\":\"w\"}",                                  "ready"    },
		{ "{\"type\":\"w\",\"at\":\"2001-01-01T00:00:00Z\"}", "ready"    },
		{ "{\"type\":\"w\",\"at\":\"2999-01-01T00:00:00Z\"}", "scheduled"},
		{ "{\"type\":\"w\",\"after\":[]}",                    "ready"    },
		{ "{\"type\":\"w\",\"after\":[\"a\"]}",               "blocked"  },
		{ "{\"type\":\"w\",\"custom\":{\"after\":[\"a\"]}}",  "blocked"  },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		payload(pairs[i][0]);
		assert_string_equal(job.state, pairs[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_go_where_the_queue_looks_for_them),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(the_same_key_is_the_same_id),
		cmocka_unit_test(what_it_becomes_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
