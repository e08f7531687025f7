# Tests of what runs other programs: lib/exec, lib/members, jobd-runner.
runner_tests = \
	tests/unit/test_breaker \
	tests/unit/test_capture \
	tests/unit/test_condition \
	tests/unit/test_exec \
	tests/unit/test_exec_child \
	tests/unit/test_exec_env_file \
	tests/unit/test_exec_quick \
	tests/unit/test_address \
	tests/unit/test_http_answer \
	tests/unit/test_http_status \
	tests/unit/test_mail_text \
	tests/unit/test_members \
	tests/unit/test_memory_pause \
	tests/unit/test_path_pattern \
	tests/unit/test_probe_rule \
	tests/unit/test_result \
	tests/unit/test_runner_job \
	tests/unit/test_signature \
	tests/unit/test_slots \
	tests/unit/test_template \
	tests/unit/test_watch

if HAVE_CMOCKA
check_PROGRAMS += $(runner_tests)
TESTS += $(runner_tests)
endif

EXEC_RUN = tests/unit/exec_run.c tests/unit/exec_run.h
tests_unit_test_exec_SOURCES = tests/unit/test_exec.c $(EXEC_RUN)
tests_unit_test_exec_LDADD = src/lib/libexec.a $(UNIT_LDADD)

tests_unit_test_exec_child_SOURCES = tests/unit/test_exec_child.c $(EXEC_RUN)
tests_unit_test_exec_child_LDADD = src/lib/libexec.a $(UNIT_LDADD)

tests_unit_test_exec_quick_SOURCES = tests/unit/test_exec_quick.c $(EXEC_RUN)
tests_unit_test_exec_quick_LDADD = src/lib/libexec.a $(UNIT_LDADD)

tests_unit_test_exec_env_file_SOURCES = tests/unit/test_exec_env_file.c
tests_unit_test_exec_env_file_LDADD = src/lib/libexec.a $(UNIT_LDADD)

tests_unit_test_members_SOURCES = tests/unit/test_members.c
tests_unit_test_members_LDADD = src/lib/libmembers.a $(UNIT_LDADD)

tests_unit_test_capture_SOURCES = tests/unit/test_capture.c src/jobd-runner/capture.c
tests_unit_test_capture_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_capture_LDADD = $(UNIT_LDADD)

tests_unit_test_condition_SOURCES = tests/unit/test_condition.c src/jobd-runner/capture.c \
	src/jobd-runner/condition.c src/jobd-runner/result.c
tests_unit_test_condition_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(JANSSON_CFLAGS)
tests_unit_test_condition_LDADD = src/lib/libconf.a $(UNIT_LDADD) $(JANSSON_LIBS)

tests_unit_test_slots_SOURCES = tests/unit/test_slots.c src/jobd-runner/slots.c
tests_unit_test_slots_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_slots_LDADD = $(UNIT_LDADD)

tests_unit_test_result_SOURCES = tests/unit/test_result.c src/jobd-runner/capture.c \
	src/jobd-runner/result.c
tests_unit_test_result_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(JANSSON_CFLAGS)
tests_unit_test_result_LDADD = $(UNIT_LDADD) $(JANSSON_LIBS)

tests_unit_test_runner_job_SOURCES = tests/unit/test_runner_job.c src/jobd-runner/job.c \
	src/jobd-runner/word.c
tests_unit_test_runner_job_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(JANSSON_CFLAGS)
tests_unit_test_runner_job_LDADD = $(UNIT_LDADD) $(JANSSON_LIBS)

tests_unit_test_breaker_SOURCES = tests/unit/test_breaker.c src/jobd-runner/breaker.c
tests_unit_test_breaker_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_breaker_LDADD = $(UNIT_LDADD)

tests_unit_test_address_SOURCES = tests/unit/test_address.c
tests_unit_test_address_LDADD = $(UNIT_LDADD)

tests_unit_test_http_answer_SOURCES = tests/unit/test_http_answer.c src/jobd-runner/http_answer.c
tests_unit_test_http_answer_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_http_answer_LDADD = $(UNIT_LDADD)

tests_unit_test_http_status_SOURCES = tests/unit/test_http_status.c src/jobd-runner/http_status.c
tests_unit_test_http_status_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_http_status_LDADD = $(UNIT_LDADD)

tests_unit_test_mail_text_SOURCES = tests/unit/test_mail_text.c src/jobd-runner/mail_text.c
tests_unit_test_mail_text_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_mail_text_LDADD = $(UNIT_LDADD)

tests_unit_test_signature_SOURCES = tests/unit/test_signature.c src/jobd-runner/signature.c
tests_unit_test_signature_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(OPENSSL_CFLAGS)
tests_unit_test_signature_LDADD = $(UNIT_LDADD) $(OPENSSL_LIBS)

tests_unit_test_memory_pause_SOURCES = tests/unit/test_memory_pause.c src/jobd-runner/memory_pause.c
tests_unit_test_memory_pause_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_memory_pause_LDADD = $(UNIT_LDADD)

tests_unit_test_watch_SOURCES = tests/unit/test_watch.c src/jobd-runner/watch.c \
	src/jobd-runner/watch_scan.c src/jobd-runner/path_pattern.c $(CONF_FILES)
tests_unit_test_watch_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) -I$(srcdir)/src
tests_unit_test_watch_LDADD = $(CONF_LDADD) $(EVENT_LIBS)

tests_unit_test_path_pattern_SOURCES = tests/unit/test_path_pattern.c src/jobd-runner/path_pattern.c
tests_unit_test_path_pattern_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_path_pattern_LDADD = $(UNIT_LDADD)

tests_unit_test_probe_rule_SOURCES = tests/unit/test_probe_rule.c src/jobd-runner/probe_rule.c
tests_unit_test_probe_rule_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_probe_rule_LDADD = $(UNIT_LDADD)

tests_unit_test_template_SOURCES = tests/unit/test_template.c $(jobd_runner_template) \
	src/jobd-runner/word.c
tests_unit_test_template_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(JANSSON_CFLAGS)
tests_unit_test_template_LDADD = $(UNIT_LDADD) $(JANSSON_LIBS)

# Prints the snapshot of a configuration file: what jobd hands to its children.
noinst_PROGRAMS += tests/e2e/conf_snapshot
tests_e2e_conf_snapshot_SOURCES = tests/e2e/conf_snapshot.c
tests_e2e_conf_snapshot_LDADD = src/lib/libconf.a src/lib/libcron.a src/lib/libbase.a \
	$(CONFUSE_LIBS) $(BSD_LIBS)

# tests/bench/command_job src/jobd-runner/jobd-runner
EXTRA_PROGRAMS += tests/bench/command_job
tests_bench_command_job_SOURCES = tests/bench/command_job.c
tests_bench_command_job_LDADD = src/lib/libconf.a src/lib/libcron.a src/lib/libbase.a \
	$(CONFUSE_LIBS) $(BSD_LIBS)

# tests/bench/http_jobs src/jobd-runner/jobd-runner
EXTRA_PROGRAMS += tests/bench/http_jobs
tests_bench_http_jobs_SOURCES = tests/bench/http_jobs.c \
	tests/bench/http_jobs_server.c tests/bench/http_jobs_server.h
tests_bench_http_jobs_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
tests_bench_http_jobs_LDADD = src/lib/libconf.a src/lib/libcron.a src/lib/libbase.a \
	$(CURL_LIBS) $(CONFUSE_LIBS) $(BSD_LIBS)
