# jobd-scheduler: everything but main.c is a library, so that the unit tests can link it.
noinst_LIBRARIES += src/jobd-scheduler/libscheduler.a
pkglibexec_PROGRAMS += src/jobd-scheduler/jobd-scheduler

src_jobd_scheduler_jobd_scheduler_SOURCES = src/jobd-scheduler/main.c
src_jobd_scheduler_jobd_scheduler_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS)
src_jobd_scheduler_jobd_scheduler_LDADD = src/jobd-scheduler/libscheduler.a src/lib/libconf.a \
	src/lib/libcron.a src/lib/libproto.a src/lib/libbase.a \
	$(SQLITE_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS) $(EVENT_LIBS) $(BSD_LIBS)

src_jobd_scheduler_libscheduler_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(JANSSON_CFLAGS) $(OPENSSL_CFLAGS) $(EVENT_CFLAGS)
src_jobd_scheduler_libscheduler_a_SOURCES = \
	src/jobd-scheduler/access.c src/jobd-scheduler/access.h \
	src/jobd-scheduler/alarm.c src/jobd-scheduler/alarm.h \
	src/jobd-scheduler/alert.c src/jobd-scheduler/alert.h \
	src/jobd-scheduler/alert_measure.c src/jobd-scheduler/alert_text.c \
	src/jobd-scheduler/alert_rule.c src/jobd-scheduler/alert_rule.h \
	src/jobd-scheduler/alert_window.c src/jobd-scheduler/alert_window.h \
	src/jobd-scheduler/meter.c src/jobd-scheduler/meter.h src/jobd-scheduler/verbs_metrics.c \
	src/jobd-scheduler/notify.c src/jobd-scheduler/notify.h \
	src/jobd-scheduler/program_states.c src/jobd-scheduler/program_states.h \
	src/jobd-scheduler/verbs_alert.c \
	src/jobd-scheduler/watch.c src/jobd-scheduler/watch.h \
	src/jobd-scheduler/audit.c src/jobd-scheduler/audit.h \
	src/jobd-scheduler/breaker.c src/jobd-scheduler/breaker.h \
	src/jobd-scheduler/caller.c src/jobd-scheduler/caller.h \
	src/jobd-scheduler/calendar.c src/jobd-scheduler/calendar.h \
	src/jobd-scheduler/challenge.c src/jobd-scheduler/challenge.h \
	src/jobd-scheduler/db.c src/jobd-scheduler/db_append.c src/jobd-scheduler/db.h \
	src/jobd-scheduler/figures.c src/jobd-scheduler/figures.h \
	src/jobd-scheduler/failure.c src/jobd-scheduler/failure.h \
	src/jobd-scheduler/fields.c src/jobd-scheduler/fields.h \
	src/jobd-scheduler/glob.c src/jobd-scheduler/glob.h \
	src/jobd-scheduler/history.c src/jobd-scheduler/history.h \
	src/jobd-scheduler/histogram.c src/jobd-scheduler/histogram.h \
	src/jobd-scheduler/hold.c src/jobd-scheduler/hold.h \
	src/jobd-scheduler/jid_table.c src/jobd-scheduler/jid_table.h \
	src/jobd-scheduler/job.c src/jobd-scheduler/job.h \
	src/jobd-scheduler/inspector.c src/jobd-scheduler/inspector.h \
	src/jobd-scheduler/listener.c src/jobd-scheduler/listener.h \
	src/jobd-scheduler/outbuf.c src/jobd-scheduler/outbuf.h \
	src/jobd-scheduler/outbox_states.c src/jobd-scheduler/outbox_states.h \
	src/jobd-scheduler/payload.c src/jobd-scheduler/payload_custom.c src/jobd-scheduler/payload.h \
	src/jobd-scheduler/payload_list.c src/jobd-scheduler/payload_list.h \
	src/jobd-scheduler/payload_parts.c src/jobd-scheduler/payload_parts.h \
	src/jobd-scheduler/payload_private.h \
	src/jobd-scheduler/peer.c src/jobd-scheduler/peer_output.c src/jobd-scheduler/peer.h \
	src/jobd-scheduler/queue.c src/jobd-scheduler/queue_end.c src/jobd-scheduler/queue.h \
	src/jobd-scheduler/queue_private.h \
	src/jobd-scheduler/render.c src/jobd-scheduler/render.h \
	src/jobd-scheduler/retry.c src/jobd-scheduler/retry.h \
	src/jobd-scheduler/role.c src/jobd-scheduler/role.h \
	src/jobd-scheduler/scope.c src/jobd-scheduler/scope.h \
	src/jobd-scheduler/scheduler.c src/jobd-scheduler/scheduler_time.c \
	src/jobd-scheduler/scheduler_disk.c \
	src/jobd-scheduler/scheduler_trouble.c src/jobd-scheduler/scheduler.h \
	src/jobd-scheduler/scheduler_private.h \
	src/jobd-scheduler/server.c src/jobd-scheduler/server_drain.c src/jobd-scheduler/server_verbs.c src/jobd-scheduler/server_wait.c \
	src/jobd-scheduler/server.h \
	src/jobd-scheduler/snapshot.c src/jobd-scheduler/snapshot.h \
	src/jobd-scheduler/task.c src/jobd-scheduler/task.h \
	src/jobd-scheduler/tick.c src/jobd-scheduler/tick.h \
	src/jobd-scheduler/tls.c src/jobd-scheduler/tls.h \
	src/jobd-scheduler/transport.c src/jobd-scheduler/transport.h \
	src/jobd-scheduler/verbs.c \
	src/jobd-scheduler/verbs_audit.c \
	src/jobd-scheduler/verbs_batch.c \
	src/jobd-scheduler/verbs_breaker.c src/jobd-scheduler/verbs_outbox.c \
	src/jobd-scheduler/verbs_calendar.c \
	src/jobd-scheduler/verbs_clear.c \
	src/jobd-scheduler/verbs_db.c \
	src/jobd-scheduler/verbs_groups.c \
	src/jobd-scheduler/verbs_hello.c \
	src/jobd-scheduler/verbs_info.c \
	src/jobd-scheduler/verbs_job.c \
	src/jobd-scheduler/verbs_many.c \
	src/jobd-scheduler/verbs_mutate.c \
	src/jobd-scheduler/verbs_push.c \
	src/jobd-scheduler/verbs_queue.c \
	src/jobd-scheduler/verbs_schedule.c \
	src/jobd-scheduler/verbs_sorted.c \
	src/jobd-scheduler/verbs_track.c \
	src/jobd-scheduler/verbs_worker.c \
	src/jobd-scheduler/verbs_workers.c \
	src/jobd-scheduler/worker.c src/jobd-scheduler/worker.h

