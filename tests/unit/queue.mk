# Unit tests of what becomes of jobs.
queue_tests = \
	tests/unit/test_key \
	tests/unit/test_forget \
	tests/unit/test_life \
	tests/unit/test_store_names \
	tests/unit/test_limit \
	tests/unit/test_pick \
	tests/unit/test_queue_gate \
	tests/unit/test_queue_link \
	tests/unit/test_retention \
	tests/unit/test_routine

if HAVE_CMOCKA
check_PROGRAMS += $(queue_tests)
TESTS += $(queue_tests)
endif

tests_unit_test_forget_SOURCES = tests/unit/test_forget.c $(QUEUE_JOBS)
tests_unit_test_forget_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_forget_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_names_SOURCES = tests/unit/test_store_names.c
tests_unit_test_store_names_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_names_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_life_SOURCES = tests/unit/test_life.c $(QUEUE_JOBS)
tests_unit_test_life_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_life_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_limit_SOURCES = tests/unit/test_limit.c
tests_unit_test_limit_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_limit_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_pick_SOURCES = tests/unit/test_pick.c
tests_unit_test_pick_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_pick_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_queue_gate_SOURCES = tests/unit/test_queue_gate.c $(QUEUE_JOBS)
tests_unit_test_queue_gate_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_queue_gate_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_queue_link_SOURCES = tests/unit/test_queue_link.c $(QUEUE_JOBS)
tests_unit_test_queue_link_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_queue_link_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_routine_SOURCES = tests/unit/test_routine.c $(QUEUE_SETUP)
tests_unit_test_routine_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_routine_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_key_SOURCES = tests/unit/test_key.c
tests_unit_test_key_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_key_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_retention_SOURCES = tests/unit/test_retention.c
tests_unit_test_retention_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_retention_LDADD = $(SCHEDULER_TEST_LDADD)

EXTRA_DIST += tests/e2e/test_queue_life.py tests/e2e/test_queue_cost.py
