fuzz_targets += tests/fuzz/fuzz_http_answer

tests_fuzz_fuzz_http_answer_SOURCES = tests/fuzz/fuzz_http_answer.c src/jobd-runner/http_answer.c
tests_fuzz_fuzz_http_answer_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_fuzz_fuzz_http_answer_LDADD = $(FUZZ_DRIVER)
tests_fuzz_fuzz_http_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/http_answer/empty \
	tests/fuzz/corpus/http_answer/failing \
	tests/fuzz/corpus/http_answer/plain
