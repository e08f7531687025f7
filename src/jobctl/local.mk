# jobctl: the client.
bin_PROGRAMS += src/jobctl/jobctl

src_jobctl_jobctl_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
src_jobctl_jobctl_LDADD = src/lib/libproto.a src/lib/libconf.a src/lib/libcron.a src/lib/libbase.a \
	$(CONFUSE_LIBS) $(BSD_LIBS)
src_jobctl_jobctl_SOURCES = \
	src/jobctl/args.c src/jobctl/args.h \
	src/jobctl/attempts.c src/jobctl/attempts.h \
	src/jobctl/audit.c src/jobctl/audit.h \
	src/jobctl/cmd_audit.c \
	src/jobctl/cmd_batch.c \
	src/jobctl/cmd_calendar.c \
	src/jobctl/cmd_change.c \
	src/jobctl/cmd_check.c \
	src/jobctl/cmd_control.c \
	src/jobctl/cmd_db.c \
	src/jobctl/cmd_doctor.c \
	src/jobctl/cmd_events.c \
	src/jobctl/cmd_export.c \
	src/jobctl/cmd_health.c \
	src/jobctl/cmd_help.c \
	src/jobctl/cmd_import.c \
	src/jobctl/cmd_jobs.c \
	src/jobctl/cmd_logs.c \
	src/jobctl/cmd_mail.c \
	src/jobctl/cmd_next.c \
	src/jobctl/cmd_outbox.c \
	src/jobctl/cmd_plan.c \
	src/jobctl/cmd_push.c \
	src/jobctl/cmd_queue.c \
	src/jobctl/cmd_run.c \
	src/jobctl/cmd_schedules.c \
	src/jobctl/cmd_stats.c \
	src/jobctl/cmd_status.c \
	src/jobctl/cmd_tail.c \
	src/jobctl/cmd_top.c \
	src/jobctl/cmd_why.c \
	src/jobctl/cmd_wish.c \
	src/jobctl/cmd_alerts.c \
	src/jobctl/cmd_workers.c \
	src/jobctl/command.c src/jobctl/command.h \
	src/jobctl/complete.c src/jobctl/complete.h \
	src/jobctl/export_command.c \
	src/jobctl/export_crontab.c src/jobctl/export_crontab.h \
	src/jobctl/export_routines.c \
	src/jobctl/fault.c src/jobctl/fault.h \
	src/jobctl/filter.c src/jobctl/filter.h \
	src/jobctl/follow.c src/jobctl/follow.h \
	src/jobctl/format.c src/jobctl/format.h \
	src/jobctl/help.c src/jobctl/help.h \
	src/jobctl/import.h \
	src/jobctl/import_crontab.c \
	src/jobctl/import_procfile.c \
	src/jobctl/import_supervisord.c src/jobctl/import_supervisord.h \
	src/jobctl/import_supervisord_section.c \
	src/jobctl/import_supervisord_value.c \
	src/jobctl/import_words.c src/jobctl/import_words.h \
	src/jobctl/import_write.c src/jobctl/import_write.h \
	src/jobctl/jid.c src/jobctl/jid.h \
	src/jobctl/job_view.c src/jobctl/job_view.h \
	src/jobctl/job_wait.c src/jobctl/job_wait.h \
	src/jobctl/lines.c src/jobctl/lines.h \
	src/jobctl/listing.c src/jobctl/listing.h \
	src/jobctl/log_stream.c src/jobctl/log_stream.h \
	src/jobctl/main.c \
	src/jobctl/next.c src/jobctl/next.h \
	src/jobctl/option.c src/jobctl/option.h \
	src/jobctl/outbox_sql.h \
	src/jobctl/output.h \
	src/jobctl/output_format.c \
	src/jobctl/output_json.c \
	src/jobctl/output_text.c \
	src/jobctl/permission.c src/jobctl/permission.h \
	src/jobctl/queue_view.c src/jobctl/queue_view.h \
	src/jobctl/reach.c src/jobctl/reach.h \
	src/jobctl/results.c src/jobctl/results.h \
	src/jobctl/row.c src/jobctl/row.h \
	src/jobctl/screen.c src/jobctl/screen.h \
	src/jobctl/session.c src/jobctl/session.h \
	src/jobctl/shell.c src/jobctl/shell.h \
	src/jobctl/status.c src/jobctl/status.h \
	src/jobctl/table.c \
	src/jobctl/terminal.c src/jobctl/terminal.h \
	src/jobctl/value.c src/jobctl/value.h \
	src/jobctl/watch.c src/jobctl/watch.h \
	src/jobctl/when.c src/jobctl/when.h
nodist_src_jobctl_jobctl_SOURCES = src/jobctl/outbox_sql.c

BUILT_SOURCES += src/jobctl/outbox_sql.c
CLEANFILES += src/jobctl/outbox_sql.c
src/jobctl/outbox_sql.c: $(srcdir)/contrib/postgresql/outbox.sql $(srcdir)/src/jobctl/local.mk
	$(AM_V_GEN)$(MKDIR_P) src/jobctl && { \
		echo '#include "jobctl/outbox_sql.h"'; \
		echo 'const char outbox_sql[] ='; \
		sed 's/["\\]/\\&/g; s/.*/"&\\n"/' $(srcdir)/contrib/postgresql/outbox.sql; \
		echo ';'; } >$@.new && mv $@.new $@
