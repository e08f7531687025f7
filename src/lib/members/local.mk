noinst_LIBRARIES += src/lib/libmembers.a
src_lib_libmembers_a_SOURCES = \
	src/lib/members/members.c src/lib/members/members.h \
	src/lib/members/process.c src/lib/members/process.h
