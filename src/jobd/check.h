/*
 * `jobd -t`: what is wrong with a configuration, on this machine, before it is used.
 */
#ifndef JOBD_CHECK_H
#define JOBD_CHECK_H

#include "conf/conf.h"

/* Says what is wrong on stderr, or that all is well on stdout.  Takes the conf; returns the exit
 * code. */
int check_file(struct conf *);

#endif
