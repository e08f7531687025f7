/*
 * Asks jobd for the configuration that it last accepted, over the control socket.  Never opens a
 * configuration file.
 */
#ifndef SOCKET_SETTINGS_H
#define SOCKET_SETTINGS_H

#include <event2/event.h>

#include "conf/conf.h"

struct settings;

/* NULL with errno.  `loaded` gets a configuration that is then its own. */
struct settings *settings_new(struct event_base *, const char *socket_path,
    void (*loaded)(void *arg, struct conf *), void *arg);
void settings_free(struct settings *);
/* Goes on trying until it has it; a second call while it tries is the same wish. */
void settings_fetch(struct settings *);
void settings_give_up(struct settings *);

#endif
