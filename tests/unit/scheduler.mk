# Unit tests of jobd-scheduler.
scheduler_tests = \
	tests/unit/test_alert \
	tests/unit/test_audit \
	tests/unit/test_challenge \
	tests/unit/test_db \
	tests/unit/test_db_append \
	tests/unit/test_durability \
	tests/unit/test_figures \
	tests/unit/test_glob \
	tests/unit/test_jid_table \
	tests/unit/test_store_jid \
	tests/unit/test_job \
	tests/unit/test_meter \
	tests/unit/test_json_check \
	tests/unit/test_json_scan \
	tests/unit/test_outbuf \
	tests/unit/test_payload \
	tests/unit/test_payload_list \
	tests/unit/test_payload_long \
	tests/unit/test_queue \
	tests/unit/test_queue_push \
	tests/unit/test_queue_runner \
	tests/unit/test_retry \
	tests/unit/test_store \
	tests/unit/test_store_claim \
	tests/unit/test_store_file \
	tests/unit/test_store_link \
	tests/unit/test_store_list \
	tests/unit/test_store_note \
	tests/unit/test_store_order \
	tests/unit/test_store_record \
	tests/unit/test_store_stat \
	tests/unit/test_store_upgrade \
	tests/unit/test_tick \
	tests/unit/test_timetable \
	tests/unit/test_worker
SCHEDULER_TEST_LDADD = src/jobd-scheduler/libscheduler.a src/lib/libconf.a src/lib/libcron.a \
	$(UNIT_LDADD) $(JANSSON_LIBS) $(OPENSSL_LIBS) $(EVENT_LIBS) $(SQLITE_LIBS)
SCHEDULER_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
QUEUE_SETUP = tests/unit/queue_setup.c tests/unit/queue_setup.h
QUEUE_JOBS = $(QUEUE_SETUP) tests/unit/queue_jobs.c tests/unit/queue_jobs.h
STORES = tests/unit/stores.c tests/unit/stores.h
STORE_JOBS = $(STORES) tests/unit/store_jobs.c tests/unit/store_jobs.h

if HAVE_CMOCKA
check_PROGRAMS += $(scheduler_tests)
TESTS += $(scheduler_tests)
endif

tests_unit_test_figures_SOURCES = tests/unit/test_figures.c
tests_unit_test_figures_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_figures_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_audit_SOURCES = tests/unit/test_audit.c
tests_unit_test_audit_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_audit_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_alert_SOURCES = tests/unit/test_alert.c
tests_unit_test_alert_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_alert_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_meter_SOURCES = tests/unit/test_meter.c
tests_unit_test_meter_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_meter_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_job_SOURCES = tests/unit/test_job.c
tests_unit_test_job_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_job_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_retry_SOURCES = tests/unit/test_retry.c
tests_unit_test_retry_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_retry_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_SOURCES = tests/unit/test_store.c $(STORE_JOBS)
tests_unit_test_store_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_file_SOURCES = tests/unit/test_store_file.c $(STORE_JOBS)
tests_unit_test_store_file_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_file_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_list_SOURCES = tests/unit/test_store_list.c $(STORE_JOBS)
tests_unit_test_store_list_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_list_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_record_SOURCES = tests/unit/test_store_record.c $(STORE_JOBS)
tests_unit_test_store_record_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_record_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_stat_SOURCES = tests/unit/test_store_stat.c $(STORE_JOBS)
tests_unit_test_store_stat_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_stat_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_link_SOURCES = tests/unit/test_store_link.c $(STORES)
tests_unit_test_store_link_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_link_LDADD = $(SCHEDULER_TEST_LDADD)
tests_unit_test_store_note_SOURCES = tests/unit/test_store_note.c $(STORES)
tests_unit_test_store_note_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_note_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_tick_SOURCES = tests/unit/test_tick.c
tests_unit_test_tick_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_tick_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_jid_SOURCES = tests/unit/test_store_jid.c
tests_unit_test_store_jid_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_jid_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_jid_table_SOURCES = tests/unit/test_jid_table.c
tests_unit_test_jid_table_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_jid_table_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_payload_list_SOURCES = tests/unit/test_payload_list.c
tests_unit_test_payload_list_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_payload_list_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_payload_long_SOURCES = tests/unit/test_payload_long.c
tests_unit_test_payload_long_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_payload_long_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_payload_SOURCES = tests/unit/test_payload.c
tests_unit_test_payload_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_payload_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_queue_SOURCES = tests/unit/test_queue.c $(QUEUE_SETUP)
tests_unit_test_queue_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_queue_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_queue_push_SOURCES = tests/unit/test_queue_push.c $(QUEUE_JOBS)
tests_unit_test_queue_push_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_queue_push_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_queue_runner_SOURCES = tests/unit/test_queue_runner.c $(QUEUE_SETUP)
tests_unit_test_queue_runner_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_queue_runner_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_timetable_SOURCES = tests/unit/test_timetable.c $(QUEUE_SETUP)
tests_unit_test_timetable_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_timetable_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_challenge_SOURCES = tests/unit/test_challenge.c
tests_unit_test_challenge_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_challenge_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_outbuf_SOURCES = tests/unit/test_outbuf.c
tests_unit_test_outbuf_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_outbuf_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_json_check_SOURCES = tests/unit/test_json_check.c
tests_unit_test_json_check_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_json_check_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_json_scan_SOURCES = tests/unit/test_json_scan.c
tests_unit_test_json_scan_LDADD = $(UNIT_LDADD)

tests_unit_test_glob_SOURCES = tests/unit/test_glob.c
tests_unit_test_glob_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_glob_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_worker_SOURCES = tests/unit/test_worker.c
tests_unit_test_worker_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_worker_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_db_append_SOURCES = tests/unit/test_db_append.c
tests_unit_test_db_append_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_db_append_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_db_SOURCES = tests/unit/test_db.c
tests_unit_test_db_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_db_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_durability_SOURCES = tests/unit/test_durability.c
tests_unit_test_durability_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_durability_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_claim_SOURCES = tests/unit/test_store_claim.c $(STORES)
tests_unit_test_store_claim_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_claim_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_upgrade_SOURCES = tests/unit/test_store_upgrade.c tests/unit/stores.c tests/unit/stores.h
tests_unit_test_store_upgrade_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_upgrade_LDADD = $(SCHEDULER_TEST_LDADD)

tests_unit_test_store_order_SOURCES = tests/unit/test_store_order.c
tests_unit_test_store_order_CPPFLAGS = $(SCHEDULER_TEST_CPPFLAGS)
tests_unit_test_store_order_LDADD = $(SCHEDULER_TEST_LDADD)

EXTRA_DIST += tests/e2e/alerts_alone.py tests/e2e/test_alerts.py tests/e2e/test_alert_measures.py tests/e2e/test_notify.py tests/e2e/scheduler_alone.py tests/e2e/test_scheduler_alone.py tests/e2e/test_scheduler_calendar.py tests/e2e/test_scheduler_database.py tests/e2e/test_queue_abuse.py tests/e2e/test_queue_net.py tests/e2e/test_queue_verbs.py \
	tests/e2e/test_faktory_client.py tests/e2e/programs/faktory_client.js \
	tests/e2e/programs/clock_shim.c tests/e2e/programs/disk_shim.c tests/e2e/test_queue_claims.py
