# The reference file and the man page of the configuration against the tables of options.
check_PROGRAMS += tests/check/conf_options
TESTS += tests/check/conf_documents.sh
EXTRA_DIST += tests/check/conf_documents.sh tests/check/conf_documents.py

tests_check_conf_options_SOURCES = tests/check/conf_options.c
tests_check_conf_options_LDADD = src/lib/libconf.a src/lib/libcron.a src/lib/libbase.a $(BSD_LIBS) $(CONFUSE_LIBS)
