#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cron/schedule.h"
#include "jobctl/next.h"

/* Bytes of the texts of a last tick. */
#define LAST_MAX 400

/* One job's schedule, wherever it was found. */
struct source {
	const char *name, *schedule, *timezone, *description;
	const char *idle;          /* why it does not run at its times; "" if it does */
	const struct value *times; /* where the schedule does not say all; NULL if it does */
	const struct value *last;  /* its last tick, NULL if there is none */
	struct schedule_rules rules;
};

static int rule_of(const struct value *row, const char *member, const char *const *words);
static void add(struct next *, const struct source *);
static char *make_row(const struct next *, const struct source *, const struct schedule *);
static void write_times(
    struct json *, const struct next *, const struct source *, const struct schedule *);
static void write_last(struct json *, const struct value *last);
static void show_schedule(const struct value *schedule);

static const struct view next_view = {
	.member = "schedules",
	.line = show_schedule,
	.empty = "No jobs",
};

void
next_begin(struct next *next, struct session *session, struct walltime from, int64_t count)
{
	*next = (struct next){
		.listing = {.session = session, .view = &next_view},
		.from = from,
		.count = count,
	};
}

/* It is more than its text says. */
bool
next_has_rule(const struct value *row)
{
	return strcmp(row_text(row, "month_end"), "last") == 0 && row_number(row, "day", 0) < 31;
}

void
next_add_row(struct next *next, const struct value *row, const struct value *times)
{
	struct source source = {
		.name = row_text(row, "name"),
		.schedule = row_text(row, "schedule"),
		.timezone = row_text(row, "timezone"),
		.description = row_text(row, "description"),
		.idle = row_is(row, "paused", VALUE_TRUE)        ? "paused"
			: row_is(row, "enabled", VALUE_FALSE)    ? "disabled"
			: row_is(row, "manual_only", VALUE_TRUE) ? "manual only"
								 : "",
		.times = times,
		.last = row_member(row, "last"),
	};
	const char *errstr;

	if (*row_text(row, "zone") != '\0')
		source.timezone = row_text(row, "zone");

	source.rules.gap = (enum dst_gap)rule_of(row, "dst_gap", dst_gap_words);
	source.rules.overlap = (enum dst_overlap)rule_of(row, "dst_overlap", dst_overlap_words);
	if (walltime_parse(row_text(row, "anchor"), &source.rules.anchor, &errstr) == -1)
		source.rules.anchor.us = 0;
	add(next, &source);
}

/* The word's number; 0, which is the usual rule, if it is not there. */
static int
rule_of(const struct value *row, const char *member, const char *const *words)
{
	const char *word = row_text(row, member);

	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

void
next_add_job(struct next *next, const struct conf_job *job, const char *default_zone)
{
	struct source source = {
		.name = job->name,
		.schedule = job->schedule,
		.timezone = *job->timezone != '\0' ? job->timezone : default_zone,
		.description = job->description,
		.idle = !job->enabled ? "disabled" : job->manual_only ? "manual only" : "",
		.rules = {
		    .gap = (enum dst_gap)job->dst_gap,
		    .overlap = (enum dst_overlap)job->dst_overlap,
		},
	};

	add(next, &source);
}

static void
add(struct next *next, const struct source *source)
{
	char err[SCHEDULE_ERROR_MAX], *text;
	struct schedule *schedule = NULL;
	const struct value *row;

	if (*source->schedule != '\0') {
		schedule = schedule_parse(source->schedule, source->timezone, err, sizeof(err));
		if (schedule == NULL) {
			complain("job %s: %s", source->name, err);
			next->failed = true;
			return;
		}
	}
	text = make_row(next, source, schedule);
	if (text == NULL || listing_add(&next->listing, text, strlen(text), &row) == -1)
		next->failed = true;
	free(text);
	schedule_free(schedule);
}

/* Allocated JSON text. */
static char *
make_row(const struct next *next, const struct source *source, const struct schedule *schedule)
{
	/* A byte becomes six at most; a time is below 300 bytes. */
	size_t size = (strlen(source->name) + strlen(source->schedule) +
			  strlen(source->description) + SCHEDULE_DESCRIBE_MAX + LAST_MAX) *
			  6 +
		      (size_t)next->count * 300 + 1024;
	char words[SCHEDULE_DESCRIBE_MAX] = "", *buf = malloc(size);
	struct json json;

	if (buf == NULL)
		return NULL;
	if (schedule != NULL)
		schedule_describe(schedule, words, sizeof(words));
	if (source->times != NULL)
		strlcat(words, ", or on the last one of a shorter month", sizeof(words));
	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, "name", source->name);
	json_string(&json, "schedule", source->schedule);
	json_string(
	    &json, "timezone", schedule != NULL ? schedule_zone(schedule) : source->timezone);
	json_string(&json, "words", words);
	json_string(&json, "description", source->description);
	json_string(&json, "idle", *source->idle == '\0' ? NULL : source->idle);
	write_times(&json, next, source, schedule);
	write_last(&json, source->last);
	json_object_end(&json);
	if (json_end(&json) != -1)
		return buf;
	free(buf);
	return NULL;
}

