#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cron/plain.h"
#include "cron/plain_time.h"

#define ALL_WORKDAYS 0x3e
#define WEEKEND      0x41

struct reader {
	struct plain *plain;
	struct parse *parse;
	struct word tokens[PLAIN_TOKENS_MAX];
	size_t count, at;
};

struct clause {
	const char *word;
	int (*read)(struct reader *);
};

static int read_every(struct reader *);
static int read_frequency(struct reader *);
static int read_at(struct reader *);
static int read_filler(struct reader *);
static int read_window(struct reader *);
static int read_in(struct reader *);
static int read_day_number(struct reader *);

static const struct clause clauses[] = {
  /* clang-format off */
	{ "every", read_every }, { "each", read_every },
	{ "daily", read_frequency }, { "hourly", read_frequency }, { "weekly", read_frequency },
	{ "monthly", read_frequency }, { "yearly", read_frequency }, { "annually", read_frequency },
	{ "at", read_at },
	{ "from", read_window }, { "between", read_window },
	{ "in", read_in }, { "of", read_in },
	{ "day", read_day_number },
	{ "on", read_filler }, { "the", read_filler }, { "and", read_filler }, { ",", read_filler },
  /* clang-format on */
};

static const struct parse_name units[] = {
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

static const struct parse_name frequencies[] = {
	{"hourly",    PLAIN_UNIT_HOUR },
	{ "daily",    PLAIN_UNIT_DAY  },
	{ "weekly",   PLAIN_UNIT_WEEK },
	{ "monthly",  PLAIN_UNIT_MONTH},
	{ "yearly",   PLAIN_UNIT_YEAR },
	{ "annually", PLAIN_UNIT_YEAR },
	{ NULL,       0               },
};

static const struct parse_name numbers[] = {
	{"one",      1 },
	{ "two",     2 },
	{ "three",   3 },
	{ "four",    4 },
	{ "five",    5 },
	{ "six",     6 },
	{ "seven",   7 },
	{ "eight",   8 },
	{ "nine",    9 },
	{ "ten",     10},
	{ "eleven",  11},
	{ "twelve",  12},
	{ "fifteen", 15},
	{ "twenty",  20},
	{ "thirty",  30},
	{ NULL,      0 },
};

/* Bit 0 of a set of ordinals is the last. */
static const struct parse_name ordinals[] = {
	{"last",    0},
	{ "first",  1},
	{ "second", 2},
	{ "third",  3},
	{ "fourth", 4},
	{ "fifth",  5},
	{ NULL,     0},
};

static const struct parse_name day_groups[] = {
	{"weekday",   ALL_WORKDAYS},
	{ "weekdays", ALL_WORKDAYS},
	{ "workday",  ALL_WORKDAYS},
	{ "workdays", ALL_WORKDAYS},
	{ "weekend",  WEEKEND     },
	{ "weekends", WEEKEND     },
	{ NULL,       0           },
};

/* For the nearest word to an unknown one. */
static const char *const vocabulary[] = {
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

static struct word
peek(const struct reader *reader, size_t ahead)
{
	if (reader->at + ahead < reader->count)
		return reader->tokens[reader->at + ahead];
	return (struct word){ .at = reader->parse->text + strlen(reader->parse->text), .len = 0 };
}

static bool
accept(struct reader *reader, const char *word)
{
	if (!word_is(peek(reader, 0), word))
		return false;
	reader->at++;
	return true;
}

static bool
accept_to(struct reader *reader)
{
	return accept(reader, "to") || accept(reader, "through") || accept(reader, "until") ||
	       accept(reader, "till") || accept(reader, "-");
}

/* A token that is needed but missing or wrong. */
static int
unexpected(struct reader *reader, const char *wanted)
{
	struct word token = peek(reader, 0);

	if (token.len == 0)
		return parse_error_all(reader->parse, "ends where %s should follow", wanted);
	return parse_error(reader->parse, token, "stands where %s should", wanted);
}

/* The days of the week that a word names, as bits; 0 if it is no such word. */
static uint8_t
weekday_bits(struct word word)
{
	int value = word_name(word, day_groups);

	if (value != -1)
		return (uint8_t)value;
	value = word_name(word, parse_weekdays);
	if (value == -1 && word.len > 4 && tolower((unsigned char)word.at[word.len - 1]) == 's') {
		word.len--;
		value = word_name(word, parse_weekdays);
	}
	return value == -1 ? 0 : (uint8_t)(1U << value);
}

/* 1 to 31, 0 for the last, -1 if it is no ordinal. */
static int
ordinal_value(struct word word)
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

static bool
is_time(const struct reader *reader)
{
	return plain_time_is(peek(reader, 0), peek(reader, 1));
}

static bool
is_weekday(const struct reader *reader)
{
	return weekday_bits(peek(reader, 0)) != 0;
}

static bool
is_month(const struct reader *reader)
{
	return word_name(peek(reader, 0), parse_months) != -1;
}

static bool
is_ordinal(const struct reader *reader)
{
	return ordinal_value(peek(reader, 0)) != -1;
}

static bool
is_number(const struct reader *reader)
{
	return word_number(peek(reader, 0)) != -1;
}

/* Steps over ", and every" and the like if one more of the same kind follows. */
static bool
accept_more(struct reader *reader, bool (*is_kind)(const struct reader *))
{
	static const char *const fillers[] = { "on", "at", "every", "each", "the" };
	size_t start = reader->at;

	accept(reader, ",");
	accept(reader, "and");
	if (reader->at == start)
		return false;
	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
		accept(reader, fillers[i]);
	if (is_kind(reader))
		return true;
	reader->at = start;
	return false;
}

static int
read_filler(struct reader *reader)
{
	if (++reader->at == reader->count)
		return unexpected(reader, "more");
	return 0;
}

static int
set_every(struct reader *reader, struct word word, int count, int unit)
{
	struct plain *plain = reader->plain;

	if (plain->every.at != NULL)
		return parse_error(reader->parse, word, "says a second time how often");
	plain->every = word;
	plain->count = count;
	plain->unit = (enum plain_unit)unit;
	return 0;
}

static int
read_frequency(struct reader *reader)
{
	struct word word = peek(reader, 0);

	reader->at++;
	return set_every(reader, word, 1, word_name(word, frequencies));
}

/* The number and the unit of "every 30 minutes" or "every 30min". */
static int
read_count(struct reader *reader)
{
	struct word token = peek(reader, 0), digits = token, suffix = token;
	int count, unit;

	digits.len = strspn(token.at, "0123456789");
	if (digits.len > token.len)
		digits.len = token.len;
	suffix.at += digits.len;
	suffix.len -= digits.len;
	count = digits.len > 0 ? word_number(digits) : word_name(token, numbers);
	reader->at++;
	if (digits.len == 0 || suffix.len == 0)
		suffix = peek(reader, 0);
	else
		reader->at--;
	unit = word_name(suffix, units);
	if (unit == -1)
		return parse_error(reader->parse, token,
		    "needs a unit: seconds, minutes, hours, days, weeks, months or years");
	reader->at++;
	if (count < 1)
		return parse_error(reader->parse, token, "is not a number from 1 on");
	return set_every(reader, token, count, unit);
}

/* "every second monday" is every other one to some, and the second one of the month to others. */
static int
read_every_second(struct reader *reader)
{
	struct word token = peek(reader, 0);

	reader->at++;
	if (is_weekday(reader) || is_month(reader) || word_name(peek(reader, 0), units) != -1)
		return parse_error(reader->parse, token,
		    "is ambiguous behind 'every': write a number, such as every 2 hours, or '2nd' "
		    "with "
		    "'of month'");
	return set_every(reader, token, 1, PLAIN_UNIT_SECOND);
}

static int
read_every(struct reader *reader)
{
	struct word token;
	int unit;

	reader->at++;
	token = peek(reader, 0);
	if (word_is(token, "second"))
		return read_every_second(reader);
	if (word_is(token, "other"))
		return parse_error(
		    reader->parse, token, "is ambiguous: it leaves open with which one to begin");
	unit = word_name(token, units);
	if (unit != -1) {
		reader->at++;
		return set_every(reader, token, 1, unit);
	}
	if (is_weekday(reader) || is_month(reader) || is_ordinal(reader) || is_time(reader))
		return 0;
	if (token.len > 0 &&
	    (isdigit((unsigned char)token.at[0]) || word_name(token, numbers) != -1))
		return read_count(reader);
	if (token.len == 0)
		return unexpected(reader, "a unit or a day");
	return parse_error_nearest(reader->parse, token, vocabulary, "is not a unit or a day");
}

static int
read_time(struct reader *reader, int *second_of_day)
{
	int used = plain_time_parse(reader->parse, peek(reader, 0), peek(reader, 1), second_of_day);

	if (used == -1)
		return -1;
	reader->at += (size_t)used;
	return 0;
}

static int
read_times(struct reader *reader)
{
	struct plain *plain = reader->plain;

	plain->at = peek(reader, 0);
	do {
		if (plain->time_count == PLAIN_TIMES_MAX)
			return parse_error(reader->parse, peek(reader, 0),
			    "is one time too many: %d are allowed", PLAIN_TIMES_MAX);
		if (read_time(reader, &plain->times[plain->time_count]) == -1)
			return -1;
		plain->time_count++;
	} while (accept_more(reader, is_time) || accept_more(reader, is_number));
	return 0;
}

static int
read_minutes(struct reader *reader)
{
	struct plain *plain = reader->plain;

	plain->at_minute = peek(reader, 0);
	do {
		int minute = word_number(peek(reader, 0));

		if (minute < 0 || minute > 59)
			return unexpected(reader, "a minute from 0 to 59");
		plain->minutes |= UINT64_C(1) << minute;
		reader->at++;
	} while (accept_more(reader, is_number));
	return 0;
}

static int
read_at(struct reader *reader)
{
	reader->at++;
	if (accept(reader, "minute") || accept(reader, "minutes"))
		return read_minutes(reader);
	if (peek(reader, 0).len == 0)
		return unexpected(reader, "a time");
	return read_times(reader);
}

static int
read_window(struct reader *reader)
{
	struct plain *plain = reader->plain;
	struct word word = peek(reader, 0);
	int from, to;

	reader->at++;
	if (plain->window.at != NULL)
		return parse_error(reader->parse, word, "begins a second span of time");
	if (peek(reader, 0).len == 0)
		return unexpected(reader, "a time");
	if (read_time(reader, &from) == -1)
		return -1;
	if (!accept_to(reader) && !accept(reader, "and"))
		return unexpected(reader, "'to' and a time");
	if (peek(reader, 0).len == 0)
		return unexpected(reader, "a time");
	if (read_time(reader, &to) == -1)
		return -1;
	if (from % 60 != 0 || to % 60 != 0)
		return parse_error(
		    reader->parse, word, "begins a span of time that is not in whole minutes");
	plain->window = word;
	plain->from = from / 60;
	plain->to = to / 60;
	return 0;
}

static int
read_months(struct reader *reader)
{
	struct plain *plain = reader->plain;

	plain->in_month = peek(reader, 0);
	do {
		int first = word_name(peek(reader, 0), parse_months), last = first;

		reader->at++;
		if (accept_to(reader)) {
			if (!is_month(reader))
				return unexpected(reader, "a month");
			last = word_name(peek(reader, 0), parse_months);
			reader->at++;
		}
		for (int month = first;; month = month % 12 + 1) {
			plain->months |= (uint16_t)(1U << month);
			if (month == last)
				break;
		}
	} while (accept_more(reader, is_month));
	return 0;
}

/* "in january", "of january", "of the month", "of every month". */
static int
read_in(struct reader *reader)
{
	reader->at++;
	accept(reader, "the");
	if (!accept(reader, "every"))
		accept(reader, "each");
	if (accept(reader, "month"))
		return 0;
	if (!is_month(reader))
		return unexpected(reader, "a month");
	return read_months(reader);
}

static int
read_weekdays(struct reader *reader, uint8_t *bits)
{
	do {
		struct word first = peek(reader, 0), last;
		int day, end;

		*bits |= weekday_bits(first);
		reader->at++;
		if (!accept_to(reader))
			continue;
		last = peek(reader, 0);
		day = word_name(first, parse_weekdays);
		end = word_name(last, parse_weekdays);
		if (day == -1 || end == -1)
			return unexpected(reader, "a day of the week");
		for (; day != end; day = (day + 1) % 7)
			*bits |= (uint8_t)(1U << day);
		*bits |= (uint8_t)(1U << end);
		reader->at++;
	} while (accept_more(reader, is_weekday));
	return 0;
}

static int
read_ordinal_list(struct reader *reader, uint32_t *bits)
{
	do {
		int first = ordinal_value(peek(reader, 0)), last = first;

		reader->at++;
		if (accept_to(reader)) {
			last = ordinal_value(peek(reader, 0));
			if (first < 1 || last < first)
				return unexpected(reader, "a later date, such as 5th,");
			reader->at++;
		}
		for (; first <= last; first++)
			*bits |= UINT32_C(1) << first;
	} while (accept_more(reader, is_ordinal));
	return 0;
}

/* "last weekday", "first workday". */
static int
read_nth_workday(struct reader *reader, struct word word, uint32_t which)
{
	struct plain *plain = reader->plain;

	if ((which & ~UINT32_C(3)) != 0)
		return parse_error(reader->parse, word,
		    "can not be counted in weekdays: only the first and the last weekday of a "
		    "month can");
	plain->on_date = word;
	plain->workdays |= which & 2;
	plain->workdays_from_last |= which & 1;
	reader->at++;
	return 0;
}

static int
read_nth_weekday(struct reader *reader, struct word word, uint32_t which)
{
	uint8_t weekdays = 0;

	if ((which & ~UINT32_C(0x3f)) != 0)
		return parse_error(reader->parse, word,
		    "can not be a day of the week: a month has at most five of each");
	if (word_name(peek(reader, 0), parse_weekdays) == -1 &&
	    word_name(peek(reader, 0), day_groups) != -1)
		return unexpected(reader, "one day of the week");
	if (read_weekdays(reader, &weekdays) == -1)
		return -1;
	reader->plain->on_nth_weekday = word;
	for (int day = 0; day < 7; day++)
		if (weekdays >> day & 1)
			reader->plain->nth_weekday[day] |= (uint8_t)which;
	return 0;
}

/* "1st", "1st and 15th", "last day", "last friday", "first weekday". */
static int
read_ordinals(struct reader *reader)
{
	struct plain *plain = reader->plain;
	struct word word = peek(reader, 0), next;
	uint32_t which = 0;
	bool is_day;

	if (read_ordinal_list(reader, &which) == -1)
		return -1;
	next = peek(reader, 0);
	if (word_is(next, "weekday") || word_is(next, "workday"))
		return read_nth_workday(reader, word, which);
	if (is_weekday(reader))
		return read_nth_weekday(reader, word, which);
	is_day = accept(reader, "day") || accept(reader, "days");
	if ((which & 1) && !is_day)
		return unexpected(reader, "'day' or a day of the week behind 'last'");
	plain->on_date = word;
	plain->days |= which & ~UINT32_C(1);
	plain->days_from_last |= which & 1;
	return 0;
}

/* "on day 15". */
static int
read_day_number(struct reader *reader)
{
	int day;

	reader->at++;
	day = word_number(peek(reader, 0));
	if (day < 1 || day > 31)
		return unexpected(reader, "a day of the month from 1 to 31");
	reader->plain->on_date = peek(reader, 0);
	reader->plain->days |= UINT32_C(1) << day;
	reader->at++;
	return 0;
}

static int
read_other(struct reader *reader)
{
	struct word token = peek(reader, 0);

	if (is_time(reader))
		return read_times(reader);
	if (is_ordinal(reader))
		return read_ordinals(reader);
	if (is_month(reader))
		return read_months(reader);
	if (is_weekday(reader)) {
		reader->plain->on_weekday = token;
		return read_weekdays(reader, &reader->plain->weekdays);
	}
	if (word_number(token) != -1)
		return parse_error(reader->parse, token,
		    "is a bare number: write 1st for a date, 1am or 01:00 for a time, every 1 hour "
		    "for a rate");
	return parse_error_nearest(reader->parse, token, vocabulary, "is not a word of schedules");
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
plain_read(struct plain *plain, const struct word *words, size_t count)
{
	struct reader reader = { .plain = plain, .parse = plain->parse };

	for (size_t i = 0; i < count; i++)
		if (tokens_split(&reader, words[i]) == -1)
			return -1;
	while (reader.at < reader.count) {
		int (*read)(struct reader *) = read_other;

		for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
			if (word_is(peek(&reader, 0), clauses[i].word))
				read = clauses[i].read;
		if (read(&reader) == -1)
			return -1;
	}
	return 0;
}
