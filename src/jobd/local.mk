# jobd itself: links libc, libconfuse, libbsd and libevent_core, nothing else (tests/check proves it).
include src/jobd/control.mk

sbin_PROGRAMS += src/jobd/jobd
src_jobd_jobd_SOURCES = \
	src/jobd/builtin.c src/jobd/builtin.h \
	src/jobd/check.c src/jobd/check.h \
	src/jobd/dirs.c src/jobd/dirs.h \
	src/jobd/exit_info.c src/jobd/exit_info.h \
	src/jobd/generation.c src/jobd/generation.h \
	src/jobd/health.c src/jobd/health.h \
	src/jobd/hook.c src/jobd/hook.h \
	src/jobd/listen.c src/jobd/listen.h \
	src/jobd/lock.c src/jobd/lock.h \
	src/jobd/main.c \
	src/jobd/members.c src/jobd/members.h \
	src/jobd/order.c src/jobd/order.h \
	src/jobd/output.c src/jobd/output.h \
	src/jobd/program.c src/jobd/program.h \
	src/jobd/program_end.c src/jobd/program_text.c \
	src/jobd/ready.c src/jobd/ready.h \
	src/jobd/reload.c src/jobd/reload.h \
	src/jobd/restart.c src/jobd/restart.h \
	src/jobd/scale.c src/jobd/scale.h \
	src/jobd/spawn.c src/jobd/spawn.h \
	src/jobd/state.c src/jobd/state.h \
	src/jobd/signals.c src/jobd/signals.h \
	src/jobd/supervisor.c src/jobd/supervisor.h \
	src/jobd/sweep.c src/jobd/sweep.h \
	src/jobd/timer.c src/jobd/timer.h \
	$(jobd_control_sources)
src_jobd_jobd_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) -I$(srcdir)/src/jobd
src_jobd_jobd_LDADD = src/lib/libmembers.a src/lib/libexec.a src/lib/libconf.a src/lib/libcron.a src/lib/libproto.a \
	src/lib/libbase.a $(EVENT_LIBS) $(CONFUSE_LIBS) $(BSD_LIBS)
