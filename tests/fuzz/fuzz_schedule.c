/*
 * Feeds text to the reader of schedules and checks what it promises: an error is one line that
 * fits, what is taken can be described, and its due times rise, are found again from just before
 * them, and exist at all.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cron/schedule.h"

#define NEXT_TIMES 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_error(const char *err)
{
	size_t len = strlen(err);

	if (len == 0 || len >= SCHEDULE_ERROR_MAX)
		abort();
	for (size_t i = 0; i < len; i++)
		if (err[i] < ' ' || err[i] > '~')
			abort();
}

/* From the first byte: when to begin, and which rules. */
static void
check_next(const struct schedule *schedule, uint8_t choice)
{
	struct schedule_rules rules = { .gap = choice & 1 ? DST_GAP_SKIP : DST_GAP_AFTER,
		.overlap = (enum dst_overlap)((choice >> 1) % 3) };
	/* 1970 to 2104, in steps of about half a year. */
	struct walltime when = { (int64_t)choice * 16600000 * CLOCK_US_PER_SEC + choice }, next,
			again;
	char text[SCHEDULE_FORMAT_MAX];

	for (int i = 0; i < NEXT_TIMES; i++) {
		if (schedule_next(schedule, when, &rules, &next, NULL) == -1)
			return;
		if (next.us <= when.us)
			abort();
		again.us = next.us - 1;
		if (schedule_next(schedule, again, &rules, &again, NULL) == -1 ||
		    again.us != next.us)
			abort();
		if (strlen(schedule_format(schedule, next, text, sizeof(text))) <
		    strlen("2026-11-22T05:30:00Z"))
			abort();
		when = next;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[SCHEDULE_ERROR_MAX] = "", description[SCHEDULE_DESCRIBE_MAX];
	struct schedule *schedule;
	char *text;

	if (size == 0 || (text = malloc(size)) == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	schedule = schedule_parse(text, "America/New_York", err, sizeof(err));
	if (schedule == NULL) {
		check_error(err);
	} else {
		if (strlen(schedule_describe(schedule, description, sizeof(description))) == 0 ||
		    strstr(description, schedule_zone(schedule)) == NULL)
			abort();
		check_next(schedule, data[0]);
	}
	schedule_free(schedule);
	free(text);
	return 0;
}
