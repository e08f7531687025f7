/*
 * The offsets from UTC of one time zone, asked from the C library and remembered.  Never takes an
 * unknown zone for UTC, as the C library does; never leaves TZ changed behind it.
 */
#ifndef CRON_ZONE_H
#define CRON_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONE_NAME_MAX 64
/* No clock change repeats or skips more than a day (Samoa's in 2011 was exactly one); with an hour
 * of reserve. */
#define ZONE_CHANGE_MAX_SEC (25 * 3600)

struct zone;

/* A time with one offset, seconds of UTC, `end` not included; its neighbours may have the same
 * offset. */
struct zone_period {
	int64_t start, end;
	int offset; /* local time minus UTC, in seconds */
};

/*
 * Opens a zone by its name below the zoneinfo directory (TZDIR, if set); NULL or "" is the
 * system's.  The same zone is shared by all who open it.  NULL with one line in err if it is not
 * there or not allowed.
 */
struct zone *zone_open(const char *name, char *err, size_t errlen);
void zone_close(struct zone *);
const char *zone_name(const struct zone *);
/* True if `name` is the name of a zone in the database. */
bool zone_exists(const char *name);

/* The period around `utc`; 0, or -1 with errno if the zone's file can no longer be read. */
int zone_period(struct zone *, int64_t utc, struct zone_period *);
/* Whether the local time at `utc` also comes at an earlier or at a later instant; 0, or -1 with
 * errno. */
int zone_repeats(struct zone *, int64_t utc, bool *earlier, bool *later);

#endif
