/*
 * How many instances a program has.
 */
#ifndef JOBD_SCALE_H
#define JOBD_SCALE_H

#include "supervisor.h"

/*
 * After a reload: as many instances as the new configuration says, unless it says what the old one
 * said; then what an operator has set meanwhile stays.  New instances are started.
 */
void scale_to_conf(
    const struct conf_program *next, const struct conf_program *former, struct generation *);

#endif
