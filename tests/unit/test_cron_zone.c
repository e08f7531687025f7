/*
 * Zones: offsets against localtime_r(3), names that are refused, and TZ as it was before.
 */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cron/zone.h"

#define ERR_MAX 512
/* 13 minutes do not divide an hour, so that every part of it is met. */
#define STEP_SEC (13 * 60)

static struct zone *
open_or_fail(const char *name)
{
	char err[ERR_MAX];
	struct zone *zone = zone_open(name, err, sizeof(err));

	if (zone == NULL)
		fail_msg("%s: %s", name != NULL ? name : "the system", err);
	return zone;
}

static void
offsets_equal_the_c_library(void **state)
{
	static const struct {
		const char *name;
		int64_t from, to; /* years since 1970 */
	} spans[] = {
		{"America/New_York",            -40,  -35 },
		{ "America/New_York",           55,   60  },
		{ "Europe/Berlin",              2100, 2102},
		{ "Australia/Lord_Howe",        40,   45  },
		{ "Pacific/Apia",               40,   43  },
		{ "Asia/Gaza",                  50,   60  },
		{ "America/Argentina/San_Luis", 30,   42  },
		{ "UTC",                        0,    3   },
		{ "Africa/Casablanca",          100,  118 },
		{ "America/Boa_Vista",          28,   32  },
		{ "Africa/Freetown",            -32,  -29 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct zone *zone = open_or_fail(spans[i].name);
		int64_t from = spans[i].from * 31556952, to = spans[i].to * 31556952;

		/* The first look fills what is remembered and puts TZ back; this is set in between.
		 */
		for (int64_t utc = from; utc < to; utc += STEP_SEC) {
			struct zone_period period;
			time_t when = (time_t)utc;
			struct tm local;

			assert_int_equal(zone_period(zone, utc, &period), 0);
			assert_true(period.start <= utc && utc < period.end);
			setenv("TZ", spans[i].name, 1);
			tzset();
			localtime_r(&when, &local);
			if (local.tm_gmtoff != period.offset)
				fail_msg("%s at %lld: %d, not %ld", spans[i].name, (long long)utc,
				    period.offset, local.tm_gmtoff);
		}
		zone_close(zone);
	}
	unsetenv("TZ");
	tzset();
}

static void
repeated_times_are_told_apart(void **state)
{
	/* 2026-11-01T05:30:00Z and an hour later are both 01:30 in New York. */
	static const struct {
		int64_t utc;
		bool earlier, later;
	} examples[] = {
  /* clang-format off */
		{ 1793511000, false, true }, { 1793511000 - 1800, false, true }, { 1793511000 - 1801, false, false },
		{ 1793514600, true, false }, { 1793514600 + 1799, true, false }, { 1793514600 + 1800, false, false },
  /* clang-format on */
	};
	struct zone *zone = open_or_fail("America/New_York");

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		bool earlier, later;

		assert_int_equal(zone_repeats(zone, examples[i].utc, &earlier, &later), 0);
		assert_int_equal(earlier, examples[i].earlier);
		assert_int_equal(later, examples[i].later);
	}
	zone_close(zone);
}

static void
a_zone_is_shared_and_closed_once_per_user(void **state)
{
	struct zone *one = open_or_fail("Asia/Tokyo"), *two = open_or_fail("Asia/Tokyo");
	struct zone_period period;

	(void)state;
	assert_ptr_equal(one, two);
	zone_close(one);
	assert_int_equal(zone_period(two, 0, &period), 0);
	assert_int_equal(period.offset, 9 * 3600);
	zone_close(two);
	zone_close(NULL);
}

static void
names_outside_the_database_are_refused(void **state)
{
	static const struct {
		const char *name, *says;
	} bad[] = {
		{"../../etc/passwd",						      "is not a time zone name"      },
		{ "/usr/share/zoneinfo/UTC",					      "is not a time zone name"      },
		{ "Europe/../UTC",							"is not a time zone name"      },
		{ "Europe//Berlin",						       "is not a time zone name"      },
		{ "Europe/",							      "is not a time zone name"      },
		{ ":UTC",								 "is not a time zone name"      },
		{ "UTC0",								 "is not a time zone in"        },
		{ "EST5EDT4",							     "is not a time zone in"        },
		{ "Europe",							       "is not a time zone in"        },
		{ "Europe/Berlin/Mitte",						  "is not a time zone in"        },
		{ "Europe/Berln",							 "did you mean 'Europe/Berlin'?"},
		{ "Erope/Berlin",							 "did you mean 'Europe/Berlin'?"},
		{ "europe/berlin",							"did you mean 'Europe/Berlin'?"},
		{ "America/Argentina/BuenosAires",
                 "did you mean 'America/Argentina/Buenos_Aires'?"                                                        },
		{ "zone.tab",							     "is not a time zone name"      },
		{ "leapseconds",							  "no zone file"                 },
		{ "right/UTC",							    "leap seconds"                 },
		{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                 "is not a time zone name"									       },
	};
	char err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (zone_open(bad[i].name, err, sizeof(err)) != NULL)
			fail_msg("'%s' was taken for a zone", bad[i].name);
		if (strstr(err, bad[i].says) == NULL)
			fail_msg("'%s': %s", bad[i].name, err);
		assert_false(zone_exists(bad[i].name));
	}
}

