# Texts with {{names}} of a job's arguments.
fuzz_targets += tests/fuzz/fuzz_template

tests_fuzz_fuzz_template_SOURCES = tests/fuzz/fuzz_template.c $(jobd_runner_template) \
	src/jobd-runner/word.c
tests_fuzz_fuzz_template_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(JANSSON_CFLAGS)
tests_fuzz_fuzz_template_LDADD = $(FUZZ_LIBS) $(JANSSON_LIBS)
tests_fuzz_fuzz_template_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/template/html \
	tests/fuzz/corpus/template/line \
	tests/fuzz/corpus/template/url
