# Unit tests of jobd's pure parts.
core_unit_tests = \
	tests/unit/test_restart \
	tests/unit/test_state

if HAVE_CMOCKA
check_PROGRAMS += $(core_unit_tests)
TESTS += $(core_unit_tests)
endif

tests_unit_test_restart_SOURCES = tests/unit/test_restart.c src/jobd/exit_info.c src/jobd/restart.c
tests_unit_test_restart_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src/jobd
tests_unit_test_restart_LDADD = $(UNIT_LDADD)

tests_unit_test_state_SOURCES = tests/unit/test_state.c src/jobd/state.c
tests_unit_test_state_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src/jobd
tests_unit_test_state_LDADD = $(UNIT_LDADD)