/* [{"at": in the job's zone, "utc", "effect": of a clock change}, ...] */
static void
write_times(struct json *json, const struct next *next, const struct source *source,
    const struct schedule *schedule)
{
	const struct value *told = value_first(source->times);
	enum schedule_effect effect = SCHEDULE_EFFECT_NONE;
	struct walltime at = next->from;
	const char *errstr;

	json_array(json, "next");
	for (int64_t i = 0; schedule != NULL && i < next->count; i++) {
		char local[SCHEDULE_FORMAT_MAX], utc[WALLTIME_TEXT_MAX];

		if (source->times == NULL
			? schedule_next(schedule, at, &source->rules, &at, &effect) == -1
			: told == NULL || walltime_parse(told->text, &at, &errstr) == -1)
			break;
		if (told != NULL)
			told = value_next(source->times, told);
		json_object(json, NULL);
		json_string(json, "at", schedule_format(schedule, at, local, sizeof(local)));
		json_string(json, "utc", walltime_format(at, utc, sizeof(utc)));
		json_string(json, "effect",
		    effect == SCHEDULE_EFFECT_NONE ? NULL : schedule_effect_text(effect));
		json_object_end(json);
	}
	json_array_end(json);
}

/* {"due_at","result","reason","jid"} or null */
static void
write_last(struct json *json, const struct value *last)
{
	static const char *const members[] = { "due_at", "result", "reason", "jid" };

	if (last == NULL) {
		json_null(json, "last");
		return;
	}
	json_object(json, "last");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_string(json, members[i],
		    row_member(last, members[i]) != NULL ? row_text(last, members[i]) : NULL);
	json_object_end(json);
}

/* "  last: 2026-11-22T08:00:00-05:00 ran, job 0123456789ab" */
static void
show_last(const struct value *last)
{
	const char *reason = row_text(last, "reason"), *jid = row_text(last, "jid");
	char at[64];

	if (last == NULL)
		return;
	printf("  last: %s %s", row_cell(last, "due_at", CELL_TIME, at, sizeof(at)),
	    row_text(last, "result"));
	if (*reason != '\0')
		printf(" (%s)", reason);
	if (*jid != '\0') {
		fputs(", job ", stdout);
		print_clean(jid, 0);
	}
	putchar('\n');
}

/*
 * debt_reminders: every day at 08:00 America/Bogota (0 8 * * *)
 *   last: 2026-11-21T08:00:00-05:00 ran, job 0123456789ab
 *   2026-11-22T08:00:00-05:00
 */
static void
show_schedule(const struct value *schedule)
{
	const struct value *times = row_member(schedule, "next"), *time;

	print_clean(row_text(schedule, "name"), 0);
	if (*row_text(schedule, "schedule") == '\0')
		fputs(": has no schedule", stdout);
	else
		printf(": %s (%s)", row_text(schedule, "words"), row_text(schedule, "schedule"));
	if (*row_text(schedule, "idle") != '\0')
		printf(", %s", row_text(schedule, "idle"));
	putchar('\n');
	show_last(row_member(schedule, "last"));
	for (time = value_first(times); time != NULL; time = value_next(times, time)) {
		const char *effect = row_text(time, "effect");

		printf("  %s%s%s\n", row_text(time, "at"), *effect == '\0' ? "" : "  ", effect);
	}
}

int
next_end(struct next *next)
{
	if (next->listing.count > 0 || !next->failed)
		listing_show(&next->listing);
	listing_end(&next->listing);
	return next->failed ? -1 : 0;
}
