# Tests of the pure files of jobd-web.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_web_text
TESTS += tests/unit/test_web_text
endif

tests_unit_test_web_text_SOURCES = tests/unit/test_web_text.c src/jobd-web/buf.c src/jobd-web/url.c
tests_unit_test_web_text_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_web_text_LDADD = $(UNIT_LDADD)

EXTRA_DIST += tests/web/pages.mjs tests/web/package.json tests/web/package-lock.json
