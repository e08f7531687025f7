#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cron/field.h"

#define NAMES_MAX 32

/* One item of a list: a value, a range, or a star, with a step. */
struct item {
	int first, last, step;
};

struct field_rule {
	const char *noun;
	const char *values; /* for people */
	int min, max;
	const struct parse_name *names;
	/* Reads what is no range, such as 15W: 1 if it was that, 0 if not, -1 with an error. */
	int (*special)(struct parse *, struct word, struct calendar *);
};

static int day_special(struct parse *, struct word, struct calendar *);
static int weekday_special(struct parse *, struct word, struct calendar *);

static const struct field_rule rules[] = {
  /* clang-format off */
	[FIELD_SECOND] = { "second", "0 to 59", 0, 59, NULL, NULL },
	[FIELD_MINUTE] = { "minute", "0 to 59", 0, 59, NULL, NULL },
	[FIELD_HOUR] = { "hour", "0 to 23", 0, 23, NULL, NULL },
	[FIELD_DAY] = { "day of the month", "1 to 31, L, LW or 15W", 1, 31, NULL, day_special },
	[FIELD_MONTH] = { "month", "1 to 12 or jan to dec", 1, 12, parse_months, NULL },
	[FIELD_WEEKDAY] = { "day of the week", "0 to 7 or sun to sat, fri#2 or friL", 0, 7, parse_weekdays,
	    weekday_special },
	[FIELD_WEEK] = { "week of the year", "1 to 53", 1, 53, NULL, NULL },
	[FIELD_WEEKDAY_NAME] = { "day of the week", "mon to sun, fri#2 or friL", 0, 6, parse_weekdays,
	    weekday_special },
	[FIELD_YEAR] = { "year", "1970 to 9999", 1970, CALENDAR_YEAR_MAX, NULL, NULL },
  /* clang-format on */
};

bool
field_is_open(struct word word)
{
	return word.len > 0 && (word.at[0] == '*' || word_is(word, "?"));
}

static struct word
word_from(struct word word, size_t skip)
{
	return (struct word){ .at = word.at + skip, .len = word.len - skip };
}

/* True if `word` ends in `suffix`, which is cut off. */
static bool
word_cut_suffix(struct word *word, const char *suffix)
{
	size_t len = strlen(suffix);

	if (word->len < len || !word_is(word_from(*word, word->len - len), suffix))
		return false;
	word->len -= len;
	return true;
}

/* L, L-3, LW, L-3W, 15W, and APScheduler's word for L. */
static int
day_special(struct parse *parse, struct word item, struct calendar *calendar)
{
	struct word rest = item;
	bool workday, from_last;
	int number;

	if (word_is(item, "last")) {
		calendar->days_from_last |= 1;
		return 1;
	}
	workday = word_cut_suffix(&rest, "W");
	from_last = rest.len > 0 && toupper((unsigned char)rest.at[0]) == 'L';
	if (!workday && !from_last)
		return 0;
	if (from_last)
		rest = word_from(rest, 1);
	if (from_last && rest.len > 0 && rest.at[0] == '-')
		number = word_number(word_from(rest, 1));
	else
		number = from_last && rest.len == 0 ? 0 : from_last ? -1 : word_number(rest);
	if (from_last && (number < 0 || number > 30))
		return parse_error(parse, item,
		    "is not a day counted from the month's last, such as L, L-3 (0 to 30), LW or "
		    "L-3W");
	if (!from_last && (number < 1 || number > 31))
		return parse_error(parse, item,
		    "is not the workday nearest to one day of the month, such as 15W (1W to 31W)");
	if (workday)
		*(from_last ? &calendar->workdays_from_last : &calendar->workdays) |= UINT32_C(1)
										      << number;
	else
		calendar->days_from_last |= UINT32_C(1) << number;
	return 1;
}

/* The day of the week in front of # or L: a name, or cron's number. */
static int
weekday_value(struct word word)
{
	int value = word_name(word, parse_weekdays);

	if (value == -1)
		value = word_number(word);
	return value > 7 ? -1 : value == 7 ? 0 : value;
}

