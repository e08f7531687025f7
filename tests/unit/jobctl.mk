# jobctl: what is in it that needs no server.
jobctl_unit_tests = \
	tests/unit/test_jobctl_import \
	tests/unit/test_jobctl_lines \
	tests/unit/test_jobctl_option \
	tests/unit/test_jobctl_value

if HAVE_CMOCKA
check_PROGRAMS += $(jobctl_unit_tests)
TESTS += $(jobctl_unit_tests)
endif

tests_unit_test_jobctl_import_SOURCES = tests/unit/test_jobctl_import.c src/jobctl/import_crontab.c \
	src/jobctl/import_procfile.c src/jobctl/import_supervisord.c src/jobctl/import_supervisord_section.c \
	src/jobctl/import_supervisord_value.c src/jobctl/import_words.c src/jobctl/import_write.c
tests_unit_test_jobctl_import_CPPFLAGS = $(src_jobctl_jobctl_CPPFLAGS)
tests_unit_test_jobctl_import_LDADD = $(UNIT_LDADD)

tests_unit_test_jobctl_lines_SOURCES = tests/unit/test_jobctl_lines.c src/jobctl/lines.c \
	src/jobctl/output_text.c src/jobctl/row.c src/jobctl/terminal.c src/jobctl/value.c
tests_unit_test_jobctl_lines_CPPFLAGS = $(src_jobctl_jobctl_CPPFLAGS)
tests_unit_test_jobctl_lines_LDADD = $(UNIT_LDADD)

tests_unit_test_jobctl_option_SOURCES = tests/unit/test_jobctl_option.c src/jobctl/option.c
tests_unit_test_jobctl_option_CPPFLAGS = $(src_jobctl_jobctl_CPPFLAGS)
tests_unit_test_jobctl_option_LDADD = $(UNIT_LDADD)

tests_unit_test_jobctl_value_SOURCES = tests/unit/test_jobctl_value.c src/jobctl/row.c src/jobctl/value.c
tests_unit_test_jobctl_value_CPPFLAGS = $(src_jobctl_jobctl_CPPFLAGS)
tests_unit_test_jobctl_value_LDADD = $(UNIT_LDADD)

fuzz_targets += tests/fuzz/fuzz_value
tests_fuzz_fuzz_value_SOURCES = tests/fuzz/fuzz_value.c src/jobctl/value.c
tests_fuzz_fuzz_value_CPPFLAGS = $(src_jobctl_jobctl_CPPFLAGS)
tests_fuzz_fuzz_value_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_value_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/value/array \
	tests/fuzz/corpus/value/status
