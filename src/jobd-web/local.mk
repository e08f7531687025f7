# jobd-web: what it shows besides data is compiled in.
pkglibexec_PROGRAMS += src/jobd-web/jobd-web
src_jobd_web_jobd_web_SOURCES = \
	src/jobd-web/main.c \
	src/jobd-web/api.c src/jobd-web/api.h \
	src/jobd-web/page_api.c \
	src/jobd-web/api_audit.c src/jobd-web/api_batches.c \
	src/jobd-web/new_job.c src/jobd-web/new_job.h \
	src/jobd-web/audit.c src/jobd-web/audit.h \
	src/jobd-web/mask.c src/jobd-web/mask.h \
	src/jobd-web/scope.c src/jobd-web/scope.h \
	src/jobd-web/api_jobs.c src/jobd-web/api_programs.c src/jobd-web/api_push.c \
	src/jobd-web/api_queues.c src/jobd-web/api_schedules.c src/jobd-web/api_webhooks.c \
	src/jobd-web/auth.c src/jobd-web/auth.h \
	src/jobd-web/buf.c src/jobd-web/buf.h \
	src/jobd-web/chart.c src/jobd-web/chart.h \
	src/jobd-web/feed.c src/jobd-web/feed.h \
	src/jobd-web/feed_own.c src/jobd-web/feed_own.h \
	src/jobd-web/files.c src/jobd-web/files.h \
	src/jobd-web/follow.c src/jobd-web/follow.h \
	src/jobd-web/forwarded.c src/jobd-web/forwarded.h \
	src/jobd-web/handlers.h \
	src/jobd-web/hash.c src/jobd-web/hash.h \
	src/jobd-web/head.c src/jobd-web/head.h \
	src/jobd-web/health.c \
	src/jobd-web/jid.c src/jobd-web/jid.h \
	src/jobd-web/link.c src/jobd-web/link.h \
	src/jobd-web/listener.c src/jobd-web/listener.h \
	src/jobd-web/metrics.c src/jobd-web/metrics.h \
	src/jobd-web/metrics_program.c src/jobd-web/metrics_queue.c src/jobd-web/metrics_webhook.c \
	src/jobd-web/overview.c src/jobd-web/overview.h \
	src/jobd-web/page.c src/jobd-web/page.h \
	src/jobd-web/page_act.c src/jobd-web/page_bulk.c src/jobd-web/page_job.c \
	src/jobd-web/page_figures.c src/jobd-web/page_queue.c src/jobd-web/page_queue.h \
	src/jobd-web/page_jobs.c src/jobd-web/page_jobs.h src/jobd-web/page_login.c \
	src/jobd-web/page_overview.c src/jobd-web/page_parts.c src/jobd-web/page_program.c \
	src/jobd-web/page_program.h src/jobd-web/page_programs.c src/jobd-web/page_push.c \
	src/jobd-web/page_queues.c src/jobd-web/page_schedules.c \
	src/jobd-web/page_schedule.c src/jobd-web/page_schedule.h src/jobd-web/page_system.c \
	src/jobd-web/privilege.c src/jobd-web/privilege.h \
	src/jobd-web/read_files.c src/jobd-web/read_files.h \
	src/jobd-web/request.c src/jobd-web/request.h \
	src/jobd-web/reply.c src/jobd-web/reply.h \
	src/jobd-web/reply_json.c src/jobd-web/reply_json.h \
	src/jobd-web/respond.c \
	src/jobd-web/method.c src/jobd-web/method.h src/jobd-web/route.c src/jobd-web/route.h \
	src/jobd-web/server.c src/jobd-web/server.h \
	src/jobd-web/spare.h \
	src/jobd-web/stream.c src/jobd-web/stream.h \
	src/jobd-web/settings.c src/jobd-web/settings.h \
	src/jobd-web/timeline.c src/jobd-web/timeline.h \
	src/jobd-web/tls.c src/jobd-web/tls.h \
	src/jobd-web/upstream.c src/jobd-web/upstream.h \
	src/jobd-web/upstream_pool.c src/jobd-web/upstream_private.h \
	src/jobd-web/url.c src/jobd-web/url.h \
	src/jobd-web/usage.c src/jobd-web/usage.h \
	src/jobd-web/usual.c src/jobd-web/usual.h \
	src/jobd-web/web.c src/jobd-web/web.h \
	src/jobd-web/webhook.c src/jobd-web/webhook.h src/jobd-web/webhook_take.c \
	src/jobd-web/webhook_rate.c src/jobd-web/webhook_rate.h \
	src/jobd-web/webhook_signature.c src/jobd-web/webhook_signature.h \
	src/jobd-web/webhook_time.c src/jobd-web/webhook_time.h
nodist_src_jobd_web_jobd_web_SOURCES = src/jobd-web/embedded.c
src_jobd_web_jobd_web_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src/jobd-web $(MICROHTTPD_CFLAGS) \
	$(EVENT_CFLAGS) $(JANSSON_CFLAGS) $(MD_CFLAGS) $(OPENSSL_CFLAGS) $(ZLIB_CFLAGS)
src_jobd_web_jobd_web_LDADD = src/lib/libconf.a src/lib/libcron.a src/lib/libmembers.a src/lib/libproto.a \
	src/lib/libbase.a $(MICROHTTPD_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS) \
	$(CRYPT_LIBS) $(MD_LIBS) $(ZLIB_LIBS) $(BSD_LIBS)

jobd_web_files = src/jobd-web/static/icon.svg src/jobd-web/static/live.js \
	src/jobd-web/static/openapi.json src/jobd-web/static/style.css
EXTRA_DIST += $(jobd_web_files) src/jobd-web/files_embed.sh
BUILT_SOURCES += src/jobd-web/embedded.c
CLEANFILES += src/jobd-web/embedded.c
src/jobd-web/embedded.c: $(jobd_web_files) src/jobd-web/files_embed.sh
	$(AM_V_GEN)$(MKDIR_P) src/jobd-web && for file in $(jobd_web_files); do \
		if test -f "$$file"; then echo "$$file"; else echo "$(srcdir)/$$file"; fi; done | \
		xargs sh $(srcdir)/src/jobd-web/files_embed.sh >$@.new && mv $@.new $@
