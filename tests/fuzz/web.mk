# What the web side reads of requests.
fuzz_targets += tests/fuzz/fuzz_web

tests_fuzz_fuzz_web_SOURCES = tests/fuzz/fuzz_web.c src/jobd-web/auth.c src/jobd-web/buf.c \
	src/jobd-web/forwarded.c src/jobd-web/hash.c src/jobd-web/mask.c src/jobd-web/url.c src/jobd-web/webhook_rate.c \
	src/jobd-web/webhook_signature.c src/jobd-web/webhook_time.c
tests_fuzz_fuzz_web_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src $(OPENSSL_CFLAGS)
tests_fuzz_fuzz_web_LDADD = src/lib/libconf.a src/lib/libcron.a $(FUZZ_LIBS) $(OPENSSL_LIBS) \
	$(CRYPT_LIBS) $(MD_LIBS) $(BSD_LIBS)
tests_fuzz_fuzz_web_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)

EXTRA_DIST += \
	tests/fuzz/corpus/web/address \
	tests/fuzz/corpus/web/cookie \
	tests/fuzz/corpus/web/form \
	tests/fuzz/corpus/web/forwarded \
	tests/fuzz/corpus/web/payload \
	tests/fuzz/corpus/web/plain \
	tests/fuzz/corpus/web/stripe \
	tests/fuzz/corpus/web/target \
	tests/fuzz/corpus/web/time \
	tests/fuzz/corpus/web/token
