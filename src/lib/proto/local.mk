# lib/proto: the one wire format
noinst_LIBRARIES += src/lib/libproto.a

src_lib_libproto_a_SOURCES = \
	src/lib/proto/client.c src/lib/proto/client.h \
	src/lib/proto/escape.c src/lib/proto/escape.h \
	src/lib/proto/member.c src/lib/proto/member.h \
	src/lib/proto/request.c src/lib/proto/request.h \
	src/lib/proto/resp.c src/lib/proto/resp.h \
	src/lib/proto/verbs.h
src_lib_libproto_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
