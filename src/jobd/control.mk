# The control socket, the reload plan and the event journal of jobd; used by local.mk.
jobd_control_sources = \
	src/jobd/control.c src/jobd/control.h \
	src/jobd/control_action.c \
	src/jobd/control_client.c src/jobd/control_client.h \
	src/jobd/control_config.c \
	src/jobd/control_health.c \
	src/jobd/control_peer.c src/jobd/control_peer.h \
	src/jobd/control_rows.c src/jobd/control_rows.h \
	src/jobd/control_turn.c \
	src/jobd/control_verbs.c \
	src/jobd/hello.c src/jobd/hello.h \
	src/jobd/journal.c src/jobd/journal.h \
	src/jobd/note.c src/jobd/note.h \
	src/jobd/names.c src/jobd/names.h \
	src/jobd/plan.c src/jobd/plan.h
