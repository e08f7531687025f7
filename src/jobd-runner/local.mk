jobd_runner_template = \
	src/jobd-runner/template.c src/jobd-runner/template.h src/jobd-runner/template_private.h \
	src/jobd-runner/template_value.c
pkglibexec_PROGRAMS += src/jobd-runner/jobd-runner src/jobd-runner/jobd-runner-net.so
src_jobd_runner_jobd_runner_SOURCES = \
	src/jobd-runner/main.c \
	src/jobd-runner/breaker.c src/jobd-runner/breaker.h \
	src/jobd-runner/capture.c src/jobd-runner/capture.h \
	src/jobd-runner/codes.c src/jobd-runner/codes.h \
	src/jobd-runner/condition.c src/jobd-runner/condition.h \
	src/jobd-runner/guard.c src/jobd-runner/guard.h src/jobd-runner/guard_limit.c \
	src/jobd-runner/guards.c src/jobd-runner/guards.h \
	src/jobd-runner/http_answer.c src/jobd-runner/http_answer.h \
	src/jobd-runner/job.c src/jobd-runner/job.h \
	src/jobd-runner/jobd_link.c src/jobd-runner/jobd_link.h \
	src/jobd-runner/memory_pause.c src/jobd-runner/memory_pause.h \
	src/jobd-runner/net.c src/jobd-runner/net.h \
	src/jobd-runner/path_pattern.c src/jobd-runner/path_pattern.h \
	src/jobd-runner/probe.c src/jobd-runner/probe.h \
	src/jobd-runner/probe_command.c src/jobd-runner/probe_dial.c \
	src/jobd-runner/probe_http.c src/jobd-runner/probe_plain.c \
	src/jobd-runner/probe_tcp.c \
	src/jobd-runner/probe_rule.c src/jobd-runner/probe_rule.h \
	src/jobd-runner/queue_client.c src/jobd-runner/queue_client.h \
	src/jobd-runner/queue_client_private.h src/jobd-runner/queue_report.c \
	src/jobd-runner/relay.c src/jobd-runner/relay.h \
	src/jobd-runner/result.c src/jobd-runner/result.h \
	src/jobd-runner/run.h src/jobd-runner/run_command.c src/jobd-runner/run_end.c \
	src/jobd-runner/run_limit.c \
	src/jobd-runner/runner.c src/jobd-runner/runner.h src/jobd-runner/runner_private.h \
	src/jobd-runner/runner_job.c src/jobd-runner/runner_stop.c \
	src/jobd-runner/runs.c \
	src/jobd-runner/slots.c src/jobd-runner/slots.h \
	src/jobd-runner/usage.c src/jobd-runner/usage.h \
	src/jobd-runner/watch.c src/jobd-runner/watch.h \
	src/jobd-runner/watch_scan.c src/jobd-runner/watch_private.h \
	src/jobd-runner/word.c src/jobd-runner/word.h
src_jobd_runner_jobd_runner_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)
src_jobd_runner_jobd_runner_LDADD = src/lib/libsocket.a src/lib/libconf.a src/lib/libexec.a src/lib/libmembers.a \
	src/lib/libproto.a src/lib/libcron.a src/lib/libbase.a \
	$(EVENT_LIBS) $(JANSSON_LIBS) $(CONFUSE_LIBS) $(BSD_LIBS)

# The module shares no function with the program: what both need is compiled for each.
src_jobd_runner_jobd_runner_net_so_SOURCES = \
	src/jobd-runner/breaker.c src/jobd-runner/breaker.h \
	src/jobd-runner/breakers.c src/jobd-runner/breakers.h \
	src/jobd-runner/call.c src/jobd-runner/call.h \
	src/jobd-runner/call_http.c \
	src/jobd-runner/call_mail.c src/jobd-runner/call_mail.h \
	src/jobd-runner/calls.c src/jobd-runner/calls.h src/jobd-runner/net.h \
	src/jobd-runner/capture.c src/jobd-runner/capture.h \
	src/jobd-runner/codes.c src/jobd-runner/codes.h \
	src/jobd-runner/handles.c src/jobd-runner/handles.h \
	src/jobd-runner/headers.c src/jobd-runner/headers.h \
	src/jobd-runner/http_status.c src/jobd-runner/http_status.h \
	src/jobd-runner/mail_text.c src/jobd-runner/mail_text.h src/jobd-runner/mail_write.c \
	src/jobd-runner/question.c src/jobd-runner/question.h \
	src/jobd-runner/signature.c src/jobd-runner/signature.h \
	src/jobd-runner/sockets.c src/jobd-runner/sockets.h \
	$(jobd_runner_template) \
	src/jobd-runner/transfers.c src/jobd-runner/transfers.h \
	src/jobd-runner/word.c src/jobd-runner/word.h \
	src/lib/base/clock.c src/lib/base/fd.c src/lib/base/file.c src/lib/base/log.c \
	src/lib/conf/job_kind.c
src_jobd_runner_jobd_runner_net_so_CFLAGS = $(MODULE_CFLAGS)
src_jobd_runner_jobd_runner_net_so_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) \
	$(CURL_CFLAGS) $(OPENSSL_CFLAGS)
src_jobd_runner_jobd_runner_net_so_LDFLAGS = $(MODULE_LDFLAGS)
src_jobd_runner_jobd_runner_net_so_LDADD = \
	$(EVENT_LIBS) $(JANSSON_LIBS) $(CURL_LIBS) $(OPENSSL_LIBS) $(BSD_LIBS)
