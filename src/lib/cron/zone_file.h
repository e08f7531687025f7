/*
 * The zoneinfo directory: which names are zones, and which name the system's own zone has.  Looks
 * at files, never interprets what is in them beyond telling a whole zone file from anything else.
 */
#ifndef CRON_ZONE_FILE_H
#define CRON_ZONE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The name that stands for /etc/localtime where it is no link into the zoneinfo directory. */
#define ZONE_FILE_LOCAL "localtime"

/* NULL if `name` may be looked up and is a whole zone file, otherwise a phrase that goes behind the
 * name. */
const char *zone_file_check(const char *name);
/* Writes the system's zone into buf; 0, or -1 with one line in err. */
int zone_file_system(char *buf, size_t size, char *err, size_t errlen);
/* Writes the zone nearest to a mistyped one into buf; false if none is near enough. */
bool zone_file_nearest(const char *name, char *buf, size_t size);

#endif
