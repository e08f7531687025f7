# jobd-top: what `jobctl top` becomes on a terminal.
if HAVE_NCURSES
pkglibexec_PROGRAMS += src/jobd-top/jobd-top
endif
src_jobd_top_jobd_top_SOURCES = \
	src/jobd-top/columns.c src/jobd-top/columns.h \
	src/jobd-top/draw.c src/jobd-top/draw.h \
	src/jobd-top/main.c \
	src/jobd-top/picture.c src/jobd-top/picture.h \
	src/jobd-top/text.c src/jobd-top/text.h \
	src/jobd-top/top.c src/jobd-top/top.h
src_jobd_top_jobd_top_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/src/jobd-top $(JANSSON_CFLAGS) $(NCURSES_CFLAGS)
src_jobd_top_jobd_top_LDADD = src/lib/libproto.a src/lib/libbase.a $(JANSSON_LIBS) $(NCURSES_LIBS) $(BSD_LIBS)
