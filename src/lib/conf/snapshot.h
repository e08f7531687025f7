/*
 * The text of a snapshot, for its writer and its reader: a first line with the version, then one
 * line for each option of the tables, in their order, "name value"; `program` and `job` lines start
 * such an object, `end` is the last line. Strings are quoted, every byte that is not printable
 * ASCII is written \xHH.  There is one way to write a configuration, and the reader takes no other.
 */
#ifndef CONF_SNAPSHOT_H
#define CONF_SNAPSHOT_H

#define SNAPSHOT_FIRST_LINE "jobd-snapshot 1 " PACKAGE_VERSION "\n"

#endif
