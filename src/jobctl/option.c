#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "jobctl/option.h"

/* clang-format off */
#define FIELD(name) offsetof(struct option_values, name)
const struct option options[] = {
	{ OPTION_ALL,         "--all",         NULL,      OPTION_FLAG,   FIELD(all),         "list jobd's own helpers too" },
	{ OPTION_WATCH,       "--watch",       NULL,      OPTION_FLAG,   FIELD(watch),       "stay, and show every change" },
	{ OPTION_FOLLOW,      "-f",            NULL,      OPTION_FLAG,   FIELD(follow),      "go on with what is written from now on" },
	{ OPTION_COUNT,       "-n",            "N",       OPTION_NUMBER, FIELD(count),       "so many of the last lines, or of the next times" },
	{ OPTION_BYTES,       "-N",            NULL,      OPTION_NUMBER, FIELD(bytes),       "a number: so many of the last bytes, as in -1600" },
	{ OPTION_OF_QUEUE,    "--queue",       NULL,      OPTION_FLAG,   FIELD(of_queue),    "those of the queue: its jobs, and breakers of the runner" },
	{ OPTION_SINCE,       "--since",       "SEQ",     OPTION_NUMBER, FIELD(since),       "also the remembered events after this number" },
	{ OPTION_ARGS,        "--args",        "JSON",    OPTION_TEXT,   FIELD(args),        "its arguments: a JSON array, or anything else as the only one" },
	{ OPTION_STATE,       "--state",       "STATES",  OPTION_TEXT,   FIELD(state),       "only jobs in this state, or in one of S,S,..." },
	{ OPTION_TYPE,        "--type",        "TYPE",    OPTION_TEXT,   FIELD(type),        "only jobs of this type" },
	{ OPTION_QUEUE,       "--queue",       "QUEUE",   OPTION_TEXT,   FIELD(queue),       "only jobs in this queue" },
	{ OPTION_TAG,         "--tag",         "TAG",     OPTION_TEXT,   FIELD(tag),         "only jobs with this tag" },
	{ OPTION_LIMIT,       "--limit",       "N",       OPTION_NUMBER, FIELD(limit),       "at most so many, 100 unless given" },
	{ OPTION_EVERY,       "--all",         NULL,      OPTION_FLAG,   FIELD(every),       "list all of them" },
	{ OPTION_MADE,        "--all",         NULL,      OPTION_FLAG,   FIELD(every),       "also the schedules that users made" },
	{ OPTION_TOTAL,       "--count",       NULL,      OPTION_FLAG,   FIELD(total),       "only say how many there are" },
	{ OPTION_EACH,        "--all",         NULL,      OPTION_FLAG,   FIELD(every),       "all jobs that the other options choose" },
	{ OPTION_TO_QUEUE,    "--queue",       "QUEUE",   OPTION_TEXT,   FIELD(queue),       "the queue that it goes to" },
	{ OPTION_AT,          "--at",          "TIME",    OPTION_TEXT,   FIELD(at),          "run it at this time (RFC 3339), or so long from now (+10m)" },
	{ OPTION_PRIORITY,    "--priority",    "N",       OPTION_NUMBER, FIELD(priority),    "1 to 9: higher ones of a queue run first, 5 unless given" },
	{ OPTION_RETRIES,     "--retries",     "N",       OPTION_NUMBER, FIELD(retries),     "try it again so often when it fails" },
	{ OPTION_UNIQUE,      "--unique",      "TIME",    OPTION_TEXT,   FIELD(unique),      "refuse it while there is one like it, so long at most (1h)" },
	{ OPTION_TAGS,        "--tag",         "TAG",     OPTION_TEXTS,  FIELD(tags),        "give it this tag; may be given several times" },
	{ OPTION_WAIT,        "--wait",        NULL,      OPTION_FLAG,   FIELD(wait),        "wait for the job's end, print its output, exit as it did" },
	{ OPTION_YES,         "--yes",         NULL,      OPTION_FLAG,   FIELD(yes),         "do not ask" },
	{ OPTION_WEIGHT,      "--weight",      "N",       OPTION_TEXT,   FIELD(weight),      "its share where queues are asked for together" },
	{ OPTION_CONCURRENCY, "--concurrency", "N",       OPTION_TEXT,   FIELD(concurrency), "run so many at the same time; 0: no limit" },
	{ OPTION_RATE,        "--rate",        "RATE",    OPTION_TEXT,   FIELD(rate),        "hand out so many a time, as 50/s or 100/10min; 0: no limit" },
	{ OPTION_HOURS,       "--hours",       "N",       OPTION_NUMBER, FIELD(hours),       "so many of the last hours" },
	{ OPTION_INTERVAL,    "--interval",    "TIME",    OPTION_TEXT,   FIELD(interval),    "ask so often, 2s unless given" },
	{ OPTION_FROM,        "--from",        "TIME",    OPTION_TEXT,   FIELD(from),        "count from this time (RFC 3339), not from now" },
	{ OPTION_SCHEDULE,    "--schedule",    "EXPR",    OPTION_TEXT,   FIELD(schedule),    "the next times of this schedule" },
	{ OPTION_WHEN,       "--schedule",    "EXPR",    OPTION_TEXT,    FIELD(schedule),    "when it runs: a cron line, or plain words" },
	{ OPTION_TIMEZONE,    "--timezone",    "TZ",      OPTION_TEXT,   FIELD(timezone),    "the zone that --schedule is meant in" },
	{ OPTION_SYSTEM,      "--system",      NULL,      OPTION_FLAG,   FIELD(system),      "lines name a user, as in /etc/crontab and /etc/cron.d" },
	{ OPTION_FORMAT,      "--format",      "TEXT",    OPTION_TEXT,   FIELD(format),      "print this for each row, with {{names}} of its members" },
	{ OPTION_JSON,        "--json",        NULL,      OPTION_FLAG,   FIELD(json),        "print JSON" },
	{ OPTION_CONF,        "-c",            "FILE",    OPTION_TEXT,   FIELD(conf),        "use the run_dir of this configuration" },
	{ OPTION_RUN_DIR,     "-r",            "RUN_DIR", OPTION_TEXT,   FIELD(run_dir),     "use the jobd with this run_dir" },
	{ OPTION_HELP,        "-h",            NULL,      OPTION_FLAG,   FIELD(help),        "explain" },
	{ OPTION_HELP,        "--help",        NULL,      OPTION_FLAG,   FIELD(help),        "explain" },
	{ OPTION_VERSION,     "-V",            NULL,      OPTION_FLAG,   FIELD(version),     "print the version of jobctl" },
	{ OPTION_VERSION,     "--version",     NULL,      OPTION_FLAG,   FIELD(version),     "print the version of jobctl" },
	{ 0, NULL, NULL, OPTION_FLAG, 0, NULL },
};
#undef FIELD
/* Numbers that are not from 0 on. */
static const struct range {
	uint64_t id;
	int64_t min, max;
} ranges[] = {
	{ OPTION_LIMIT,    1, INT64_MAX },
	{ OPTION_PRIORITY, 1, 9 },
};
/* clang-format on */

