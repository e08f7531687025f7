# lib/cron
noinst_LIBRARIES += src/lib/libcron.a

src_lib_libcron_a_SOURCES = \
	src/lib/cron/calendar.c src/lib/cron/calendar.h \
	src/lib/cron/civil.c src/lib/cron/civil.h \
	src/lib/cron/schedule.h \
	src/lib/cron/zone.c src/lib/cron/zone.h \
	src/lib/cron/zone_file.c src/lib/cron/zone_file.h