static void
tz_is_as_it_was(void **state)
{
	static const char *const former[] = { NULL, "", "Asia/Tokyo", "EST5EDT", "nonsense" };
	char err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(former) / sizeof(former[0]); i++) {
		struct zone *zone = zone_open("Europe/Berlin", err, sizeof(err));
		struct zone_period period;
		time_t when = 0;
		struct tm before, after;

		if (former[i] != NULL)
			setenv("TZ", former[i], 1);
		else
			unsetenv("TZ");
		tzset();
		localtime_r(&when, &before);
		assert_int_equal(zone_period(zone, (int64_t)(i + 1) * 100000000, &period), 0);
		if (former[i] != NULL)
			assert_string_equal(getenv("TZ"), former[i]);
		else
			assert_null(getenv("TZ"));
		localtime_r(&when, &after);
		assert_int_equal(before.tm_gmtoff, after.tm_gmtoff);
		assert_string_equal(before.tm_zone, after.tm_zone);
		zone_close(zone);
	}
	unsetenv("TZ");
	tzset();
}

static void
the_system_zone_is_taken_from_tz(void **state)
{
	static const struct {
		const char *tz, *name;
	} examples[] = {
		{"Asia/Tokyo",                       "Asia/Tokyo"},
		{ ":Asia/Tokyo",                     "Asia/Tokyo"},
		{ "/usr/share/zoneinfo/Asia/Tokyo",  "Asia/Tokyo"},
		{ ":/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"},
		{ "",				"UTC"       },
		{ "Asia/Tokio",                      NULL        },
		{ "CET-1CEST,M3.5.0,M10.5.0/3",      NULL        },
		{ "/etc/passwd",                     NULL        },
	};
	char err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct zone *zone;

		setenv("TZ", examples[i].tz, 1);
		zone = zone_open(i % 2 == 0 ? NULL : "", err, sizeof(err));
		if (examples[i].name == NULL) {
			assert_null(zone);
			assert_non_null(strstr(err, examples[i].tz));
		} else {
			assert_non_null(zone);
			assert_string_equal(zone_name(zone), examples[i].name);
		}
		zone_close(zone);
	}
	unsetenv("TZ");
	zone_close(open_or_fail(NULL));
}

static void
copy_file(const char *from, const char *to, size_t max)
{
	char buf[16384];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	size_t len;

	assert_non_null(in);
	assert_non_null(out);
	len = fread(buf, 1, sizeof(buf), in);
	assert_int_equal(fwrite(buf, 1, len < max ? len : max, out), len < max ? len : max);
	fclose(in);
	fclose(out);
}

static void
a_damaged_or_vanished_file_is_never_utc(void **state)
{
	static const size_t lengths[] = { 0, 3, 43, 60, 500, 1200 };
	char directory[] = "/tmp/test_cron_zone.XXXXXX", path[PATH_MAX], err[ERR_MAX];
	struct zone_period period;
	struct zone *zone;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/Here", directory);
	setenv("TZDIR", directory, 1);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		copy_file("/usr/share/zoneinfo/America/New_York", path, lengths[i]);
		if (zone_open("Here", err, sizeof(err)) != NULL)
			fail_msg("a zone of %zu bytes was taken", lengths[i]);
		assert_non_null(strstr(err, "damaged"));
	}
	assert_null(zone_open("Europe/Berlin", err, sizeof(err)));
	copy_file("/usr/share/zoneinfo/America/New_York", path, SIZE_MAX);
	zone = open_or_fail("Here");
	assert_int_equal(zone_period(zone, 0, &period), 0);
	assert_int_equal(period.offset, -5 * 3600);
	assert_int_equal(unlink(path), 0);
	/* What is known stays known; the rest is an error. */
	assert_int_equal(zone_period(zone, 0, &period), 0);
	errno = 0;
	assert_int_equal(zone_period(zone, 2000000000, &period), -1);
	assert_int_equal(errno, ENOENT);
	zone_close(zone);
	assert_int_equal(rmdir(directory), 0);
	unsetenv("TZDIR");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_equal_the_c_library),
		cmocka_unit_test(repeated_times_are_told_apart),
		cmocka_unit_test(a_zone_is_shared_and_closed_once_per_user),
		cmocka_unit_test(names_outside_the_database_are_refused),
		cmocka_unit_test(tz_is_as_it_was),
		cmocka_unit_test(the_system_zone_is_taken_from_tz),
		cmocka_unit_test(a_damaged_or_vanished_file_is_never_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