static int set_value(
    const struct option *, const char *text, struct option_values *, char *err, size_t errlen);
static int set_number(
    const struct option *, const char *text, int64_t *number, char *err, size_t errlen);
static int add_text(
    const struct option *, const char *text, const char **texts, char *err, size_t errlen);
static int unknown_option(const char *word, uint64_t allowed, char *err, size_t errlen);
static int parse_one(const char **words, size_t *i, uint64_t allowed, struct option_values *,
    char *err, size_t errlen);
static bool is_byte_count(const char *word);

void
option_values_init(struct option_values *values)
{
	*values = (struct option_values){ 0 };
	for (const struct option *option = options; option->name != NULL; option++)
		if (option->kind == OPTION_NUMBER)
			*(int64_t *)((char *)values + option->offset) = -1;
}

const struct option *
option_find(const char *name, uint64_t allowed)
{
	for (const struct option *option = options; option->name != NULL; option++)
		if ((option->id & allowed) != 0 && strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

int
option_parse(const char **words, uint64_t allowed, bool stop_at_word, struct option_values *values,
    size_t *count, char *err, size_t errlen)
{
	size_t kept = 0, i = 0;

	for (; words[i] != NULL; i++) {
		const char *word = words[i];

		if (strcmp(word, "--") == 0) {
			i++;
			break;
		}
		if (word[0] != '-' || word[1] == '\0') {
			if (stop_at_word)
				break;
			words[kept++] = word;
			continue;
		}
		if (parse_one(words, &i, allowed, values, err, errlen) == -1)
			return -1;
	}
	while (words[i] != NULL)
		words[kept++] = words[i++];
	words[kept] = NULL;
	*count = kept;
	return 0;
}

/* The option at words[*i]; *i moves on if its value is the next word. */
static int
parse_one(const char **words, size_t *i, uint64_t allowed, struct option_values *values, char *err,
    size_t errlen)
{
	const char *word = words[*i], *equals = word[1] == '-' ? strchr(word, '=') : NULL, *value;
	const struct option *option;
	char name[32];

	if ((allowed & OPTION_BYTES) != 0 && is_byte_count(word))
		return set_value(option_find("-N", allowed), word + 1, values, err, errlen);
	snprintf(name, sizeof(name), "%.*s",
	    equals == NULL ? (int)strlen(word) : (int)(equals - word), word);
	option = option_find(name, allowed);
	if (option == NULL || option->id == OPTION_BYTES)
		return unknown_option(name, allowed, err, errlen);
	if (option->kind == OPTION_FLAG)
		return equals == NULL ? set_value(option, NULL, values, err, errlen)
				      : unknown_option(word, allowed, err, errlen);
	value = equals != NULL ? equals + 1 : words[++*i];
	if (value == NULL) {
		snprintf(err, errlen, "option %s takes a value: %s", name, option->value);
		return -1;
	}
	return set_value(option, value, values, err, errlen);
}

static bool
is_byte_count(const char *word)
{
	return word[0] == '-' && word[1] != '\0' &&
	       word[1 + strspn(word + 1, "0123456789")] == '\0';
}

static int
set_value(const struct option *option, const char *text, struct option_values *values, char *err,
    size_t errlen)
{
	void *field = (char *)values + option->offset;

	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		break;
	case OPTION_TEXT:
		*(const char **)field = text;
		break;
	case OPTION_TEXTS:
		return add_text(option, text, field, err, errlen);
	case OPTION_NUMBER:
		return set_number(option, text, field, err, errlen);
	}
	return 0;
}

static int
set_number(const struct option *option, const char *text, int64_t *number, char *err, size_t errlen)
{
	struct range range = { option->id, 0, INT64_MAX };
	const char *errstr;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (ranges[i].id == option->id)
			range = ranges[i];
	if (text_to_int(text, range.min, range.max, number, &errstr) == 0)
		return 0;
	if (range.max != INT64_MAX)
		snprintf(err, errlen,
		    "option %s: '%s' is not a number from %" PRId64 " to %" PRId64, option->name,
		    text, range.min, range.max);
	else
		snprintf(err, errlen, "option %s: '%s' %s", option->name, text, errstr);
	return -1;
}

static int
add_text(
    const struct option *option, const char *text, const char **texts, char *err, size_t errlen)
{
	size_t count = 0;

	while (texts[count] != NULL)
		count++;
	if (count == OPTION_TEXTS_MAX) {
		snprintf(err, errlen, "option %s is given more than %d times", option->name,
		    OPTION_TEXTS_MAX);
		return -1;
	}
	texts[count] = text;
	return 0;
}

static int
unknown_option(const char *word, uint64_t allowed, char *err, size_t errlen)
{
	const char *names[sizeof(options) / sizeof(options[0])], *nearest;
	size_t count = 0;

	for (const struct option *option = options; option->name != NULL; option++)
		if ((option->id & allowed) != 0)
			names[count++] = option->name;
	names[count] = NULL;
	nearest = strlen(word) > 2 ? words_nearest(word, names) : NULL;
	if (nearest == NULL)
		snprintf(err, errlen, "unknown option %s", word);
	else
		snprintf(err, errlen, "unknown option %s: did you mean %s?", word, nearest);
	return -1;
}
