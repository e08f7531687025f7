# Tests of jobd-outbox that need no libpq.
outbox_tests = \
	tests/unit/test_outbox_batch \
	tests/unit/test_outbox_row

if HAVE_CMOCKA
check_PROGRAMS += $(outbox_tests)
TESTS += $(outbox_tests)
endif

tests_unit_test_outbox_row_SOURCES = tests/unit/test_outbox_row.c src/jobd-outbox/row.c
tests_unit_test_outbox_row_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_outbox_row_LDADD = $(UNIT_LDADD)

tests_unit_test_outbox_batch_SOURCES = tests/unit/test_outbox_batch.c src/jobd-outbox/answer.c \
	src/jobd-outbox/batch.c src/jobd-outbox/row.c
tests_unit_test_outbox_batch_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_outbox_batch_LDADD = $(UNIT_LDADD)
