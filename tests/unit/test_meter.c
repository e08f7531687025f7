/* Figures of queues and schedules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/meter.h"

static const char *
rendered(const struct meter *meter, enum meter_kind kind, size_t index)
{
	static char text[2000];
	struct json json;

	json_begin(&json, text, sizeof(text));
	meter_render(meter, kind, index, &json);
	assert_true(json_end(&json) > 0);
	return text;
}

static void
assert_has(const struct meter *meter, enum meter_kind kind, size_t index, const char *part)
{
	const char *text = rendered(meter, kind, index);

	if (strstr(text, part) == NULL)
		fail_msg("%s is not in %s", part, text);
}

static void
times_fall_into_their_buckets(void **state)
{
	struct meter *meter = meter_new();

	(void)state;
	meter_add(meter, METER_QUEUE, "mailers", METER_PUSHED, 1);
	meter_attempt(meter, "mailers", true, 5, 6);
	meter_attempt(meter, "mailers", false, 7200001, 0);
	meter_settle(meter, true);
	assert_int_equal(meter_size(meter, METER_QUEUE), 2);
	assert_has(meter, METER_QUEUE, 1,
	    "{\"queue\":\"mailers\",\"pushed\":1,\"done\":1,\"failed\":1,\"dead\":0,");
	assert_has(meter, METER_QUEUE, 1,
	    "\"wait\":{\"sum_ms\":6,\"counts\":[1,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}");
	assert_has(meter, METER_QUEUE, 1,
	    "\"run\":{\"sum_ms\":7200006,\"counts\":[0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]}");
	meter_free(meter);
}

static void
a_lost_turn_never_was(void **state)
{
	struct meter *meter = meter_new();

	(void)state;
	meter_add(meter, METER_SCHEDULE, "report", METER_RAN, 1);
	meter_settle(meter, true);
	for (int i = 0; i < 1000; i++) {
		meter_add(meter, METER_SCHEDULE, "report", METER_RAN, 1);
		meter_add(meter, METER_SCHEDULE, "report", METER_MISSED, 1);
	}
	meter_settle(meter, false);
	assert_string_equal(rendered(meter, METER_SCHEDULE, 1),
	    "{\"schedule\":\"report\",\"ran\":1,\"missed\":0,\"skipped\":0}");
	meter_free(meter);
}

static void
too_many_names_are_counted_together(void **state)
{
	struct meter *meter = meter_new();
	char name[20];

	(void)state;
	for (int i = 0; i < 3 * METER_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "q%d", i);
		meter_add(meter, METER_QUEUE, name, METER_PUSHED, 1);
		meter_add(meter, METER_QUEUE, "q7", METER_PUSHED, 1);
	}
	assert_int_equal(meter_size(meter, METER_QUEUE), METER_NAMES_MAX + 1);
	assert_has(meter, METER_QUEUE, 0, "{\"queue\":\"\",\"pushed\":1000,");
	assert_has(meter, METER_QUEUE, 2, "\"pushed\":1501,");
	meter_free(meter);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_fall_into_their_buckets),
		cmocka_unit_test(a_lost_turn_never_was),
		cmocka_unit_test(too_many_names_are_counted_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
