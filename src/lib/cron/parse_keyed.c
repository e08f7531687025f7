#include <string.h>

#include "cron/field.h"
#include "cron/parse.h"

/* In the order of APScheduler's CronTrigger: from the greatest to the least. */
enum key {
	KEY_YEAR,
	KEY_MONTH,
	KEY_DAY,
	KEY_WEEK,
	KEY_WEEKDAY,
	KEY_HOUR,
	KEY_MINUTE,
	KEY_SECOND,
	KEY_COUNT
};

struct key_rule {
	const char *name;
	enum field field;
	const char *least; /* what a field has that is left out behind the least one given */
};

static const struct key_rule rules[KEY_COUNT] = {
  /* clang-format off */
	[KEY_YEAR] = { "year", FIELD_YEAR, "*" },
	[KEY_MONTH] = { "month", FIELD_MONTH, "1" },
	[KEY_DAY] = { "day", FIELD_DAY, "1" },
	[KEY_WEEK] = { "week", FIELD_WEEK, "*" },
	[KEY_WEEKDAY] = { "day_of_week", FIELD_WEEKDAY_NAME, "*" },
	[KEY_HOUR] = { "hour", FIELD_HOUR, "0" },
	[KEY_MINUTE] = { "minute", FIELD_MINUTE, "0" },
	[KEY_SECOND] = { "second", FIELD_SECOND, "0" },
  /* clang-format on */
};

static const char *const key_names[] = { "year", "month", "day", "week", "day_of_week", "hour",
	"minute", "second", "timezone", NULL };

static const struct parse_name ordinals[] = {
  /* clang-format off */
	{ "1st", 1 }, { "2nd", 2 }, { "3rd", 3 }, { "4th", 4 }, { "5th", 5 }, { "last", 0 }, { NULL, 0 },
  /* clang-format on */
};

/* Takes away the quotes around a value and the comma behind it, as they stand in a Python call. */
static struct word
value_strip(struct word value)
{
	if (value.len > 1 && value.at[value.len - 1] == ',')
		value.len--;
	if (value.len > 1 && (value.at[0] == '\'' || value.at[0] == '"') &&
	    value.at[value.len - 1] == value.at[0]) {
		value.at++;
		value.len -= 2;
	}
	return value;
}

/* A quoted value may hold blanks, at which the text was split already: joins the words again. */
static struct word
value_join(const struct word *words, size_t count, size_t *used, struct word value)
{
	char quote = value.len > 0 ? value.at[0] : '\0';
	size_t i = 0;

	if ((quote != '\'' && quote != '"') || memchr(value.at + 1, quote, value.len - 1) != NULL)
		return value;
	while (++i < count) {
		if (memchr(words[i].at, quote, words[i].len) != NULL) {
			value.len = (size_t)(words[i].at + words[i].len - value.at);
			*used = i + 1;
			break;
		}
	}
	return value;
}

static void
word_trim(struct word *word)
{
	while (word->len > 0 && word->at[0] == ' ') {
		word->at++;
		word->len--;
	}
}

/* APScheduler's "last fri, 2nd tue": days of the week in the place of days of the month. */
static int
day_in_words(struct parse *parse, struct word value, struct calendar *calendar)
{
	struct word rest = value, item, which;
	int number, weekday;

	calendar->days = CALENDAR_ALL_DAYS;
	calendar->weekdays = 0;
	while (word_cut(&rest, ',', &item)) {
		word_trim(&item);
		word_cut(&item, ' ', &which);
		number = word_name(which, ordinals);
		word_trim(&item);
		weekday = item.at == NULL ? -1 : word_name(item, parse_weekdays);
		if (number == -1 || weekday == -1)
			return parse_error(
			    parse, which, "does not begin a day such as 'last fri' or '2nd tue'");
		calendar->nth_weekday[weekday] |= (uint8_t)(1U << number);
	}
	return 0;
}

/* Finds the key of `name=value`. */
static int
key_find(struct parse *parse, struct word pair, int *key, struct word *value)
{
	struct word name;

	*value = pair;
	word_cut(value, '=', &name);
	if (value->at == NULL)
		return parse_error(parse, pair,
		    "is not NAME=VALUE as the rest of this schedule is; quote values that hold "
		    "blanks");
	for (*key = 0; *key < KEY_COUNT; (*key)++)
		if (word_is(name, rules[*key].name))
			return 0;
	return parse_error_nearest(parse, name, key_names, "is not a field of a keyed schedule");
}

static int
values_read(struct parse *parse, const struct word *words, size_t count, struct word *values)
{
	for (size_t i = 0; i < count;) {
		struct word value;
		size_t used = 1;
		int key;

		if (key_find(parse, words[i], &key, &value) == -1)
			return -1;
		value = value_strip(value_join(words + i, count - i, &used, value));
		if (values[key].at != NULL)
			return parse_error(parse, words[i], "gives a field that was given before");
		if (value.len == 0)
			return parse_error(parse, words[i], "has no value");
		values[key] = value;
		i += used;
	}
	return 0;
}

/* Fields greater than the least one given are *, lesser ones have their least value, as in
 * APScheduler. */
static void
values_default(struct word *values)
{
	bool is_given_below = false;

	for (int key = KEY_COUNT - 1; key >= 0; key--) {
		const char *value = is_given_below ? "*" : rules[key].least;

		if (values[key].at != NULL)
			is_given_below = true;
		else
			values[key] = (struct word){ .at = value, .len = strlen(value) };
	}
}

int
parse_keyed(
    struct parse *parse, const struct word *words, size_t count, struct recurrence *recurrence)
{
	struct calendar *calendar = &recurrence->calendar;
	struct field_values fields = { .calendar = calendar };
	struct word values[KEY_COUNT] = { 0 };
	bool in_words;

	if (values_read(parse, words, count, values) == -1)
		return -1;
	in_words = values[KEY_DAY].at != NULL &&
		   memchr(values[KEY_DAY].at, ' ', values[KEY_DAY].len) != NULL;
	if (in_words && values[KEY_WEEKDAY].at != NULL)
		return parse_error(parse, values[KEY_DAY],
		    "names days of the week, and so does day_of_week: give one of them");
	values_default(values);
	for (int key = 0; key < KEY_COUNT; key++) {
		/* "Any" is what the calendar holds already. */
		if ((key == KEY_YEAR || key == KEY_WEEK) && word_is(values[key], "*"))
			continue;
		if (in_words && (key == KEY_DAY || key == KEY_WEEKDAY))
			continue;
		if (field_parse(parse, rules[key].field, values[key], &fields) == -1)
			return -1;
	}
	if (in_words && day_in_words(parse, values[KEY_DAY], calendar) == -1)
		return -1;
	field_finish(&fields);
	calendar->hour_is_free = field_is_open(values[KEY_HOUR]);
	return 0;
}
