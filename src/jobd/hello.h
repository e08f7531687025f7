/*
 * Reads the version out of HELLO's JSON.  Pure; knows just enough JSON for that, because jobd links
 * no library for it.
 */
#ifndef JOBD_HELLO_H
#define JOBD_HELLO_H

#include <stdint.h>

/*
 * Sets *version to the number "v" of the outermost object; leaves it as it is if there is none.  0,
 * or -1 with *errstr if the text is no JSON object or "v" is not a whole number.
 */
int hello_version(const char *json, int64_t *version, const char **errstr);

#endif
