#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cron/civil.h"
#include "cron/schedule_struct.h"

typedef int reader_fn(struct parse *, const struct word *, size_t, struct recurrence *);

const char *const dst_gap_words[] = { [DST_GAP_AFTER] = "after", [DST_GAP_SKIP] = "skip", NULL };
const char *const dst_overlap_words[] = { [DST_OVERLAP_FIRST] = "first",
	[DST_OVERLAP_SECOND] = "second",
	[DST_OVERLAP_BOTH] = "both",
	NULL };

static const char *const prefixes[] = { "CRON_TZ=", "TZ=" };

static int
text_check(struct parse *parse)
{
	size_t len = strlen(parse->text);

	if (len > PARSE_TEXT_MAX) {
		snprintf(parse->err, parse->errlen,
		    "a schedule of %zu characters is too long: %d are allowed", len,
		    PARSE_TEXT_MAX);
		return -1;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)parse->text[i];

		if (c != '\t' && (c < ' ' || c > '~')) {
			snprintf(parse->err, parse->errlen,
			    "column %zu: the byte 0x%02x does not belong in a schedule", i + 1, c);
			return -1;
		}
	}
	return 0;
}

/* True for Asia/Tokyo and UTC, false for fri, mon/2 and noon. */
static bool
is_zone_word(struct word word)
{
	struct word rest = word, head;
	char name[ZONE_NAME_MAX + 1];

	if (word.len == 0 || !isalpha((unsigned char)word.at[0]) ||
	    memchr(word.at, '=', word.len) != NULL)
		return false;
	word_cut(&rest, '/', &head);
	if (rest.at != NULL) {
		for (size_t i = 0; i < head.len; i++)
			if (!isalpha((unsigned char)head.at[i]) && head.at[i] != '_')
				return false;
		return word_name(head, parse_weekdays) == -1 && word_name(head, parse_months) == -1;
	}
	if (word.len > ZONE_NAME_MAX)
		return false;
	word_copy(word, name, sizeof(name));
	/* "utc" is meant as a zone too, though it is an error. */
	return word_is(word, "UTC") || word_is(word, "GMT") || zone_exists(name);
}

static int
zone_word_set(struct parse *parse, struct word *zone, struct word word)
{
	if (zone->at != NULL)
		return parse_error(parse, word, "is a second time zone");
	if (word.len == 0)
		return parse_error(parse, word, "stands where a time zone should");
	*zone = word;
	return 0;
}

/* Takes "timezone=Asia/Tokyo" out of a keyed schedule. */
static int
zone_key_take(struct parse *parse, struct word *words, size_t *count, struct word *zone)
{
	for (size_t i = 0; i < *count; i++) {
		struct word value = words[i], key;

		word_cut(&value, '=', &key);
		if (value.at == NULL || !word_is(key, "timezone"))
			continue;
		while (value.len > 0 && strchr("'\",", value.at[value.len - 1]) != NULL)
			value.len--;
		while (value.len > 0 && strchr("'\"", value.at[0]) != NULL) {
			value.at++;
			value.len--;
		}
		if (zone_word_set(parse, zone, value) == -1)
			return -1;
		memmove(&words[i], &words[i + 1], (--*count - i) * sizeof(words[0]));
		i--;
	}
	return 0;
}

/* Takes the zone off the words: CRON_TZ= or TZ= in front, timezone= anywhere, or a name as the last
 * word. */
static int
zone_take(struct parse *parse, struct word *words, size_t *count, struct word *zone)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && *count > 0; i++) {
		size_t len = strlen(prefixes[i]);
		struct word value = words[0];

		if (value.len < len || strncmp(value.at, prefixes[i], len) != 0)
			continue;
		value.at += len;
		value.len -= len;
		if (zone_word_set(parse, zone, value) == -1)
			return -1;
		memmove(words, words + 1, --*count * sizeof(words[0]));
	}
	if (zone_key_take(parse, words, count, zone) == -1)
		return -1;
	while (*count > 1 && is_zone_word(words[*count - 1]))
		if (zone_word_set(parse, zone, words[--*count]) == -1)
			return -1;
	return 0;
}

/* A first word of cron's characters begins a cron schedule, unless it is the number of "9 am
 * daily". */
static bool
is_cron(const struct word *words, size_t count)
{
	if (words[0].at[0] == '*')
		return true;
	if (count > 1 && (word_is(words[1], "am") || word_is(words[1], "pm")))
		return false;
	for (size_t i = 0; i < words[0].len; i++)
		if (strchr("0123456789*?,/-", words[0].at[i]) == NULL)
			return false;
	return true;
}

static reader_fn *
reader_choose(const struct word *words, size_t count)
{
	if (words[0].at[0] == '@')
		return parse_nickname;
	if (memchr(words[0].at, '=', words[0].len) != NULL)
		return parse_keyed;
	return is_cron(words, count) ? parse_cron : parse_plain;
}

