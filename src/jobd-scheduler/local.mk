# jobd-scheduler: everything but main.c is a library, so that the unit tests can link it.
noinst_LIBRARIES += src/jobd-scheduler/libscheduler.a

src_jobd_scheduler_libscheduler_a_SOURCES = \
	src/jobd-scheduler/db.c src/jobd-scheduler/db.h \
	src/jobd-scheduler/job.c src/jobd-scheduler/job.h \
	src/jobd-scheduler/retry.c src/jobd-scheduler/retry.h \
	src/jobd-scheduler/store.h \
	src/jobd-scheduler/store_memory.c \
	src/jobd-scheduler/store_sql.c \
	src/jobd-scheduler/store_sqlite.c src/jobd-scheduler/store_sqlite.h \
	src/jobd-scheduler/store_sqlite_calendar.c \
	src/jobd-scheduler/tick.c src/jobd-scheduler/tick.h
src_jobd_scheduler_libscheduler_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(JANSSON_CFLAGS) $(EVENT_CFLAGS)
