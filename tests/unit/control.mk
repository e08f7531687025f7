# Tests of jobd's control socket, reload plan and event journal.
control_tests = \
	tests/unit/test_control \
	tests/unit/test_control_action \
	tests/unit/test_control_deadline \
	tests/unit/test_control_health \
	tests/unit/test_control_verbs \
	tests/unit/test_journal \
	tests/unit/test_names \
	tests/unit/test_plan

control_test_cppflags = $(AM_CPPFLAGS) $(EVENT_CFLAGS) -I$(srcdir)/src

if HAVE_CMOCKA
check_PROGRAMS += $(control_tests)
TESTS += $(control_tests)
endif

tests_unit_test_journal_SOURCES = tests/unit/test_journal.c src/jobd/journal.c src/jobd/note.c src/jobd/state.c
tests_unit_test_journal_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_journal_LDADD = $(UNIT_LDADD)

tests_unit_test_names_SOURCES = tests/unit/test_names.c src/jobd/names.c
tests_unit_test_names_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_names_LDADD = $(UNIT_LDADD)

tests_unit_test_plan_SOURCES = tests/unit/test_plan.c src/jobd/plan.c $(CONF_FILES)
tests_unit_test_plan_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_plan_LDADD = $(CONF_LDADD)

CONTROL_FAKE = src/jobd/state.c src/jobd/health.c src/jobd/health.h src/jobd/exit_info.c src/jobd/exit_info.h $(jobd_control_sources) tests/unit/control_fake.c tests/unit/control_fake.h \
	tests/unit/control_peer_fake.c tests/unit/control_peer_fake.h $(CONF_FILES)

tests_unit_test_control_SOURCES = tests/unit/test_control.c $(CONTROL_FAKE)
tests_unit_test_control_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_control_LDADD = $(CONF_LDADD) $(EVENT_LIBS)

tests_unit_test_control_deadline_SOURCES = tests/unit/test_control_deadline.c $(CONTROL_FAKE)
# Nobody wants to wait for half a minute; sanitizers need more than a blink.
tests_unit_test_control_deadline_CPPFLAGS = $(control_test_cppflags) -DCONTROL_DEADLINE_MS=300
tests_unit_test_control_deadline_LDADD = $(CONF_LDADD) $(EVENT_LIBS)

tests_unit_test_control_action_SOURCES = tests/unit/test_control_action.c $(CONTROL_FAKE)
tests_unit_test_control_action_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_control_action_LDADD = $(CONF_LDADD) $(EVENT_LIBS)

tests_unit_test_control_verbs_SOURCES = tests/unit/test_control_verbs.c $(CONTROL_FAKE)
tests_unit_test_control_verbs_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_control_verbs_LDADD = $(CONF_LDADD) $(EVENT_LIBS)

tests_unit_test_control_health_SOURCES = tests/unit/test_control_health.c $(CONTROL_FAKE)
tests_unit_test_control_health_CPPFLAGS = $(control_test_cppflags)
tests_unit_test_control_health_LDADD = src/lib/libproto.a $(CONF_LDADD) $(EVENT_LIBS)
