#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cron/schedule.h"
#include "jobctl/next.h"
#include "jobctl/session.h"

/* One job's schedule, wherever it was found. */
struct source {
	const char *name, *schedule, *timezone, *description;
	const char *idle; /* why it does not run at its times; "" if it does */
	struct schedule_rules rules;
};

static void add(struct next *, const struct source *);
static json_t *make_times(const struct next *, const struct schedule *, const struct source *);
static int rule_of(const json_t *row, const char *member, const char *const *words);
static void show_schedule(const json_t *schedule);

const struct view next_view = { .member = "schedules" };

void
next_begin(struct next *next, bool json, struct walltime from, int64_t count)
{
	*next =
	    (struct next){ .json = json, .from = from, .count = count, .schedules = json_array() };
}

void
next_add_row(struct next *next, const json_t *row)
{
	struct source source = {
		.name = row_text(row, "name"),
		.schedule = row_text(row, "schedule"),
		.timezone = row_text(row, "timezone"),
		.description = row_text(row, "description"),
		.idle = row_is_true(row, "paused")                  ? "paused"
			: json_is_false(row_member(row, "enabled")) ? "disabled"
			: row_is_true(row, "manual_only")           ? "manual only"
								    : "",
	};
	const char *errstr;

	source.rules.gap = (enum dst_gap)rule_of(row, "dst_gap", dst_gap_words);
	source.rules.overlap = (enum dst_overlap)rule_of(row, "dst_overlap", dst_overlap_words);
	if (walltime_parse(row_text(row, "anchor"), &source.rules.anchor, &errstr) == -1)
		source.rules.anchor.us = 0;
	add(next, &source);
}

/* The word's number; 0, which is the usual rule, if it is not there. */
static int
rule_of(const json_t *row, const char *member, const char *const *words)
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
	char err[SCHEDULE_ERROR_MAX], words[SCHEDULE_DESCRIBE_MAX] = "";
	struct schedule *schedule = NULL;
	json_t *times, *object;

	if (*source->schedule != '\0') {
		schedule = schedule_parse(source->schedule, source->timezone, err, sizeof(err));
		if (schedule == NULL) {
			complain("job %s: %s", source->name, err);
			next->failed = true;
			return;
		}
		schedule_describe(schedule, words, sizeof(words));
	}
	times = schedule == NULL ? json_array() : make_times(next, schedule, source);
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", source->name, "schedule",
	    source->schedule, "timezone",
	    schedule == NULL ? source->timezone : schedule_zone(schedule), "words", words,
	    "description", source->description, "idle", source->idle, "next", times);
	if (object == NULL || json_array_append_new(next->schedules, object) == -1) {
		complain("job %s: its words are not UTF-8", source->name);
		next->failed = true;
	}
	schedule_free(schedule);
}

/* {"at": in the job's zone, "utc", "effect": of a clock change} */
static json_t *
make_times(const struct next *next, const struct schedule *schedule, const struct source *source)
{
	json_t *times = json_array();
	struct walltime at = next->from;
	enum schedule_effect effect;

	for (int64_t i = 0; i < next->count; i++) {
		char local[SCHEDULE_FORMAT_MAX], utc[WALLTIME_TEXT_MAX];

		if (schedule_next(schedule, at, &source->rules, &at, &effect) == -1)
			break;
		json_array_append_new(
		    times, json_pack("{s:s, s:s, s:s}", "at",
			       schedule_format(schedule, at, local, sizeof(local)), "utc",
			       walltime_format(at, utc, sizeof(utc)), "effect",
			       schedule_effect_text(effect)));
	}
	return times;
}

void
next_show(const struct next *next)
{
	size_t count = json_array_size(next->schedules);

	if (next->json) {
		fputs("{\"schedules\":", stdout);
		json_dumpf(next->schedules, stdout, JSON_COMPACT);
		puts("}");
		return;
	}
	if (count == 0 && !next->failed)
		puts("No jobs");
	for (size_t i = 0; i < count; i++)
		show_schedule(json_array_get(next->schedules, i));
}

/*
 * debt_reminders: every day at 08:00 America/Bogota (0 8 * * *)
 *   2026-11-22T08:00:00-05:00
 */
static void
show_schedule(const json_t *schedule)
{
	const json_t *times = json_object_get(schedule, "next");

	print_clean(row_text(schedule, "name"), 0);
	if (*row_text(schedule, "schedule") == '\0')
		fputs(": has no schedule", stdout);
	else
		printf(": %s (%s)", row_text(schedule, "words"), row_text(schedule, "schedule"));
	if (*row_text(schedule, "idle") != '\0')
		printf(", %s", row_text(schedule, "idle"));
	putchar('\n');
	for (size_t i = 0; i < json_array_size(times); i++) {
		const json_t *time = json_array_get(times, i);
		const char *effect = row_text(time, "effect");

		printf("  %s%s%s\n", row_text(time, "at"), *effect == '\0' ? "" : "  ", effect);
	}
}

int
next_end(struct next *next)
{
	json_decref(next->schedules);
	next->schedules = NULL;
	return next->failed ? -1 : 0;
}
