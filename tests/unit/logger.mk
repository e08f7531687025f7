# Tests of jobd-logger's pure files and of its journal.
logger_tests = \
	tests/unit/test_logger_channel \
	tests/unit/test_logger_file \
	tests/unit/test_logger_journal \
	tests/unit/test_logger_lines \
	tests/unit/test_logger_rotate

logger_test_journal = src/jobd-logger/journal.c src/jobd-logger/journal_chunk.c
logger_test_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/src

if HAVE_CMOCKA
check_PROGRAMS += $(logger_tests)
TESTS += $(logger_tests)
endif

tests_unit_test_logger_channel_SOURCES = tests/unit/test_logger_channel.c src/jobd-logger/channel.c
tests_unit_test_logger_channel_CPPFLAGS = $(logger_test_cppflags)
tests_unit_test_logger_channel_LDADD = $(UNIT_LDADD)

tests_unit_test_logger_file_SOURCES = tests/unit/test_logger_file.c \
	src/jobd-logger/generations.c $(logger_test_journal) \
	src/jobd-logger/lines.c src/jobd-logger/rotate.c src/jobd-logger/sink_file.c
tests_unit_test_logger_file_CPPFLAGS = $(logger_test_cppflags)
tests_unit_test_logger_file_LDADD = $(UNIT_LDADD)

tests_unit_test_logger_journal_SOURCES = tests/unit/test_logger_journal.c \
	src/jobd-logger/drop.c $(logger_test_journal) src/jobd-logger/lines.c
tests_unit_test_logger_journal_CPPFLAGS = $(logger_test_cppflags)
tests_unit_test_logger_journal_LDADD = $(UNIT_LDADD)

tests_unit_test_logger_lines_SOURCES = tests/unit/test_logger_lines.c src/jobd-logger/lines.c
tests_unit_test_logger_lines_CPPFLAGS = $(logger_test_cppflags)
tests_unit_test_logger_lines_LDADD = $(UNIT_LDADD)

tests_unit_test_logger_rotate_SOURCES = tests/unit/test_logger_rotate.c \
	src/jobd-logger/lines.c src/jobd-logger/rotate.c
tests_unit_test_logger_rotate_CPPFLAGS = $(logger_test_cppflags)
tests_unit_test_logger_rotate_LDADD = $(UNIT_LDADD)
