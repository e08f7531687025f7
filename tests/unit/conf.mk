# Tests of the configuration library.
CONF_LDADD = src/lib/libconf.a src/lib/libcron.a $(UNIT_LDADD) $(CONFUSE_LIBS)
CONF_FILES = tests/unit/conf_files.c tests/unit/conf_files.h

conf_tests = \
	tests/unit/test_conf

if HAVE_CMOCKA
check_PROGRAMS += $(conf_tests)
TESTS += $(conf_tests)
endif

tests_unit_test_conf_SOURCES = tests/unit/test_conf.c $(CONF_FILES)
tests_unit_test_conf_LDADD = $(CONF_LDADD)
