# Tests of lib/cron.
CRON_OR_FAIL = tests/unit/cron_or_fail.c tests/unit/cron_or_fail.h
cron_tests = \
	tests/unit/test_cron_calendar \
	tests/unit/test_cron_crontab \
	tests/unit/test_cron_next \
	tests/unit/test_cron_parse \
	tests/unit/test_cron_zone

if HAVE_CMOCKA
check_PROGRAMS += $(cron_tests)
TESTS += $(cron_tests)
endif

tests_unit_test_cron_calendar_SOURCES = tests/unit/test_cron_calendar.c
tests_unit_test_cron_calendar_LDADD = src/lib/libcron.a $(UNIT_LDADD)

tests_unit_test_cron_crontab_SOURCES = tests/unit/test_cron_crontab.c $(CRON_OR_FAIL)
tests_unit_test_cron_crontab_LDADD = src/lib/libcron.a $(UNIT_LDADD)

tests_unit_test_cron_next_SOURCES = tests/unit/test_cron_next.c $(CRON_OR_FAIL)
tests_unit_test_cron_next_LDADD = src/lib/libcron.a $(UNIT_LDADD)

tests_unit_test_cron_parse_SOURCES = tests/unit/test_cron_parse.c $(CRON_OR_FAIL)
tests_unit_test_cron_parse_LDADD = src/lib/libcron.a $(UNIT_LDADD)

tests_unit_test_cron_zone_SOURCES = tests/unit/test_cron_zone.c
tests_unit_test_cron_zone_LDADD = src/lib/libcron.a $(UNIT_LDADD)
