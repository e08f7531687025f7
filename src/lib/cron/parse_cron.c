#include <ctype.h>

#include "cron/field.h"
#include "cron/parse.h"

#define FIELDS 5
#define FIELD_COUNT_HINT                                                                           \
	"a cron schedule has 5 fields (minute hour day month weekday), or 6 with seconds in "      \
	"front, and then maybe a time zone"

static const enum field order[] = { FIELD_SECOND, FIELD_MINUTE, FIELD_HOUR, FIELD_DAY, FIELD_MONTH,
	FIELD_WEEKDAY };

/* True if the word is neither a day of the week nor can have been meant as one. */
static bool
is_strange_last(struct word word)
{
	struct word start = { .at = word.at, .len = word.len < 3 ? word.len : 3 };

	return isalpha((unsigned char)word.at[0]) && !word_is(word, "L") &&
	       word_name(start, parse_weekdays) == -1;
}

static int
last_error(struct parse *parse, struct word word)
{
	static const char *const names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", "UTC",
		NULL };

	return parse_error_nearest(parse, word, names,
	    "is neither a day of the week (sun to sat) nor a time zone (such as Europe/Berlin)");
}

int
parse_cron(
    struct parse *parse, const struct word *words, size_t count, struct recurrence *recurrence)
{
	struct calendar *calendar = &recurrence->calendar;
	struct field_values values = { .calendar = calendar };
	const struct word *day, *weekday;

	if (count == FIELDS + 2)
		return parse_error(parse, words[count - 1],
		    "is a seventh field: years are written as a keyed schedule, such as year=2030 "
		    "month=6 day=1, and a time zone as a name, such as Europe/Berlin");
	if (count != FIELDS && count != FIELDS + 1)
		return parse_error_all(
		    parse, "has %zu field%s: " FIELD_COUNT_HINT, count, count == 1 ? "" : "s");
	if (count == FIELDS + 1 && is_strange_last(words[FIELDS]))
		return last_error(parse, words[FIELDS]);
	calendar->seconds = 1;
	for (size_t i = 0; i < count; i++)
		if (field_parse(parse, order[FIELDS + 1 - count + i], words[i], &values) == -1)
			return -1;
	field_finish(&values);
	day = &words[count - 3];
	weekday = &words[count - 1];
	calendar->hour_is_free = field_is_open(words[count - 4]);
	calendar->either = !field_is_open(*day) && !field_is_open(*weekday);
	return 0;
}
