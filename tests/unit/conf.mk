# Tests of the configuration library.
CONF_LDADD = src/lib/libconf.a src/lib/libcron.a $(UNIT_LDADD) $(CONFUSE_LIBS)
CONF_FILES = tests/unit/conf_files.c tests/unit/conf_files.h

conf_tests = \
	tests/unit/test_conf \
	tests/unit/test_conf_alerts \
	tests/unit/test_conf_errors \
	tests/unit/test_conf_files \
	tests/unit/test_conf_guard \
	tests/unit/test_conf_jobs \
	tests/unit/test_conf_options \
	tests/unit/test_conf_outbox \
	tests/unit/test_conf_queue \
	tests/unit/test_conf_snapshot \
	tests/unit/test_conf_system \
	tests/unit/test_conf_webhooks

if HAVE_CMOCKA
check_PROGRAMS += $(conf_tests)
TESTS += $(conf_tests)
endif

tests_unit_test_conf_SOURCES = tests/unit/test_conf.c $(CONF_FILES)
tests_unit_test_conf_LDADD = $(CONF_LDADD)

tests_unit_test_conf_alerts_SOURCES = tests/unit/test_conf_alerts.c $(CONF_FILES)
tests_unit_test_conf_alerts_LDADD = $(CONF_LDADD)

tests_unit_test_conf_errors_SOURCES = tests/unit/test_conf_errors.c $(CONF_FILES)
tests_unit_test_conf_errors_LDADD = $(CONF_LDADD)

tests_unit_test_conf_files_SOURCES = tests/unit/test_conf_files.c $(CONF_FILES)
tests_unit_test_conf_files_LDADD = $(CONF_LDADD)

tests_unit_test_conf_guard_SOURCES = tests/unit/test_conf_guard.c $(CONF_FILES)
tests_unit_test_conf_guard_LDADD = $(CONF_LDADD)

tests_unit_test_conf_jobs_SOURCES = tests/unit/test_conf_jobs.c $(CONF_FILES)
tests_unit_test_conf_jobs_LDADD = $(CONF_LDADD)

tests_unit_test_conf_queue_SOURCES = tests/unit/test_conf_queue.c $(CONF_FILES)
tests_unit_test_conf_queue_LDADD = $(CONF_LDADD)

tests_unit_test_conf_outbox_SOURCES = tests/unit/test_conf_outbox.c $(CONF_FILES)
tests_unit_test_conf_outbox_LDADD = $(CONF_LDADD)

tests_unit_test_conf_options_SOURCES = tests/unit/test_conf_options.c $(CONF_FILES)
tests_unit_test_conf_options_LDADD = $(CONF_LDADD)

tests_unit_test_conf_snapshot_SOURCES = tests/unit/test_conf_snapshot.c $(CONF_FILES)
tests_unit_test_conf_snapshot_LDADD = $(CONF_LDADD)

tests_unit_test_conf_webhooks_SOURCES = tests/unit/test_conf_webhooks.c $(CONF_FILES)
tests_unit_test_conf_webhooks_LDADD = $(CONF_LDADD)

tests_unit_test_conf_system_SOURCES = tests/unit/test_conf_system.c $(CONF_FILES)
tests_unit_test_conf_system_LDADD = $(CONF_LDADD)
