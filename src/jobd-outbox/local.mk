# jobd-outbox: the only program that is linked with libpq.
if HAVE_LIBPQ
pkglibexec_PROGRAMS += src/jobd-outbox/jobd-outbox
endif
src_jobd_outbox_jobd_outbox_SOURCES = \
	src/jobd-outbox/main.c \
	src/jobd-outbox/answer.c src/jobd-outbox/answer.h \
	src/jobd-outbox/batch.c src/jobd-outbox/batch.h \
	src/jobd-outbox/database.c src/jobd-outbox/database.h \
	src/jobd-outbox/outbox.c src/jobd-outbox/outbox.h src/jobd-outbox/outbox_private.h \
	src/jobd-outbox/outbox_push.c \
	src/jobd-outbox/outboxes.c src/jobd-outbox/outboxes.h \
	src/jobd-outbox/pusher.c src/jobd-outbox/pusher.h \
	src/jobd-outbox/report.c src/jobd-outbox/report.h \
	src/jobd-outbox/row.c src/jobd-outbox/row.h
src_jobd_outbox_jobd_outbox_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src/jobd-outbox $(EVENT_CFLAGS) $(LIBPQ_CFLAGS)
src_jobd_outbox_jobd_outbox_LDADD = src/lib/libsocket.a src/lib/libconf.a src/lib/libcron.a \
	src/lib/libproto.a src/lib/libbase.a $(EVENT_LIBS) $(LIBPQ_LIBS) $(BSD_LIBS)
