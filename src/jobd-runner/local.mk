jobd_runner_template = \
	src/jobd-runner/template.c src/jobd-runner/template.h src/jobd-runner/template_private.h \
	src/jobd-runner/template_value.c
pkglibexec_PROGRAMS += src/jobd-runner/jobd-runner
src_jobd_runner_jobd_runner_SOURCES = \
	src/jobd-runner/main.c \
	src/jobd-runner/capture.c src/jobd-runner/capture.h \
	src/jobd-runner/connection.c src/jobd-runner/connection.h \
	src/jobd-runner/job.c src/jobd-runner/job.h \
	src/jobd-runner/queue_client.c src/jobd-runner/queue_client.h \
	src/jobd-runner/relay.c src/jobd-runner/relay.h \
	src/jobd-runner/result.c src/jobd-runner/result.h \
	src/jobd-runner/run.h src/jobd-runner/run_command.c src/jobd-runner/run_end.c \
	src/jobd-runner/runner.c src/jobd-runner/runner.h \
	src/jobd-runner/runs.c \
	src/jobd-runner/settings.c src/jobd-runner/settings.h \
	src/jobd-runner/slots.c src/jobd-runner/slots.h \
	$(jobd_runner_template) \
	src/jobd-runner/word.c src/jobd-runner/word.h
src_jobd_runner_jobd_runner_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)
src_jobd_runner_jobd_runner_LDADD = src/lib/libconf.a src/lib/libexec.a src/lib/libmembers.a \
	src/lib/libproto.a src/lib/libcron.a src/lib/libbase.a \
	$(EVENT_LIBS) $(JANSSON_LIBS) $(CONFUSE_LIBS) $(BSD_LIBS)
