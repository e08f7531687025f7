/*
 * Asks jobd for the part of the configuration that is meant for us: once at the start, where there
 * is nothing else to do than to wait for it, and again whenever jobd says so.
 */
#ifndef WEB_SETTINGS_H
#define WEB_SETTINGS_H

#include "conf/conf.h"

/* Blocks.  NULL (logged). */
struct conf *settings_fetch(void);
/* Later: never blocks; `loaded` gets what is then its own. */
void settings_fetch_later(void (*loaded)(struct conf *));

#endif
