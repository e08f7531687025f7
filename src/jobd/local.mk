sbin_PROGRAMS += src/jobd/jobd
src_jobd_jobd_SOURCES = src/jobd/main.c
