# Tests of jobd's control socket, reload plan and event journal.
control_tests = \
	tests/unit/test_journal \
	tests/unit/test_names \
	tests/unit/test_plan

control_test_cppflags = $(AM_CPPFLAGS) $(EVENT_CFLAGS) -I$(srcdir)/src

if HAVE_CMOCKA
check_PROGRAMS += $(control_tests)
TESTS += $(control_tests)
endif

tests_unit_test_journal_SOURCES = tests/unit/test_journal.c src/jobd/journal.c src/jobd/state.c
tests_unit_test_journal_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_journal_LDADD = $(UNIT_LDADD)

tests_unit_test_names_SOURCES = tests/unit/test_names.c src/jobd/names.c
tests_unit_test_names_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_names_LDADD = $(UNIT_LDADD)

tests_unit_test_plan_SOURCES = tests/unit/test_plan.c src/jobd/plan.c $(CONF_FILES)
tests_unit_test_plan_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_plan_LDADD = $(CONF_LDADD)
