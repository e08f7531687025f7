# lib/conf: only parse.o needs libconfuse, so programs that read snapshots alone do not link it.
noinst_LIBRARIES += src/lib/libconf.a

src_lib_libconf_a_SOURCES = \
	src/lib/conf/alert_when.c src/lib/conf/alert_when.h \
	src/lib/conf/blocks.c src/lib/conf/blocks.h \
	src/lib/conf/check.c src/lib/conf/check_alert.c src/lib/conf/check_job.c src/lib/conf/check_guard.c src/lib/conf/check_outbox.c src/lib/conf/check_queue.c \
	src/lib/conf/check.h \
	src/lib/conf/conf.c src/lib/conf/conf.h \
	src/lib/conf/dirs.c \
	src/lib/conf/errors.c src/lib/conf/errors.h \
	src/lib/conf/files.c src/lib/conf/files.h \
	src/lib/conf/job_kind.c \
	src/lib/conf/guard.c \
	src/lib/conf/lexer.c src/lib/conf/lexer.h \
	src/lib/conf/json_syntax.c src/lib/conf/json_syntax.h \
	src/lib/conf/logs.c \
	src/lib/conf/load.c src/lib/conf/load_builtin.c src/lib/conf/load_private.h src/lib/conf/object.h \
	src/lib/conf/options.c src/lib/conf/options.h src/lib/conf/options_table.h \
	src/lib/conf/options_alert.c src/lib/conf/options_outbox.c \
	src/lib/conf/options_job.c src/lib/conf/options_queue.c src/lib/conf/options_web.c src/lib/conf/options_webhook.c \
	src/lib/conf/paths.c src/lib/conf/paths.h \
	src/lib/conf/parse.c src/lib/conf/parse.h \
	src/lib/conf/scan.c src/lib/conf/scan.h \
	src/lib/conf/snapshot_read.c src/lib/conf/snapshot_write.c src/lib/conf/snapshot.h \
	src/lib/conf/system.c \
	src/lib/conf/unknown.c src/lib/conf/unknown.h \
	src/lib/conf/value.c src/lib/conf/value.h \
	src/lib/conf/value_check.c src/lib/conf/value_check_text.c \
	src/lib/conf/value_check_alert.c \
	src/lib/conf/value_check_web.c src/lib/conf/value_check_webhook.c \
	src/lib/conf/value_rate.c \
	src/lib/conf/value_ready.c src/lib/conf/value_text.c src/lib/conf/value_type.h
src_lib_libconf_a_CFLAGS = $(AM_CFLAGS) $(CONFUSE_CFLAGS)
