# Benchmarks of the queue.
EXTRA_PROGRAMS += tests/bench/store
tests_bench_store_SOURCES = tests/bench/store.c
tests_bench_store_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_bench_store_LDADD = src/jobd-scheduler/libscheduler.a src/lib/libbase.a $(SQLITE_LIBS) $(BSD_LIBS)

bench-programs: tests/bench/store$(EXEEXT)