/* Says why no date matches, if it is as simple as 30 February. */
static int
never_error(struct parse *parse, const struct calendar *calendar)
{
	static const char *const month_names[] = { "", "January", "February", "March", "April",
		"May", "June", "July", "August", "September", "October", "November", "December" };
	int first = calendar->days == 0 ? 0 : __builtin_ctz(calendar->days);
	int longest = 0, month = 0;

	for (int i = 1; i <= 12; i++) {
		/* 2000 is a leap year. */
		if (calendar->months >> i & 1 && civil_month_length(2000, i) > longest) {
			longest = civil_month_length(2000, i);
			month = i;
		}
	}
	if (first > longest)
		return parse_error_all(parse,
		    "can never fire: %s has at most %d days, the first day asked for is %d",
		    month_names[month], longest, first);
	return parse_error_all(parse, "can never fire: no date from %s matches all of its fields",
	    calendar->year_count > 0 ? "the years given"
				     : "one leap year cycle (400 years) to the next");
}

static int
recurrence_read(struct parse *parse, struct recurrence *recurrence, struct word *zone)
{
	struct word words[PARSE_WORDS_MAX];
	size_t count;

	if (text_check(parse) == -1 || parse_split(parse, words, &count) == -1)
		return -1;
	if (zone_take(parse, words, &count, zone) == -1)
		return -1;
	if (count == 0) {
		snprintf(parse->err, parse->errlen, "the schedule is empty");
		return -1;
	}
	calendar_init(&recurrence->calendar);
	recurrence->interval_sec = 0;
	if (reader_choose(words, count)(parse, words, count, recurrence) == -1)
		return -1;
	if (recurrence->interval_sec == 0 && !calendar_has_date(&recurrence->calendar))
		return never_error(parse, &recurrence->calendar);
	return 0;
}

static struct zone *
zone_of_text(struct parse *parse, struct word word)
{
	char name[ZONE_NAME_MAX + 2], reason[SCHEDULE_ERROR_MAX];
	struct zone *zone = zone_open(word_copy(word, name, sizeof(name)), reason, sizeof(reason));

	if (zone == NULL)
		snprintf(parse->err, parse->errlen, "column %zu: %s",
		    (size_t)(word.at - parse->text) + 1, reason);
	return zone;
}

struct schedule *
schedule_parse(const char *text, const char *default_zone, char *err, size_t errlen)
{
	struct parse parse = { .text = text, .err = err, .errlen = errlen };
	struct schedule *schedule = calloc(1, sizeof(*schedule));
	struct word zone = { 0 };

	if (schedule == NULL) {
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	if (recurrence_read(&parse, &schedule->recurrence, &zone) == 0)
		schedule->zone = zone.at != NULL ? zone_of_text(&parse, zone)
						 : zone_open(default_zone, err, errlen);
	if (schedule->zone == NULL) {
		free(schedule);
		return NULL;
	}
	return schedule;
}

void
schedule_free(struct schedule *schedule)
{
	if (schedule == NULL)
		return;
	zone_close(schedule->zone);
	free(schedule);
}

const char *
schedule_zone(const struct schedule *schedule)
{
	return zone_name(schedule->zone);
}

int
schedule_zone_check(const char *name, char *err, size_t errlen)
{
	struct zone *zone = zone_open(name, err, errlen);

	if (zone == NULL)
		return -1;
	zone_close(zone);
	return 0;
}

const char *
schedule_format(const struct schedule *schedule, struct walltime when, char *buf, size_t size)
{
	int64_t utc = civil_floor_div(when.us, CLOCK_US_PER_SEC), local, days;
	int fraction_us = (int)(when.us - utc * CLOCK_US_PER_SEC), second, offset;
	struct zone_period period;
	struct civil date;
	char fraction[8] = "";

	if (zone_period(schedule->zone, utc, &period) == -1)
		return walltime_format(when, buf, size);
	/* RFC 3339 has no seconds of an offset; only zones before 1972 do. */
	offset = period.offset - period.offset % 60;
	local = utc + offset;
	days = civil_floor_div(local, CIVIL_SECONDS_PER_DAY);
	second = (int)(local - days * CIVIL_SECONDS_PER_DAY);
	date = civil_from_days(days);
	if (fraction_us != 0)
		snprintf(fraction, sizeof(fraction), ".%06d", fraction_us);
	snprintf(buf, size, "%04lld-%02d-%02dT%02d:%02d:%02d%s%c%02d:%02d", (long long)date.year,
	    date.month, date.day, second / 3600, second / 60 % 60, second % 60, fraction,
	    offset < 0 ? '-' : '+', abs(offset) / 3600, abs(offset) / 60 % 60);
	return buf;
}

const char *
schedule_effect_text(enum schedule_effect effect)
{
	static const char *const texts[] = {
		[SCHEDULE_EFFECT_NONE] = "",
		[SCHEDULE_EFFECT_MOVED] = "moved: its local time was skipped by a clock change",
		[SCHEDULE_EFFECT_FIRST] = "the first of two equal local times",
		[SCHEDULE_EFFECT_SECOND] = "the second of two equal local times",
	};

	return texts[effect];
}