# What becomes of jobs.
src_jobd_scheduler_libscheduler_a_SOURCES += \
	src/jobd-scheduler/batch.c src/jobd-scheduler/batch.h \
	src/jobd-scheduler/calendar_ask.c src/jobd-scheduler/calendar_private.h src/jobd-scheduler/calendar_routine.c \
	src/jobd-scheduler/routine.c src/jobd-scheduler/routine.h \
	src/jobd-scheduler/key.c src/jobd-scheduler/key.h \
	src/jobd-scheduler/limit.c src/jobd-scheduler/limit.h \
	src/jobd-scheduler/pick.c src/jobd-scheduler/pick.h \
	src/jobd-scheduler/queue_event.c src/jobd-scheduler/queue_gate.c src/jobd-scheduler/queue_link.c \
	src/jobd-scheduler/queue_home.c src/jobd-scheduler/queue_slot.c src/jobd-scheduler/queue_sweep.c src/jobd-scheduler/queue_take.c src/jobd-scheduler/queue_why.c \
	src/jobd-scheduler/queue_attempt.c src/jobd-scheduler/queue_worker.c \
	src/jobd-scheduler/queue_wish.c src/jobd-scheduler/unique.c \
	src/jobd-scheduler/retention.c src/jobd-scheduler/retention.h \
	src/jobd-scheduler/db_keep.c src/jobd-scheduler/db_lock.c src/jobd-scheduler/db_lock.h \
	src/jobd-scheduler/db_moved.c src/jobd-scheduler/db_private.h \
	src/jobd-scheduler/db_commit.c \
	src/jobd-scheduler/db_layer.c src/jobd-scheduler/db_layer.h \
	src/jobd-scheduler/db_wal.c src/jobd-scheduler/db_wal.h \
	src/jobd-scheduler/durability.c src/jobd-scheduler/durability.h \
	src/jobd-scheduler/store.c src/jobd-scheduler/store.h \
	src/jobd-scheduler/store_memory.c src/jobd-scheduler/store_memory.h \
	src/jobd-scheduler/store_memory_batch.c src/jobd-scheduler/store_memory_job.c src/jobd-scheduler/store_memory_link.c \
	src/jobd-scheduler/store_memory_calendar.c src/jobd-scheduler/store_memory_note.c \
	src/jobd-scheduler/store_memory_audit.c src/jobd-scheduler/store_memory_calendar.c \
	src/jobd-scheduler/store_memory_figure.c src/jobd-scheduler/store_sqlite_figure.c \
	src/jobd-scheduler/store_sqlite_audit.c \
	src/jobd-scheduler/store_schema.c src/jobd-scheduler/store_sql.c src/jobd-scheduler/store_sql.h \
	src/jobd-scheduler/store_sqlite.c src/jobd-scheduler/store_sqlite.h \
	src/jobd-scheduler/store_sqlite_calendar.c src/jobd-scheduler/store_sqlite_job.c \
	src/jobd-scheduler/store_sqlite_jid.c \
	src/jobd-scheduler/store_sqlite_keep.c src/jobd-scheduler/store_sqlite_link.c \
	src/jobd-scheduler/store_sqlite_list.c src/jobd-scheduler/store_sqlite_name.c \
	src/jobd-scheduler/store_sqlite_note.c src/jobd-scheduler/store_sqlite_routine.c src/jobd-scheduler/store_sqlite_row.c \
	src/jobd-scheduler/store_sqlite_running.c src/jobd-scheduler/store_sqlite_tally.c \
	src/jobd-scheduler/store_sqlite_course.c \
	src/jobd-scheduler/store_sqlite_done.c src/jobd-scheduler/store_sqlite_head.c src/jobd-scheduler/store_sqlite_trim.c \
	src/jobd-scheduler/store_sqlite_later.c src/jobd-scheduler/store_sqlite_ready.c src/jobd-scheduler/store_sqlite_stat.c
