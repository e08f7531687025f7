# The queue's server with its verbs, over a store in memory.
fuzz_targets += tests/fuzz/fuzz_queue

tests_fuzz_fuzz_queue_SOURCES = tests/fuzz/fuzz_queue.c
tests_fuzz_fuzz_queue_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) -I$(srcdir)/src
tests_fuzz_fuzz_queue_LDADD = src/jobd-scheduler/libscheduler.a src/lib/libconf.a src/lib/libcron.a \
	$(FUZZ_LIBS) $(CONFUSE_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS) $(EVENT_LIBS) $(SQLITE_LIBS)
tests_fuzz_fuzz_queue_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/queue/batch \
	tests/fuzz/corpus/queue/faktory \
	tests/fuzz/corpus/queue/ours \
	tests/fuzz/corpus/queue/password \
	tests/fuzz/corpus/queue/trouble

# Jobs as clients push them.
fuzz_targets += tests/fuzz/fuzz_payload

tests_fuzz_fuzz_payload_SOURCES = tests/fuzz/fuzz_payload.c
tests_fuzz_fuzz_payload_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_fuzz_fuzz_payload_LDADD = src/jobd-scheduler/libscheduler.a src/lib/libconf.a src/lib/libcron.a $(FUZZ_LIBS)
tests_fuzz_fuzz_payload_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/payload/custom \
	tests/fuzz/corpus/payload/list \
	tests/fuzz/corpus/payload/values
