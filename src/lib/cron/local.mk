# lib/cron
noinst_LIBRARIES += src/lib/libcron.a

src_lib_libcron_a_SOURCES = \
	src/lib/cron/calendar.c src/lib/cron/calendar.h \
	src/lib/cron/civil.c src/lib/cron/civil.h \
	src/lib/cron/crontab.c src/lib/cron/crontab.h \
	src/lib/cron/describe.c src/lib/cron/describe.h \
	src/lib/cron/describe_text.c \
	src/lib/cron/describe_times.c \
	src/lib/cron/field.c src/lib/cron/field.h \
	src/lib/cron/parse.c src/lib/cron/parse.h \
	src/lib/cron/parse_cron.c \
	src/lib/cron/parse_keyed.c \
	src/lib/cron/parse_nickname.c \
	src/lib/cron/plain.h \
	src/lib/cron/plain_finish.c \
	src/lib/cron/plain_read.c \
	src/lib/cron/plain_reader.c src/lib/cron/plain_reader.h \
	src/lib/cron/plain_time.c src/lib/cron/plain_time.h \
	src/lib/cron/schedule.c src/lib/cron/schedule.h \
	src/lib/cron/schedule_next.c \
	src/lib/cron/schedule_struct.h \
	src/lib/cron/zone.c src/lib/cron/zone.h \
	src/lib/cron/zone_file.c src/lib/cron/zone_file.h
