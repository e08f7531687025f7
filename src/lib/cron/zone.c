#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "cron/civil.h"
#include "cron/zone.h"
#include "cron/zone_file.h"

/* One chunk of the memory is a little more than a year. */
#define CHUNK_SEC        (INT64_C(1) << 25)
#define CHUNK_SLOTS      32
#define CHUNK_PERIOD_MAX 64
/* How far apart the C library is asked.  The closest two changes in the database are four days
 * apart. */
#define PROBE_SEC CIVIL_SECONDS_PER_DAY
/* The C library's int of years ends long after, and long before, these. */
#define UTC_MAX_SEC (INT64_C(1) << 43)

struct chunk {
	int64_t index; /* of CHUNK_SEC since the epoch */
	size_t count;
	struct zone_period periods[];
};

struct zone {
	LIST_ENTRY(zone) entry;
	char name[ZONE_NAME_MAX + 1];
	unsigned users;
	struct chunk *chunks[CHUNK_SLOTS]; /* by index modulo CHUNK_SLOTS */
};

static LIST_HEAD(, zone) zones = LIST_HEAD_INITIALIZER(zones);

static struct zone *
zone_find(const char *name)
{
	struct zone *zone;

	LIST_FOREACH (zone, &zones, entry)
		if (strcmp(zone->name, name) == 0)
			return zone;
	return NULL;
}

static struct zone *
zone_new(const char *name, char *err, size_t errlen)
{
	const char *problem = zone_file_check(name);
	char nearest[ZONE_NAME_MAX * 4];
	struct zone *zone;

	if (problem != NULL) {
		bool known = zone_file_nearest(name, nearest, sizeof(nearest));

		snprintf(err, errlen, "'%.80s' %s%s%s%s", name, problem,
		    known ? "; did you mean '" : "", known ? nearest : "", known ? "'?" : "");
		return NULL;
	}
	if ((zone = calloc(1, sizeof(*zone))) == NULL) {
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	LIST_INSERT_HEAD(&zones, zone, entry);
	return zone;
}

struct zone *
zone_open(const char *name, char *err, size_t errlen)
{
	char system_name[ZONE_NAME_MAX + 1];
	struct zone *zone;

	if (name == NULL || *name == '\0') {
		if (zone_file_system(system_name, sizeof(system_name), err, errlen) == -1)
			return NULL;
		name = system_name;
	}
	if ((zone = zone_find(name)) == NULL && (zone = zone_new(name, err, errlen)) == NULL)
		return NULL;
	zone->users++;
	return zone;
}

void
zone_close(struct zone *zone)
{
	if (zone == NULL || --zone->users > 0)
		return;
	LIST_REMOVE(zone, entry);
	for (size_t i = 0; i < CHUNK_SLOTS; i++)
		free(zone->chunks[i]);
	free(zone);
}

const char *
zone_name(const struct zone *zone)
{
	return zone->name;
}

bool
zone_exists(const char *name)
{
	return zone_file_check(name) == NULL;
}

/* Makes the C library use the zone.  *saved is the former TZ, or NULL if it was not set. */
static int
zone_enter(const struct zone *zone, char **saved)
{
	const char *former = getenv("TZ");
	char value[ZONE_NAME_MAX + 2];
	bool is_local = strcmp(zone->name, ZONE_FILE_LOCAL) == 0;

	*saved = NULL;
	if (zone_file_check(zone->name) != NULL) {
		errno = ENOENT;
		return -1;
	}
	if (former != NULL && (*saved = strdup(former)) == NULL)
		return -1;
	snprintf(value, sizeof(value), ":%s", is_local ? "/etc/localtime" : zone->name);
	if (setenv("TZ", value, 1) == -1) {
		free(*saved);
		return -1;
	}
	tzset();
	return 0;
}

static void
zone_leave(char *saved)
{
	if (saved != NULL)
		setenv("TZ", saved, 1);
	else
		unsetenv("TZ");
	free(saved);
	tzset();
}

static int
probe(int64_t utc)
{
	time_t when = (time_t)utc;
	struct tm local;

	return localtime_r(&when, &local) == NULL ? 0 : (int)local.tm_gmtoff;
}

/* The first second after `from` whose offset differs from `offset`, which changes somewhere up to
 * `to`. */
static int64_t
probe_change(int64_t from, int64_t to, int offset)
{
	while (to - from > 1) {
		int64_t middle = from + (to - from) / 2;

		if (probe(middle) == offset)
			from = middle;
		else
			to = middle;
	}
	return to;
}

static size_t
probe_chunk(int64_t start, struct zone_period *periods)
{
	int64_t end = start + CHUNK_SEC;
	size_t count = 1;

	periods[0] = (struct zone_period){ .start = start, .end = end, .offset = probe(start) };
	for (int64_t from = start; from < end - 1;) {
		int64_t to = from + PROBE_SEC < end ? from + PROBE_SEC : end - 1;
		struct zone_period *last = &periods[count - 1];

		if (probe(to) == last->offset || count == CHUNK_PERIOD_MAX) {
			from = to;
			continue;
		}
		from = probe_change(from, to, last->offset);
		last->end = from;
		periods[count++] =
		    (struct zone_period){ .start = from, .end = end, .offset = probe(from) };
	}
	return count;
}

static struct chunk *
chunk_load(const struct zone *zone, int64_t index)
{
	struct zone_period periods[CHUNK_PERIOD_MAX];
	struct chunk *chunk;
	char *saved;
	size_t count;

	if (zone_enter(zone, &saved) == -1)
		return NULL;
	count = probe_chunk(index * CHUNK_SEC, periods);
	zone_leave(saved);
	if ((chunk = malloc(sizeof(*chunk) + count * sizeof(periods[0]))) == NULL)
		return NULL;
	chunk->index = index;
	chunk->count = count;
	memcpy(chunk->periods, periods, count * sizeof(periods[0]));
	return chunk;
}

int
zone_period(struct zone *zone, int64_t utc, struct zone_period *period)
{
	int64_t index = civil_floor_div(utc, CHUNK_SEC);
	struct chunk **slot = &zone->chunks[(uint64_t)index % CHUNK_SLOTS], *chunk = *slot;
	size_t i = 0;

	if (utc > UTC_MAX_SEC || utc < -UTC_MAX_SEC) {
		errno = ERANGE;
		return -1;
	}
	if (chunk == NULL || chunk->index != index) {
		if ((chunk = chunk_load(zone, index)) == NULL)
			return -1;
		free(*slot);
		*slot = chunk;
	}
	while (utc >= chunk->periods[i].end)
		i++;
	*period = chunk->periods[i];
	return 0;
}

static bool
period_has_local(const struct zone_period *period, int64_t local)
{
	return local >= period->start + period->offset && local < period->end + period->offset;
}

int
zone_repeats(struct zone *zone, int64_t utc, bool *earlier, bool *later)
{
	struct zone_period here, other;
	int64_t local;

	*earlier = *later = false;
	if (zone_period(zone, utc, &here) == -1)
		return -1;
	local = utc + here.offset;
	for (other = here; other.start > utc - ZONE_CHANGE_MAX_SEC && !*earlier;) {
		if (zone_period(zone, other.start - 1, &other) == -1)
			return -1;
		*earlier = period_has_local(&other, local);
	}
	for (other = here; other.end <= utc + ZONE_CHANGE_MAX_SEC && !*later;) {
		if (zone_period(zone, other.end, &other) == -1)
			return -1;
		*later = period_has_local(&other, local);
	}
	return 0;
}
