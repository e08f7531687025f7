# libsocket: what built-ins with an event loop keep open to jobd's sockets.
noinst_LIBRARIES += src/lib/libsocket.a
src_lib_libsocket_a_SOURCES = \
	src/lib/socket/connection.c src/lib/socket/connection.h \
	src/lib/socket/settings.c src/lib/socket/settings.h
src_lib_libsocket_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS)
