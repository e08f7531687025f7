#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-outbox/batch.h"

#define ROWS 4

static bool
is_unique_type(const void *arg, const char *type)
{
	(void)arg;
	(void)type;
	return true;
}

static const struct row_rules rules = {
	.outbox = "app", .type = "t", .is_unique_type = is_unique_type
};
static struct row_columns columns;
static const char *args_of_third; /* NULL: good ones */

static const char *const *
values_of(void *arg, size_t row)
{
	static const char *values[2];
	static char id[24];

	(void)arg;
	snprintf(id, sizeof(id), "%zu", row);
	values[0] = id;
	values[1] = row == 2 ? args_of_third : NULL;
	return values;
}

static const struct batch_source source = { &columns, &rules, values_of, NULL };

static int
begin(void **state)
{
	static const char *const names[] = { "id", "args" };
	static struct batch batch;
	char why[ROW_WHY_MAX];

	*state = &batch;
	args_of_third = NULL;
	return row_columns_read(&columns, &rules, names, 2, why) == 0 &&
		       batch_begin(&batch, ROWS) == 0
		   ? 0
		   : -1;
}

static int
end(void **state)
{
	batch_clear(*state);
	return 0;
}

/* How many jobs the next request has. */
static size_t
request(struct batch *batch)
{
	size_t len, count = 0;
	char *line = batch_request(batch, &source, &len);

	for (const char *at = line; at != NULL && (at = strstr(at, "\"jid\"")) != NULL; at++)
		count++;
	free(line);
	return count;
}

static int
answer(struct batch *batch, enum resp_kind kind, const char *text)
{
	struct resp_item item = { .kind = kind, .data = text, .len = strlen(text) };
	char why[ROW_WHY_MAX];

	return batch_answer(batch, &item, why);
}

static void
what_is_not_refused_is_done(void **state)
{
	struct batch *batch = *state;

	assert_int_equal(request(batch), ROWS);
	assert_int_equal(answer(batch, RESP_BULK, "{}"), 0);
	for (size_t i = 0; i < ROWS; i++)
		assert_int_equal(batch->rows[i].fate, FATE_DONE);
	assert_int_equal(request(batch), 0);
	assert_int_equal(batch_unsure(batch), ROWS);
	assert_false(batch_is_known(batch));
}

static void
what_the_queue_has_is_known(void **state)
{
	struct batch *batch = *state;

	request(batch);
	assert_int_equal(
	    answer(batch, RESP_BULK,
		"{\"outbox-app-0\":\"Job not unique\",\"outbox-app-1\":\"there is a job with the "
		"jid outbox-app-1 already\",\"outbox-app-2\":\"the job 't' is disabled\"}"),
	    0);
	assert_int_equal(batch->rows[0].fate, FATE_KNOWN);
	assert_int_equal(batch->rows[1].fate, FATE_KNOWN);
	assert_int_equal(batch->rows[3].fate, FATE_DONE);
	/* It is asked whether there is such a job. */
	assert_int_equal(batch_unsure(batch), 2);
	batch_settle(batch, 2, false);
	assert_int_equal(batch_unsure(batch), ROWS);
	assert_int_equal(batch->rows[2].fate, FATE_REFUSED);
	assert_string_equal(batch->rows[2].why, "the job 't' is disabled");
}

static void
a_row_that_is_no_job_is_not_sent(void **state)
{
	struct batch *batch = *state;

	args_of_third = "{}";
	assert_int_equal(request(batch), ROWS - 1);
	assert_int_equal(batch->rows[2].fate, FATE_REFUSED);
	assert_int_equal(answer(batch, RESP_BULK, "{}"), 0);
	assert_int_equal(batch->rows[2].fate, FATE_REFUSED);
	assert_int_equal(batch->rows[3].fate, FATE_DONE);
}

static void
one_that_spoils_the_list_is_found(void **state)
{
	struct batch *batch = *state;

	assert_int_equal(request(batch), ROWS);
	assert_int_equal(answer(batch, RESP_ERROR, "ERR invalid JSON: too deep"), 0);
	for (size_t i = 0; i < ROWS; i++) {
		assert_int_equal(request(batch), 1);
		if (i == 2)
			answer(batch, RESP_ERROR, "ERR invalid JSON: too deep");
		else
			answer(batch, RESP_BULK, "{}");
	}
	assert_int_equal(request(batch), 0);
	assert_int_equal(batch->rows[1].fate, FATE_DONE);
	assert_int_equal(batch->rows[2].fate, FATE_REFUSED);
	assert_string_equal(batch->rows[2].why, "ERR invalid JSON: too deep");
	assert_int_equal(batch->rows[3].fate, FATE_DONE);
}

static void
trouble_refuses_no_row(void **state)
{
	static const char *const troubles[] = { "STORE the disk is full",
		"ERR shutdown in progress", "ERR no memory for a list of 5 bytes" };
	struct batch *batch = *state;

	request(batch);
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		assert_int_equal(answer(batch, RESP_ERROR, troubles[i]), -1);
	assert_int_equal(answer(batch, RESP_BULK, "no JSON"), -1);
	for (size_t i = 0; i < ROWS; i++)
		assert_int_equal(batch->rows[i].fate, FATE_SENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_not_refused_is_done, begin, end),
		cmocka_unit_test_setup_teardown(what_the_queue_has_is_known, begin, end),
		cmocka_unit_test_setup_teardown(a_row_that_is_no_job_is_not_sent, begin, end),
		cmocka_unit_test_setup_teardown(one_that_spoils_the_list_is_found, begin, end),
		cmocka_unit_test_setup_teardown(trouble_refuses_no_row, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
