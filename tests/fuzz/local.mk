# Parsers of outside input, fed with anything: ./configure CC=clang --enable-fuzzing, then run
# tests/fuzz/fuzz_NAME tests/fuzz/corpus/NAME. One line in fuzz_targets and three below for each.
# In any other build they are tests, fed by driver.c.
FUZZ_LIBS = src/lib/libproto.a src/lib/libbase.a $(BSD_LIBS) $(FUZZ_DRIVER)

fuzz_targets = \
	tests/fuzz/fuzz_control \
	tests/fuzz/fuzz_request \
	tests/fuzz/fuzz_resp

if FUZZING
FUZZ_LINK = -fsanitize=fuzzer
noinst_PROGRAMS += $(fuzz_targets)
else
FUZZ_DRIVER = tests/fuzz/libdriver.a
check_LIBRARIES += tests/fuzz/libdriver.a
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
CLEANFILES += tests/fuzz/*.input
endif

tests_fuzz_libdriver_a_SOURCES = tests/fuzz/driver.c

tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c src/jobd/state.c src/jobd/health.c src/jobd/exit_info.c \
	$(jobd_control_sources) tests/unit/control_fake.c tests/unit/control_fake.h
tests_fuzz_fuzz_control_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) -I$(srcdir)/src
tests_fuzz_fuzz_control_LDADD = src/lib/libconf.a src/lib/libcron.a $(FUZZ_LIBS) $(CONFUSE_LIBS) $(EVENT_LIBS)
tests_fuzz_fuzz_control_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

tests_fuzz_fuzz_request_SOURCES = tests/fuzz/fuzz_request.c
tests_fuzz_fuzz_request_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

tests_fuzz_fuzz_resp_SOURCES = tests/fuzz/fuzz_resp.c
tests_fuzz_fuzz_resp_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_resp_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/control/act \
	tests/fuzz/corpus/control/look \
	tests/fuzz/corpus/control/rest \
	tests/fuzz/corpus/request/run \
	tests/fuzz/corpus/request/status \
	tests/fuzz/corpus/request/tail \
	tests/fuzz/corpus/resp/lines \
	tests/fuzz/corpus/resp/logs \
	tests/fuzz/corpus/resp/status
