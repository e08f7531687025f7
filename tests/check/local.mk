# Rules of the project that a script can look after; guard.sh says how they are made.
guards = \
	tests/check/calls.sh \
	tests/check/conf_documents.sh \
	tests/check/documents.sh \
	tests/check/format.sh \
	tests/check/headers.sh \
	tests/check/jobctl_documents.sh \
	tests/check/layering.sh \
	tests/check/linking.sh \
	tests/check/manuals.sh \
	tests/check/places.sh \
	tests/check/scripts.sh \
	tests/check/tarball.sh
TESTS += $(guards)
EXTRA_DIST += $(guards) \
	tests/check/calls.py \
	tests/check/conf_documents.py \
	tests/check/documents.py \
	tests/check/guard.sh \
	tests/check/headers.py \
	tests/check/jobctl_documents.py \
	tests/check/layering.py \
	tests/check/linking.py \
	tests/check/places.py \
	tests/check/sources.py

# Prints the tables of options for conf_documents.sh.
check_PROGRAMS += tests/check/conf_options
tests_check_conf_options_SOURCES = tests/check/conf_options.c
tests_check_conf_options_LDADD = src/lib/libconf.a src/lib/libcron.a src/lib/libbase.a $(BSD_LIBS) $(CONFUSE_LIBS)

# What `make dist` packs, for tarball.sh.
check_DATA += tests/check/distfiles
CLEANFILES += tests/check/distfiles
tests/check/distfiles: Makefile
	$(AM_V_GEN)$(MKDIR_P) tests/check && printf '%s\n' $(DISTFILES) | sed 's|^$(srcdir)/||' >$@

# What was installed works where it lies.
EXTRA_DIST += tests/check/installed.sh
installcheck-local:
	srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' DESTDIR='$(DESTDIR)' sbindir='$(sbindir)' bindir='$(bindir)' \
		pkglibexecdir='$(pkglibexecdir)' mandir='$(mandir)' docdir='$(docdir)' sh $(srcdir)/tests/check/installed.sh
