#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_check.h"
#include "base/json_path.h"
#include "cron/schedule.h"
#include "routine.h"

/* Days that the shortest month has. */
#define SHORT_MONTH 28
/* Due times of another day that are passed over before there is none. */
#define PASS_MAX 400
/* As _bid and _cb of a batch's callback. */
#define SIGNATURE "_schedule"

struct timetable {
	struct schedule *schedule;
	int64_t month_day; /* of a rule for short months; 0: none is needed */
};

static int
refuse(char *error, const char *text)
{
	strlcpy(error, text, ROUTINE_ERROR_MAX);
	return -1;
}

static int
read_time(const char *text, int clock[3])
{
	int used = 0;

	clock[2] = 0;
	if (sscanf(text, "%2d:%2d%n", &clock[0], &clock[1], &used) != 2)
		return -1;
	if (text[used] == ':' && sscanf(text + used, ":%2d%n", &clock[2], &used) == 1)
		used = (int)strlen(text);
	return text[used] == '\0' && strspn(text, "0123456789:") == strlen(text) && clock[0] < 24 &&
		       clock[1] < 60 && clock[2] < 60
		   ? 0
		   : -1;
}

static bool
is_last(const struct routine *routine)
{
	return strcmp(routine->month_end, "last") == 0;
}

/* The day of month and the weekday of a cron line; -1: wrong. */
static int
days_of(const struct routine *routine, char *month_day, char *week_day, size_t size)
{
	bool weekly = strcmp(routine->frequency, "weekly") == 0;
	int64_t most = weekly ? 7 : 31;

	snprintf(month_day, size, "*");
	snprintf(week_day, size, "*");
	if (strcmp(routine->frequency, "daily") == 0)
		return routine->day == 0 ? 0 : -1;
	if (!weekly && strcmp(routine->frequency, "monthly") != 0)
		return -1;
	if (routine->day < 1 || routine->day > most)
		return -1;
	if (weekly)
		snprintf(week_day, size, "%d", (int)routine->day);
	else if (is_last(routine) && routine->day == 31)
		snprintf(month_day, size, "L");
	else
		snprintf(month_day, size, "%d", (int)routine->day);
	return 0;
}

int
routine_complete(struct routine *routine, char error[ROUTINE_ERROR_MAX])
{
	char text[80], month_day[8], week_day[8];
	int clock[3];

	if (routine->month_end[0] != '\0' && !is_last(routine) &&
	    strcmp(routine->month_end, "skip") != 0)
		return refuse(error, "month_end is 'last' or 'skip'");
	if (routine->frequency[0] == '\0')
		return routine->schedule[0] != '\0'
			   ? 0
			   : refuse(error, "it needs a schedule, or a frequency and a time");
	if (read_time(routine->time, clock) == -1)
		return refuse(error, "time is HH:MM or HH:MM:SS");
	if (days_of(routine, month_day, week_day, sizeof(month_day)) == -1)
		return refuse(error, "frequency is 'daily', 'weekly' with a day from 1 (Monday) to "
				     "7, or 'monthly' with a day from 1 to 31");
	if (clock[2] == 0)
		snprintf(
		    text, sizeof(text), "%d %d %s * %s", clock[1], clock[0], month_day, week_day);
	else
		snprintf(text, sizeof(text), "%d %d %d %s * %s", clock[2], clock[1], clock[0],
		    month_day, week_day);
	if (text_keep(&routine->memory, &routine->schedule, text, strlen(text)) == -1)
		return refuse(error, "out of memory");
	return 0;
}

/* The text whose due times hold those of the routine: the days on which its day may fall. */
static void
candidates(const struct routine *routine, char *text, size_t size)
{
	const char *place;

	/* Hour and minute may be the same number: the day is the field before the month. */
	place = strstr(routine->schedule, " * *");
	while (place != NULL && place > routine->schedule && place[-1] != ' ')
		place--;
	if (place == NULL || place == routine->schedule)
		snprintf(text, size, "%s", routine->schedule);
	else
		snprintf(text, size, "%.*s28-31 * *", (int)(place - routine->schedule),
		    routine->schedule);
}

struct timetable *
timetable_new(
    const struct routine *routine, const char *default_zone, char error[ROUTINE_ERROR_MAX])
{
	struct timetable *timetable = calloc(1, sizeof(*timetable));
	char why[SCHEDULE_ERROR_MAX], text[200];

	if (timetable == NULL) {
		refuse(error, "out of memory");
		return NULL;
	}
	if (strcmp(routine->frequency, "monthly") == 0 && is_last(routine) &&
	    routine->day > SHORT_MONTH && routine->day < 31) {
		timetable->month_day = routine->day;
		candidates(routine, text, sizeof(text));
	}
	timetable->schedule = schedule_parse(timetable->month_day != 0 ? text : routine->schedule,
	    routine->timezone[0] != '\0' ? routine->timezone : default_zone, why, sizeof(why));
	if (timetable->schedule == NULL) {
		refuse(error, why);
		free(timetable);
		return NULL;
	}
	return timetable;
}

void
timetable_free(struct timetable *timetable)
{
	if (timetable == NULL)
		return;
	schedule_free(timetable->schedule);
	free(timetable);
}

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Is it the day of month, or the last one of a month that has no such day? */
static bool
is_the_day(const struct timetable *timetable, struct walltime when)
{
	char text[SCHEDULE_FORMAT_MAX];
	int year, month, day, last;

	schedule_format(timetable->schedule, when, text, sizeof(text));
	if (sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1 || month > 12)
		return false;
	last = days_in(year, month);
	return day == (timetable->month_day < last ? timetable->month_day : last);
}

int
timetable_next(const void *arg, struct walltime after, struct walltime *next)
{
	const struct timetable *timetable = arg;

	for (int i = 0; i < PASS_MAX; i++) {
		if (schedule_next(timetable->schedule, after, NULL, next, NULL) == -1)
			return -1;
		if (timetable->month_day == 0 || is_the_day(timetable, *next))
			return 0;
		after = *next;
	}
	return -1;
}

/* Each byte of a name may become six. */
int
routine_sign(struct job *job, const char *name)
{
	size_t size = 6 * strlen(name) + 64;
	char *text = malloc(size);
	struct json json;
	int result = -1;

	if (text == NULL)
		return -1;
	json_begin(&json, text + 1, size - 1);
	json_object(&json, "custom");
	json_string(&json, SIGNATURE, name);
	json_object_end(&json);
	text[0] = ',';
	if (json_end(&json) != -1)
		result = job_set(job, &job->extra, text);
	free(text);
	return result;
}

char *
routine_signature(const struct job *job)
{
	const char *value;
	char *text, *name = NULL;
	size_t len;
	int size;

	if (job->extra[0] == '\0' || (size = asprintf(&text, "{%s}", job->extra + 1)) == -1)
		return NULL;
	if (json_path_find("$.custom." SIGNATURE, text, (size_t)size, &value, &len) &&
	    (name = malloc(len + 1)) != NULL && json_text(value, len, name) == -1) {
		free(name);
		name = NULL;
	}
	free(text);
	return name;
}