/* fri#2, fri#L, friL. */
static int
weekday_special(struct parse *parse, struct word item, struct calendar *calendar)
{
	struct word rest = item, day;
	int which, weekday;

	if (word_is(item, "L"))
		return parse_error(parse, item,
		    "is ambiguous here: the last Saturday is satL, the month's last day is L in "
		    "the field "
		    "before month");
	if (memchr(item.at, '#', item.len) != NULL) {
		word_cut(&rest, '#', &day);
		which = word_is(rest, "L") ? 0 : word_number(rest);
		if (which > 5 || (which < 1 && !word_is(rest, "L")))
			return parse_error(parse, item, "must have 1 to 5 or L behind the #");
	} else {
		day = item;
		which = 0;
		if (!word_cut_suffix(&day, "L"))
			return 0;
	}
	weekday = weekday_value(day);
	if (weekday == -1)
		return parse_error(parse, item,
		    "must begin with one day of the week, as fri#2 (the second Friday) or friL "
		    "(the last)");
	calendar->nth_weekday[weekday] |= (uint8_t)(1U << which);
	return 1;
}

static int
value_error(struct parse *parse, enum field field, struct word word)
{
	const struct field_rule *rule = &rules[field];
	const char *candidates[NAMES_MAX];
	char problem[160];
	size_t count = 0;

	for (const struct parse_name *name = rule->names;
	     name != NULL && name->name != NULL && count < NAMES_MAX - 1; name++)
		candidates[count++] = name->name;
	candidates[count] = NULL;
	snprintf(problem, sizeof(problem), "is not %s %s (%s)", rule->noun[0] == 'h' ? "an" : "a",
	    rule->noun, rule->values);
	return parse_error_nearest(parse, word, candidates, problem);
}

static int
value_parse(struct parse *parse, enum field field, struct word word, int *value)
{
	const struct field_rule *rule = &rules[field];

	*value = word_number(word);
	if (*value != -1 && field == FIELD_WEEKDAY_NAME)
		return parse_error(parse, word,
		    "is ambiguous as day_of_week: cron counts from Sunday as 0, APScheduler from "
		    "Monday; "
		    "write a name, such as sun");
	if (*value == -1 && rule->names != NULL)
		*value = word_name(word, rule->names);
	if (*value < rule->min || *value > rule->max)
		return value_error(parse, field, word);
	return 0;
}

static int
step_parse(struct parse *parse, enum field field, struct word word, int *step)
{
	const struct field_rule *rule = &rules[field];
	int count = rule->max - rule->min + 1;

	if (field == FIELD_WEEKDAY)
		count = 7;
	*step = word_number(word);
	if (*step < 1)
		return parse_error(parse, word, "is not a step: a whole number from 1 on");
	if (*step > count)
		return parse_error(parse, word,
		    "is a larger step than the %d values of the %s field, which begins anew with "
		    "each "
		    "round; @every counts through",
		    count, rule->noun);
	return 0;
}

/* `first`-`last` of an item, or one value, or a star. */
static int
range_parse(
    struct parse *parse, enum field field, struct word word, bool has_step, struct item *item)
{
	const struct field_rule *rule = &rules[field];
	struct word rest = word, first;

	item->first = rule->min;
	item->last = field == FIELD_WEEKDAY ? 6 : rule->max;
	if (word_is(word, "*")) {
		if (field == FIELD_WEEKDAY_NAME && has_step)
			return parse_error(parse, word,
			    "with a step is ambiguous as day_of_week: cron counts from Sunday, "
			    "APScheduler from Monday; write a range of names, such as mon-sun/2");
		return 0;
	}
	word_cut(&rest, '-', &first);
	if (first.len == 0 || (rest.at != NULL && rest.len == 0))
		return value_error(parse, field, word);
	if (value_parse(parse, field, first, &item->first) == -1)
		return -1;
	if (rest.at != NULL)
		return value_parse(parse, field, rest, &item->last);
	if (!has_step)
		item->last = item->first;
	else if (item->first > item->last)
		item->first = 0;
	return 0;
}

/* Cron's Sunday as 7 may end a range; a range past its end goes on from the beginning. */
static int
item_wrap(struct parse *parse, enum field field, struct word word, struct item *item)
{
	const struct field_rule *rule = &rules[field];
	int count = rule->max - rule->min + 1;

	if (field == FIELD_WEEKDAY) {
		count = 7;
		if (item->first == 7) {
			item->first = 0;
			item->last %= 7;
		}
	}
	if (item->first <= item->last)
		return 0;
	if (field == FIELD_YEAR)
		return parse_error(parse, word, "is a range of years that ends before it begins");
	if ((field == FIELD_DAY || field == FIELD_WEEK) && item->step > 1)
		return parse_error(parse, word,
		    "is ambiguous: a step over the end depends on the length of the %s; write two "
		    "ranges",
		    field == FIELD_DAY ? "month" : "year");
	item->last += count;
	return 0;
}

