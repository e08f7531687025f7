#include <ctype.h>
#include <string.h>

#include "cron/plain_reader.h"
#include "cron/plain_time.h"

#define ALL_WORKDAYS 0x3e
#define WEEKEND      0x41

const struct parse_name plain_units[] = {
  /* clang-format off */
	{ "second", PLAIN_UNIT_SECOND }, { "seconds", PLAIN_UNIT_SECOND }, { "sec", PLAIN_UNIT_SECOND },
	{ "secs", PLAIN_UNIT_SECOND }, { "s", PLAIN_UNIT_SECOND },
	{ "minute", PLAIN_UNIT_MINUTE }, { "minutes", PLAIN_UNIT_MINUTE }, { "min", PLAIN_UNIT_MINUTE },
	{ "mins", PLAIN_UNIT_MINUTE },
	{ "hour", PLAIN_UNIT_HOUR }, { "hours", PLAIN_UNIT_HOUR }, { "hr", PLAIN_UNIT_HOUR },
	{ "hrs", PLAIN_UNIT_HOUR }, { "h", PLAIN_UNIT_HOUR },
	{ "day", PLAIN_UNIT_DAY }, { "days", PLAIN_UNIT_DAY }, { "week", PLAIN_UNIT_WEEK },
	{ "weeks", PLAIN_UNIT_WEEK }, { "month", PLAIN_UNIT_MONTH }, { "months", PLAIN_UNIT_MONTH },
	{ "year", PLAIN_UNIT_YEAR }, { "years", PLAIN_UNIT_YEAR }, { NULL, 0 },
  /* clang-format on */
};

const struct parse_name plain_numbers[] = {
  /* clang-format off */
	{ "one", 1 }, { "two", 2 }, { "three", 3 }, { "four", 4 }, { "five", 5 }, { "six", 6 },
	{ "seven", 7 }, { "eight", 8 }, { "nine", 9 }, { "ten", 10 }, { "eleven", 11 }, { "twelve", 12 },
	{ "fifteen", 15 }, { "twenty", 20 }, { "thirty", 30 }, { NULL, 0 },
  /* clang-format on */
};

/* Bit 0 of a set of ordinals is the last. */
static const struct parse_name ordinals[] = {
  /* clang-format off */
	{ "last", 0 }, { "first", 1 }, { "second", 2 }, { "third", 3 }, { "fourth", 4 }, { "fifth", 5 },
	{ NULL, 0 },
  /* clang-format on */
};

const struct parse_name plain_day_groups[] = {
  /* clang-format off */
	{ "weekday", ALL_WORKDAYS }, { "weekdays", ALL_WORKDAYS }, { "workday", ALL_WORKDAYS },
	{ "workdays", ALL_WORKDAYS }, { "weekend", WEEKEND }, { "weekends", WEEKEND }, { NULL, 0 },
  /* clang-format on */
};

const char *const plain_vocabulary[] = {
	/* clang-format off */
	"every", "each", "at", "on", "the", "and", "from", "between", "to", "until", "in", "of",
	"second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "month", "months",
	"year", "daily", "hourly", "weekly", "monthly", "yearly", "annually", "noon", "midnight",
	"weekday", "weekdays", "weekend", "weekends", "first", "third", "fourth", "fifth", "last",
	"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
	"january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
	"november", "december", NULL,
	/* clang-format on */
};

struct word
reader_peek(const struct reader *reader, size_t ahead)
{
	if (reader->at + ahead < reader->count)
		return reader->tokens[reader->at + ahead];
	return (struct word){ .at = reader->parse->text + strlen(reader->parse->text), .len = 0 };
}

bool
reader_accept(struct reader *reader, const char *word)
{
	if (!word_is(reader_peek(reader, 0), word))
		return false;
	reader->at++;
	return true;
}

bool
reader_accept_to(struct reader *reader)
{
	return reader_accept(reader, "to") || reader_accept(reader, "through") ||
	       reader_accept(reader, "until") || reader_accept(reader, "till") ||
	       reader_accept(reader, "-");
}

int
reader_unexpected(struct reader *reader, const char *wanted)
{
	struct word token = reader_peek(reader, 0);

	if (token.len == 0)
		return parse_error_all(reader->parse, "ends where %s should follow", wanted);
	return parse_error(reader->parse, token, "stands where %s should", wanted);
}

uint8_t
plain_weekday_bits(struct word word)
{
	int value = word_name(word, plain_day_groups);

	if (value != -1)
		return (uint8_t)value;
	value = word_name(word, parse_weekdays);
	if (value == -1 && word.len > 4 && tolower((unsigned char)word.at[word.len - 1]) == 's') {
		word.len--;
		value = word_name(word, parse_weekdays);
	}
	return value == -1 ? 0 : (uint8_t)(1U << value);
}

int
plain_ordinal(struct word word)
{
	struct word digits = word, suffix = word;
	int value;

	if (word.len < 3 || !isdigit((unsigned char)word.at[0]))
		return word_name(word, ordinals);
	digits.len -= 2;
	suffix.at += digits.len;
	suffix.len = 2;
	if (!word_is(suffix, "st") && !word_is(suffix, "nd") && !word_is(suffix, "rd") &&
	    !word_is(suffix, "th"))
		return -1;
	value = word_number(digits);
	return value >= 1 && value <= 31 ? value : -1;
}

bool
reader_is_time(const struct reader *reader)
{
	return plain_time_is(reader_peek(reader, 0), reader_peek(reader, 1));
}

bool
reader_is_weekday(const struct reader *reader)
{
	return plain_weekday_bits(reader_peek(reader, 0)) != 0;
}

bool
reader_is_month(const struct reader *reader)
{
	return word_name(reader_peek(reader, 0), parse_months) != -1;
}

bool
reader_is_ordinal(const struct reader *reader)
{
	return plain_ordinal(reader_peek(reader, 0)) != -1;
}

bool
reader_is_number(const struct reader *reader)
{
	return word_number(reader_peek(reader, 0)) != -1;
}

bool
reader_accept_more(struct reader *reader, bool (*is_kind)(const struct reader *))
{
	static const char *const fillers[] = { "on", "at", "every", "each", "the" };
	size_t start = reader->at;

	reader_accept(reader, ",");
	reader_accept(reader, "and");
	if (reader->at == start)
		return false;
	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
		reader_accept(reader, fillers[i]);
	if (is_kind(reader))
		return true;
	reader->at = start;
	return false;
}

static int
tokens_add(struct reader *reader, struct word token)
{
	if (token.len == 0)
		return 0;
	if (reader->count == PLAIN_TOKENS_MAX)
		return parse_error(reader->parse, token, "is one word too many");
	reader->tokens[reader->count++] = token;
	return 0;
}

/* Commas and hyphens are words of their own. */
static int
tokens_split(struct reader *reader, struct word word)
{
	struct word piece = word;

	for (size_t i = 0; i < word.len; i++) {
		struct word mark = { .at = word.at + i, .len = 1 };

		if (*mark.at != ',' && *mark.at != '-')
			continue;
		piece.len = (size_t)(mark.at - piece.at);
		if (tokens_add(reader, piece) == -1 || tokens_add(reader, mark) == -1)
			return -1;
		piece.at = mark.at + 1;
	}
	piece.len = (size_t)(word.at + word.len - piece.at);
	return tokens_add(reader, piece);
}

int
reader_add(struct reader *reader, const struct word *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tokens_split(reader, words[i]) == -1)
			return -1;
	return 0;
}
