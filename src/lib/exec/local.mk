noinst_LIBRARIES += src/lib/libexec.a
src_lib_libexec_a_SOURCES = \
	src/lib/exec/account.c \
	src/lib/exec/command.c \
	src/lib/exec/descriptors.c \
	src/lib/exec/env_file.c src/lib/exec/env_file.h \
	src/lib/exec/environment.c \
	src/lib/exec/exec.c src/lib/exec/exec.h \
	src/lib/exec/internal.h \
	src/lib/exec/limits.c \
	src/lib/exec/oom.c src/lib/exec/oom.h \
	src/lib/exec/quick.c src/lib/exec/quick.h