static int
item_parse(struct parse *parse, enum field field, struct word word, struct item *item)
{
	struct word rest = word, range;

	word_cut(&rest, '/', &range);
	item->step = 1;
	if (rest.at != NULL && rest.len == 0)
		return parse_error(parse, word, "has no step behind its slash");
	if (rest.at != NULL && step_parse(parse, field, rest, &item->step) == -1)
		return -1;
	if (range_parse(parse, field, range, rest.at != NULL, item) == -1)
		return -1;
	return item_wrap(parse, field, word, item);
}

static uint64_t
item_bits(enum field field, const struct item *item)
{
	const struct field_rule *rule = &rules[field];
	int count = field == FIELD_WEEKDAY ? 7 : rule->max - rule->min + 1;
	uint64_t bits = 0;

	for (int value = item->first; value <= item->last; value += item->step)
		bits |= UINT64_C(1) << (rule->min + (value - rule->min) % count);
	return bits;
}

static int
year_add(struct parse *parse, struct word word, const struct item *item, struct calendar *calendar)
{
	if (calendar->year_count == CALENDAR_YEARS_MAX)
		return parse_error(parse, word, "is one range of years too many: %d are allowed",
		    CALENDAR_YEARS_MAX);
	calendar->years[calendar->year_count++] =
	    (struct calendar_years){ .first = item->first, .last = item->last, .step = item->step };
	return 0;
}

static void
field_clear(enum field field, struct calendar *calendar)
{
	if (field == FIELD_DAY) {
		calendar->days_from_last = calendar->workdays = calendar->workdays_from_last = 0;
	} else if (field == FIELD_WEEKDAY || field == FIELD_WEEKDAY_NAME) {
		memset(calendar->nth_weekday, 0, sizeof(calendar->nth_weekday));
	} else if (field == FIELD_YEAR) {
		calendar->year_count = 0;
	}
}

static void
field_store(enum field field, uint64_t bits, struct field_values *values)
{
	struct calendar *calendar = values->calendar;

	switch (field) {
	case FIELD_SECOND:
		calendar->seconds = bits;
		break;
	case FIELD_MINUTE:
		values->minutes = bits;
		break;
	case FIELD_HOUR:
		values->hours = (uint32_t)bits;
		break;
	case FIELD_DAY:
		calendar->days = (uint32_t)bits;
		break;
	case FIELD_MONTH:
		calendar->months = (uint16_t)bits;
		break;
	case FIELD_WEEKDAY:
	case FIELD_WEEKDAY_NAME:
		calendar->weekdays = (uint8_t)bits;
		break;
	case FIELD_WEEK:
		calendar->weeks = bits;
		break;
	case FIELD_YEAR:
		break;
	}
}

int
field_parse(struct parse *parse, enum field field, struct word word, struct field_values *values)
{
	const struct field_rule *rule = &rules[field];
	struct word rest = word, part;
	uint64_t bits = 0;
	struct item item;

	if (word_is(word, "?") && rule->special != NULL)
		rest = (struct word){ .at = "*", .len = 1 };
	field_clear(field, values->calendar);
	while (word_cut(&rest, ',', &part)) {
		int special = 0;

		if (part.len == 0)
			return parse_error(parse, word, "has an empty place in its list");
		if (rule->special != NULL)
			special = rule->special(parse, part, values->calendar);
		if (special == -1)
			return -1;
		if (special == 1)
			continue;
		if (item_parse(parse, field, part, &item) == -1)
			return -1;
		if (field == FIELD_YEAR && year_add(parse, part, &item, values->calendar) == -1)
			return -1;
		if (field != FIELD_YEAR)
			bits |= item_bits(field, &item);
	}
	field_store(field, bits, values);
	return 0;
}

void
field_finish(struct field_values *values)
{
	calendar_set_hours(values->calendar, values->hours, values->minutes);
}
