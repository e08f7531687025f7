# The language of schedules; the corpus holds one file for each way to write one.
fuzz_targets += tests/fuzz/fuzz_schedule

tests_fuzz_fuzz_schedule_SOURCES = tests/fuzz/fuzz_schedule.c
tests_fuzz_fuzz_schedule_LDADD = src/lib/libcron.a $(FUZZ_LIBS)
tests_fuzz_fuzz_schedule_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/schedule/at \
	tests/fuzz/corpus/schedule/cron \
	tests/fuzz/corpus/schedule/days \
	tests/fuzz/corpus/schedule/every \
	tests/fuzz/corpus/schedule/interval \
	tests/fuzz/corpus/schedule/keyed \
	tests/fuzz/corpus/schedule/nickname \
	tests/fuzz/corpus/schedule/nth \
	tests/fuzz/corpus/schedule/prefix \
	tests/fuzz/corpus/schedule/seconds \
	tests/fuzz/corpus/schedule/window \
	tests/fuzz/corpus/schedule/workday
