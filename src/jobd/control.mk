# The control socket, the reload plan and the event journal of jobd; used by local.mk.
jobd_control_sources = \
	src/jobd/journal.c src/jobd/journal.h \
	src/jobd/names.c src/jobd/names.h
