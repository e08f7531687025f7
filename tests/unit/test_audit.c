#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jobd-scheduler/audit.h"

#define DO(result)    assert_int_equal(result, STORE_OK)
#define SECOND        CLOCK_US_PER_SEC
#define NEVER_TOO_OLD (INT64_C(365) * 24 * 3600 * 1000)

static struct audit audit;
static struct store *store;

static int
begin(void **state)
{
	(void)state;
	audit = (struct audit){ .next = 0 };
	store = store_memory_open();
	return store == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	store->ops->close(store);
	return 0;
}

static void
note(int64_t at_us, const char *who, const char *object, int64_t keep)
{
	struct audit_record record = {
		.at.us = at_us + INT64_C(1000000) * SECOND, .verb = "PUSH", .result = "ok"
	};

	strlcpy(record.who, who, sizeof(record.who));
	strlcpy(record.object, object, sizeof(record.object));
	DO(audit_note(&audit, store, &record, keep, NEVER_TOO_OLD));
}

static bool
collect(void *arg, const struct audit_record *record)
{
	char text[400];

	snprintf(text, sizeof(text), "%s:%s:%d ", record->who, record->object, (int)record->count);
	strlcat(arg, text, 4000);
	return true;
}

static const char *
all(void)
{
	static char text[4000];
	struct audit_filter filter = { .limit = 1000 };

	text[0] = '\0';
	DO(audit_flush(&audit, store));
	DO(store->ops->audit_list(store, &filter, collect, text));
	return text;
}

static void
the_same_again_is_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		note(i, "shop", "mail", 100);
	note(1001, "shop", "report", 100);
	note(1002, "other", "mail", 100);
	note(1003, "shop", "mail", 100);
	assert_string_equal(all(), "other:mail:1 shop:report:1 shop:mail:1001 ");
}

static void
a_minute_later_it_is_another_record(void **state)
{
	(void)state;
	note(0, "shop", "mail", 100);
	note(59 * SECOND, "shop", "mail", 100);
	note(60 * SECOND, "shop", "mail", 100);
	/* Nor does a clock that was set back add to what is later. */
	note(-5 * SECOND, "shop", "mail", 100);
	assert_string_equal(all(), "shop:mail:1 shop:mail:1 shop:mail:2 ");
}

static void
what_was_counted_is_written_before_it_is_forgotten(void **state)
{
	char object[20];

	(void)state;
	note(0, "shop", "mail", 100);
	note(0, "shop", "mail", 100);
	for (int i = 0; i < AUDIT_RECENT; i++) {
		snprintf(object, sizeof(object), "%d", i);
		note(0, "shop", object, 100);
	}
	audit_forget(&audit);
	assert_non_null(strstr(all(), "shop:mail:2 "));
}

static void
a_lost_turn_leaves_nothing(void **state)
{
	(void)state;
	DO(store->ops->commit(store));
	note(0, "shop", "mail", 100);
	store->ops->rollback(store);
	audit_forget(&audit);
	note(1, "shop", "mail", 100);
	assert_string_equal(all(), "shop:mail:1 ");
}

static void
it_does_not_grow(void **state)
{
	char object[20];
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(object, sizeof(object), "%d", i);
		note(0, "a", object, 10);
	}
	for (const char *at = all(); (at = strchr(at, ' ')) != NULL; at++)
		count++;
	assert_in_range(count, 10, 10 + 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_again_is_counted, begin, end),
		cmocka_unit_test_setup_teardown(a_minute_later_it_is_another_record, begin, end),
		cmocka_unit_test_setup_teardown(
		    what_was_counted_is_written_before_it_is_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(a_lost_turn_leaves_nothing, begin, end),
		cmocka_unit_test_setup_teardown(it_does_not_grow, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
