/*
 * The text of a snapshot, for its writer and its reader: a first line with the version, then one
 * line for each option of the tables, in their order, "name value"; a line with the name of a
 * titled section starts such an object, `end` is the last line. Strings are quoted, every byte that
 * is not printable ASCII is written \xHH.  There is one way to write a configuration, and the
 * reader takes no other.
 */
#ifndef CONF_SNAPSHOT_H
#define CONF_SNAPSHOT_H

#include <stdbool.h>

#define SNAPSHOT_FIRST_LINE "jobd-snapshot 1 " PACKAGE_VERSION "\n"

/* Whether the byte of a string stands there as it is. */
static inline bool
snapshot_is_plain(char byte)
{
	return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

#endif
