#include <ctype.h>
#include <string.h>

#include "cron/plain_time.h"

static const struct parse_name named_times[] = {
  /* clang-format off */
	{ "midnight", 0 }, { "noon", 12 * 3600 }, { "midday", 12 * 3600 }, { NULL, 0 },
  /* clang-format on */
};

/* Cuts am or pm off the end of a word: 0 for am, 12 for pm, -1 for neither. */
static int
half_cut(struct word *word)
{
	struct word end = *word;

	if (word->len < 2)
		return -1;
	end.at += word->len - 2;
	end.len = 2;
	if (!word_is(end, "am") && !word_is(end, "pm"))
		return -1;
	word->len -= 2;
	return word_is(end, "am") ? 0 : 12;
}

static bool
is_half(struct word word)
{
	return word_is(word, "am") || word_is(word, "pm");
}

bool
plain_time_is(struct word word, struct word next)
{
	if (word_name(word, named_times) != -1)
		return true;
	if (word.len == 0 || !isdigit((unsigned char)word.at[0]))
		return false;
	return is_half(next) || half_cut(&word) != -1 || memchr(word.at, ':', word.len) != NULL;
}

/* The number in front of the next colon; -1 if it is none or above `max`. */
static int
part_cut(struct word *rest, int max)
{
	struct word part;
	int number;

	if (!word_cut(rest, ':', &part) || part.len > 2)
		return -1;
	number = word_number(part);
	return number > max ? -1 : number;
}

int
plain_time_parse(struct parse *parse, struct word word, struct word next, int *second_of_day)
{
	struct word rest = word;
	int half = half_cut(&rest), hour, minute = 0, second = 0, used = 1;
	bool has_minute;

	*second_of_day = word_name(word, named_times);
	if (*second_of_day != -1)
		return 1;
	if (half == -1 && is_half(next)) {
		half = half_cut(&next);
		used = 2;
	}
	hour = part_cut(&rest, 23);
	if ((has_minute = rest.at != NULL))
		minute = part_cut(&rest, 59);
	if (rest.at != NULL)
		second = part_cut(&rest, 59);
	if (hour == -1 || minute == -1 || second == -1 || rest.at != NULL)
		return parse_error(
		    parse, word, "is not a time of day such as 9am, 9:30 pm, 17:30 or noon");
	if (half == -1 && !has_minute && hour > 12)
		return parse_error(parse, word, "is not a time of day: write %02d:00", hour);
	if (half == -1 && !has_minute)
		return parse_error(parse, word,
		    "is ambiguous as a time: write %dam, %dpm or %02d:00",
		    hour % 12 == 0 ? 12 : hour % 12, hour % 12 == 0 ? 12 : hour % 12, hour);
	if (half != -1 && (hour < 1 || hour > 12))
		return parse_error(parse, word, "is not a time of day: am and pm go with 1 to 12");
	if (half != -1)
		hour = hour % 12 + half;
	*second_of_day = hour * 3600 + minute * 60 + second;
	return used;
}
