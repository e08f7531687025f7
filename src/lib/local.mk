# Libraries that two or more programs link. Arrows point down only: conf -> cron -> base, proto -> base, exec -> base, members -> base, socket -> conf and proto.
noinst_LIBRARIES += src/lib/libbase.a

src_lib_libbase_a_SOURCES = \
	src/lib/base/address.c src/lib/base/address.h \
	src/lib/base/clock.c src/lib/base/clock.h \
	src/lib/base/fd.c src/lib/base/fd.h \
	src/lib/base/file.c src/lib/base/file.h \
	src/lib/base/json.c src/lib/base/json.h \
	src/lib/base/json_check.c src/lib/base/json_check.h \
	src/lib/base/json_path.c src/lib/base/json_path.h \
	src/lib/base/json_numbers.c src/lib/base/json_numbers.h \
	src/lib/base/json_pass.c src/lib/base/json_pass.h \
	src/lib/base/json_plain.h \
	src/lib/base/json_scan.c src/lib/base/json_scan.h \
	src/lib/base/json_template.c src/lib/base/json_template.h \
	src/lib/base/run_dir.c src/lib/base/run_dir.h \
	src/lib/base/listen_fds.c src/lib/base/listen_fds.h \
	src/lib/base/log.c src/lib/base/log.h \
	src/lib/base/notify.c src/lib/base/notify.h \
	src/lib/base/group.c src/lib/base/group.h \
	src/lib/base/signame.c src/lib/base/signame.h \
	src/lib/base/text.c src/lib/base/text.h \
	src/lib/base/human.c src/lib/base/human.h \
	src/lib/base/words.c src/lib/base/words.h

include src/lib/cron/local.mk
include src/lib/conf/local.mk
include src/lib/exec/local.mk
include src/lib/members/local.mk
include src/lib/proto/local.mk
include src/lib/socket/local.mk
