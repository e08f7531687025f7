#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "jobctl/option.h"

/* clang-format off */
#define FIELD(name) offsetof(struct option_values, name)
const struct option options[] = {
	{ OPTION_ALL,      "--all",      NULL,      OPTION_FLAG,   FIELD(all),      "list jobd's own helpers too" },
	{ OPTION_WATCH,    "--watch",    NULL,      OPTION_FLAG,   FIELD(watch),    "stay, and show every change" },
	{ OPTION_FOLLOW,   "-f",         NULL,      OPTION_FLAG,   FIELD(follow),   "go on with what is written from now on" },
	{ OPTION_COUNT,    "-n",         "N",       OPTION_NUMBER, FIELD(count),    "so many of the last lines, or of the next times" },
	{ OPTION_BYTES,    "-N",         NULL,      OPTION_NUMBER, FIELD(bytes),    "a number: so many of the last bytes, as in -1600" },
	{ OPTION_SINCE,    "--since",    "SEQ",     OPTION_NUMBER, FIELD(since),    "also the remembered events after this number" },
	{ OPTION_ARGS,     "--args",     "JSON",    OPTION_TEXT,   FIELD(args),     "an array that the job gets as its arguments" },
	{ OPTION_WAIT,     "--wait",     NULL,      OPTION_FLAG,   FIELD(wait),     "wait for the job's end, print its output, exit as it did" },
	{ OPTION_STATE,    "--state",    "STATE",   OPTION_TEXT,   FIELD(state),    "only jobs in this state" },
	{ OPTION_TYPE,     "--type",     "TYPE",    OPTION_TEXT,   FIELD(type),     "only jobs of this type" },
	{ OPTION_QUEUE,    "--queue",    "QUEUE",   OPTION_TEXT,   FIELD(queue),    "only jobs in this queue" },
	{ OPTION_LIMIT,    "--limit",    "N",       OPTION_NUMBER, FIELD(limit),    "at most so many" },
	{ OPTION_FROM,     "--from",     "TIME",    OPTION_TEXT,   FIELD(from),     "count from this time (RFC 3339), not from now" },
	{ OPTION_SCHEDULE, "--schedule", "EXPR",    OPTION_TEXT,   FIELD(schedule), "the next times of this schedule" },
	{ OPTION_TIMEZONE, "--timezone", "TZ",      OPTION_TEXT,   FIELD(timezone), "the zone that --schedule is meant in" },
	{ OPTION_JSON,     "--json",     NULL,      OPTION_FLAG,   FIELD(json),     "print JSON" },
	{ OPTION_CONF,     "-c",         "FILE",    OPTION_TEXT,   FIELD(conf),     "use the run_dir of this configuration" },
	{ OPTION_RUN_DIR,  "-r",         "RUN_DIR", OPTION_TEXT,   FIELD(run_dir),  "use the jobd with this run_dir" },
	{ OPTION_HELP,     "-h",         NULL,      OPTION_FLAG,   FIELD(help),     "explain" },
	{ OPTION_HELP,     "--help",     NULL,      OPTION_FLAG,   FIELD(help),     "explain" },
	{ OPTION_VERSION,  "-V",         NULL,      OPTION_FLAG,   FIELD(version),  "print the version of jobctl" },
	{ OPTION_VERSION,  "--version",  NULL,      OPTION_FLAG,   FIELD(version),  "print the version of jobctl" },
	{ 0, NULL, NULL, OPTION_FLAG, 0, NULL },
};
#undef FIELD
/* clang-format on */

static int set_value(
    const struct option *, const char *text, struct option_values *, char *err, size_t errlen);
static int unknown_option(const char *word, uint32_t allowed, char *err, size_t errlen);
static bool is_byte_count(const char *word);

void
option_values_init(struct option_values *values)
{
	*values = (struct option_values){ .count = -1, .bytes = -1, .since = -1, .limit = -1 };
}

const struct option *
option_find(const char *name, uint32_t allowed)
{
	for (const struct option *option = options; option->name != NULL; option++)
		if ((option->id & allowed) != 0 && strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

int
option_parse(const char **words, uint32_t allowed, bool stop_at_word, struct option_values *values,
    size_t *count, char *err, size_t errlen)
{
	size_t kept = 0, i = 0;

	for (; words[i] != NULL; i++) {
		const char *word = words[i], *equals = strchr(word, '='), *value = NULL;
		const struct option *option;
		char name[32];

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
		snprintf(name, sizeof(name), "%.*s",
		    equals == NULL || word[1] != '-' ? (int)strlen(word) : (int)(equals - word),
		    word);
		if ((allowed & OPTION_BYTES) != 0 && is_byte_count(word)) {
			option = option_find("-N", allowed);
			value = word + 1;
		} else {
			option = option_find(name, allowed);
			if (option == NULL || option->id == OPTION_BYTES)
				return unknown_option(name, allowed, err, errlen);
			if (option->kind != OPTION_FLAG)
				value = equals != NULL && word[1] == '-' ? equals + 1 : words[++i];
			else if (equals != NULL)
				return unknown_option(word, allowed, err, errlen);
		}
		if (option->kind != OPTION_FLAG && value == NULL) {
			snprintf(err, errlen, "option %s takes a value: %s", name, option->value);
			return -1;
		}
		if (set_value(option, value, values, err, errlen) == -1)
			return -1;
	}
	while (words[i] != NULL)
		words[kept++] = words[i++];
	words[kept] = NULL;
	*count = kept;
	return 0;
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
	const char *errstr;

	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		break;
	case OPTION_TEXT:
		*(const char **)field = text;
		break;
	case OPTION_NUMBER:
		if (text_to_int(text, 0, INT64_MAX, field, &errstr) == -1) {
			snprintf(err, errlen, "option %s: '%s' %s", option->name, text, errstr);
			return -1;
		}
		break;
	}
	return 0;
}

static int
unknown_option(const char *word, uint32_t allowed, char *err, size_t errlen)
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
