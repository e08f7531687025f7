# Unit tests: one line in unit_tests and one _SOURCES line each; they link the libraries named here.
AM_TESTS_ENVIRONMENT = srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)'; export srcdir builddir;
UNIT_LDADD = src/lib/libproto.a src/lib/libbase.a $(BSD_LIBS) $(CMOCKA_LIBS)

unit_tests = \
	tests/unit/test_base \
	tests/unit/test_client \
	tests/unit/test_request \
	tests/unit/test_resp

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_LDADD = $(UNIT_LDADD)

tests_unit_test_request_SOURCES = tests/unit/test_request.c
tests_unit_test_request_LDADD = $(UNIT_LDADD)

tests_unit_test_client_SOURCES = tests/unit/test_client.c
tests_unit_test_client_LDADD = $(UNIT_LDADD)

tests_unit_test_resp_SOURCES = tests/unit/test_resp.c
tests_unit_test_resp_LDADD = $(UNIT_LDADD)

include tests/fuzz/local.mk
include tests/check/local.mk
include tests/fuzz/conf.mk
include tests/fuzz/queue.mk
include tests/fuzz/schedule.mk
include tests/fuzz/health.mk
include tests/fuzz/template.mk
include tests/fuzz/web.mk
include tests/unit/conf.mk
include tests/unit/control.mk
include tests/unit/cron.mk
include tests/unit/jobctl.mk
include tests/unit/logger.mk
include tests/unit/outbox.mk
include tests/unit/runner.mk
include tests/unit/scheduler.mk
include tests/unit/queue.mk
include tests/unit/web.mk
include tests/unit/core.mk
include tests/bench/local.mk
include tests/bench/queue.mk
include tests/bench/logger.mk
