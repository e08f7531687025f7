# jobd-logger
pkglibexec_PROGRAMS += src/jobd-logger/jobd-logger
src_jobd_logger_jobd_logger_SOURCES = \
	src/jobd-logger/channel.c src/jobd-logger/channel.h \
	src/jobd-logger/compress.c src/jobd-logger/compress.h \
	src/jobd-logger/console.c src/jobd-logger/console.h \
	src/jobd-logger/copy.c src/jobd-logger/copy.h \
	src/jobd-logger/disk.c src/jobd-logger/disk.h \
	src/jobd-logger/drop.c src/jobd-logger/drop.h \
	src/jobd-logger/generations.c src/jobd-logger/generations.h \
	src/jobd-logger/journal.c src/jobd-logger/journal.h src/jobd-logger/journal_private.h \
	src/jobd-logger/journal_chunk.c \
	src/jobd-logger/lines.c src/jobd-logger/lines.h \
	src/jobd-logger/log_client.c src/jobd-logger/log_client.h \
	src/jobd-logger/log_server.c src/jobd-logger/log_server.h \
	src/jobd-logger/log_verbs.c src/jobd-logger/log_verbs.h \
	src/jobd-logger/logger.c src/jobd-logger/logger.h \
	src/jobd-logger/main.c \
	src/jobd-logger/rotate.c src/jobd-logger/rotate.h \
	src/jobd-logger/sink.c src/jobd-logger/sink.h \
	src/jobd-logger/sink_job.c src/jobd-logger/sink_job.h \
	src/jobd-logger/sink_file.c src/jobd-logger/sink_file.h \
	src/jobd-logger/stream.c src/jobd-logger/stream.h src/jobd-logger/stream_private.h \
	src/jobd-logger/stream_chunk.c \
	src/jobd-logger/stream_drop.c \
	src/jobd-logger/stream_read.c \
	src/jobd-logger/syslog_copy.c src/jobd-logger/syslog_copy.h \
	src/jobd-logger/tail.c src/jobd-logger/tail.h \
	src/jobd-logger/workers.c src/jobd-logger/workers.h
src_jobd_logger_jobd_logger_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
src_jobd_logger_jobd_logger_CFLAGS = $(AM_CFLAGS) -pthread $(EVENT_CFLAGS) $(ZLIB_CFLAGS)
src_jobd_logger_jobd_logger_LDADD = src/lib/libproto.a src/lib/libbase.a \
	$(EVENT_LIBS) $(ZLIB_LIBS) $(BSD_LIBS)
