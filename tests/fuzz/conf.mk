# Configuration files and snapshots.  No limits of memory or time are needed: the loader has its own.
fuzz_targets += tests/fuzz/fuzz_conf tests/fuzz/fuzz_snapshot

CONF_FUZZ_LIBS = src/lib/libconf.a src/lib/libcron.a $(FUZZ_LIBS) $(CONFUSE_LIBS)

tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c
tests_fuzz_fuzz_conf_LDADD = $(CONF_FUZZ_LIBS)
tests_fuzz_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

tests_fuzz_fuzz_snapshot_SOURCES = tests/fuzz/fuzz_snapshot.c
tests_fuzz_fuzz_snapshot_LDADD = $(CONF_FUZZ_LIBS)
tests_fuzz_fuzz_snapshot_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/conf/cycle \
	tests/fuzz/corpus/conf/finance-tracker \
	tests/fuzz/corpus/conf/full \
	tests/fuzz/corpus/conf/kinds \
	tests/fuzz/corpus/conf/nested-wrong \
	tests/fuzz/corpus/conf/queue \
	tests/fuzz/corpus/conf/strings \
	tests/fuzz/corpus/conf/wrong \
	tests/fuzz/corpus/snapshot/number \
	tests/fuzz/corpus/snapshot/string
