# Tests of the pure files of jobd-web, and of what it reads JSON with.
web_tests = \
	tests/unit/test_forwarded \
	tests/unit/test_json_path \
	tests/unit/test_web_chart \
	tests/unit/test_mask \
	tests/unit/test_new_job \
	tests/unit/test_upstream \
	tests/unit/test_usual \
	tests/unit/test_web_text \
	tests/unit/test_webhook

if HAVE_CMOCKA
check_PROGRAMS += $(web_tests)
TESTS += $(web_tests)
endif

tests_unit_test_json_path_SOURCES = tests/unit/test_json_path.c
tests_unit_test_json_path_LDADD = $(UNIT_LDADD)

tests_unit_test_forwarded_SOURCES = tests/unit/test_forwarded.c src/jobd-web/forwarded.c
tests_unit_test_forwarded_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_forwarded_LDADD = $(UNIT_LDADD)

tests_unit_test_webhook_SOURCES = tests/unit/test_webhook.c src/jobd-web/webhook_rate.c \
	src/jobd-web/webhook_signature.c src/jobd-web/webhook_time.c
tests_unit_test_webhook_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(OPENSSL_CFLAGS)
tests_unit_test_webhook_LDADD = $(UNIT_LDADD) $(OPENSSL_LIBS)

tests_unit_test_mask_SOURCES = tests/unit/test_mask.c src/jobd-web/buf.c src/jobd-web/mask.c
tests_unit_test_mask_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_mask_LDADD = $(UNIT_LDADD)

tests_unit_test_new_job_SOURCES = tests/unit/test_new_job.c src/jobd-web/buf.c src/jobd-web/hash.c \
	src/jobd-web/jid.c \
	src/jobd-web/new_job.c
tests_unit_test_new_job_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src -I$(srcdir)/src/jobd-web \
	$(MICROHTTPD_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) $(MD_CFLAGS)
tests_unit_test_new_job_LDADD = $(UNIT_LDADD) $(JANSSON_LIBS) $(MD_LIBS)

tests_unit_test_upstream_SOURCES = tests/unit/test_upstream.c src/jobd-web/buf.c src/jobd-web/link.c \
	src/jobd-web/mask.c src/jobd-web/reply.c src/jobd-web/upstream.c \
	src/jobd-web/upstream_pool.c
tests_unit_test_upstream_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(EVENT_CFLAGS)
tests_unit_test_upstream_LDADD = $(UNIT_LDADD) $(EVENT_LIBS)

tests_unit_test_usual_SOURCES = tests/unit/test_usual.c src/jobd-web/usual.c
tests_unit_test_usual_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(MICROHTTPD_CFLAGS)
tests_unit_test_usual_LDADD = $(UNIT_LDADD) $(MICROHTTPD_LIBS)

tests_unit_test_web_text_SOURCES = tests/unit/test_web_text.c src/jobd-web/buf.c src/jobd-web/url.c
tests_unit_test_web_text_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_web_text_LDADD = $(UNIT_LDADD)

tests_unit_test_web_chart_SOURCES = tests/unit/test_web_chart.c src/jobd-web/buf.c \
	src/jobd-web/chart.c src/jobd-web/timeline.c
tests_unit_test_web_chart_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src
tests_unit_test_web_chart_LDADD = src/lib/libcron.a $(UNIT_LDADD)

EXTRA_DIST += tests/web/pages.mjs tests/web/package.json tests/web/package-lock.json
