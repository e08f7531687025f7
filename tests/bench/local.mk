# Benchmarks: built by `make bench-programs`, run by hand; they print figures and assert nothing.
EXTRA_PROGRAMS += tests/bench/floor tests/bench/queue_client tests/bench/stamp
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_queue_client_SOURCES = tests/bench/queue_client.c
tests_bench_stamp_SOURCES = tests/bench/stamp.c
EXTRA_DIST += tests/bench/queue.py tests/bench/queue_clients.py tests/bench/queue_servers.py tests/bench/clients tests/bench/supervision.py tests/bench/ticks.py tests/bench/waiting.py tests/bench/web.py tests/bench/web_push.lua

bench-programs: tests/bench/command_job$(EXEEXT) tests/bench/http_jobs$(EXEEXT) tests/bench/floor$(EXEEXT) tests/bench/queue_client$(EXEEXT) tests/bench/stamp$(EXEEXT)
.PHONY: bench-programs
