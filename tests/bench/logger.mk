# The log benchmark: tests/bench/logger.py runs them.
EXTRA_PROGRAMS += tests/bench/logger_floor tests/bench/logger_writer
tests_bench_logger_floor_SOURCES = tests/bench/logger_floor.c
tests_bench_logger_writer_SOURCES = tests/bench/logger_writer.c
EXTRA_DIST += tests/bench/logger.py tests/e2e/logger_alone.py tests/e2e/test_logger_alone.py \
	tests/e2e/test_logger_disk.py tests/e2e/test_logger_socket.py

bench-programs: tests/bench/logger_floor$(EXEEXT) tests/bench/logger_writer$(EXEEXT)
