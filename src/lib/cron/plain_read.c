#include <ctype.h>
#include <string.h>

#include "cron/plain_reader.h"
#include "cron/plain_time.h"

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

static const struct parse_name frequencies[] = {
  /* clang-format off */
	{ "hourly", PLAIN_UNIT_HOUR }, { "daily", PLAIN_UNIT_DAY }, { "weekly", PLAIN_UNIT_WEEK },
	{ "monthly", PLAIN_UNIT_MONTH }, { "yearly", PLAIN_UNIT_YEAR }, { "annually", PLAIN_UNIT_YEAR },
	{ NULL, 0 },
  /* clang-format on */
};

static int
read_filler(struct reader *reader)
{
	if (++reader->at == reader->count)
		return reader_unexpected(reader, "more");
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
	struct word word = reader_peek(reader, 0);

	reader->at++;
	return set_every(reader, word, 1, word_name(word, frequencies));
}

/* The number and the unit of "every 30 minutes" or "every 30min". */
static int
read_count(struct reader *reader)
{
	struct word token = reader_peek(reader, 0), digits = token, suffix = token;
	int count, unit;

	digits.len = strspn(token.at, "0123456789");
	if (digits.len > token.len)
		digits.len = token.len;
	suffix.at += digits.len;
	suffix.len -= digits.len;
	count = digits.len > 0 ? word_number(digits) : word_name(token, plain_numbers);
	reader->at++;
	if (digits.len == 0 || suffix.len == 0)
		suffix = reader_peek(reader, 0);
	else
		reader->at--;
	unit = word_name(suffix, plain_units);
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
	struct word token = reader_peek(reader, 0);

	reader->at++;
	if (reader_is_weekday(reader) || reader_is_month(reader) ||
	    word_name(reader_peek(reader, 0), plain_units) != -1)
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
	token = reader_peek(reader, 0);
	if (word_is(token, "second"))
		return read_every_second(reader);
	if (word_is(token, "other"))
		return parse_error(
		    reader->parse, token, "is ambiguous: it leaves open with which one to begin");
	unit = word_name(token, plain_units);
	if (unit != -1) {
		reader->at++;
		return set_every(reader, token, 1, unit);
	}
	if (reader_is_weekday(reader) || reader_is_month(reader) || reader_is_ordinal(reader) ||
	    reader_is_time(reader))
		return 0;
	if (token.len > 0 &&
	    (isdigit((unsigned char)token.at[0]) || word_name(token, plain_numbers) != -1))
		return read_count(reader);
	if (token.len == 0)
		return reader_unexpected(reader, "a unit or a day");
	return parse_error_nearest(
	    reader->parse, token, plain_vocabulary, "is not a unit or a day");
}

static int
read_time(struct reader *reader, int *second_of_day)
{
	int used = plain_time_parse(
	    reader->parse, reader_peek(reader, 0), reader_peek(reader, 1), second_of_day);

	if (used == -1)
		return -1;
	reader->at += (size_t)used;
	return 0;
}

static int
read_times(struct reader *reader)
{
	struct plain *plain = reader->plain;

	plain->at = reader_peek(reader, 0);
	do {
		if (plain->time_count == PLAIN_TIMES_MAX)
			return parse_error(reader->parse, reader_peek(reader, 0),
			    "is one time too many: %d are allowed", PLAIN_TIMES_MAX);
		if (read_time(reader, &plain->times[plain->time_count]) == -1)
			return -1;
		plain->time_count++;
	} while (reader_accept_more(reader, reader_is_time) ||
		 reader_accept_more(reader, reader_is_number));
	return 0;
}

static int
read_minutes(struct reader *reader)
{
	struct plain *plain = reader->plain;

	plain->at_minute = reader_peek(reader, 0);
	do {
		int minute = word_number(reader_peek(reader, 0));

		if (minute < 0 || minute > 59)
			return reader_unexpected(reader, "a minute from 0 to 59");
		plain->minutes |= UINT64_C(1) << minute;
		reader->at++;
	} while (reader_accept_more(reader, reader_is_number));
	return 0;
}

static int
read_at(struct reader *reader)
{
	reader->at++;
	if (reader_accept(reader, "minute") || reader_accept(reader, "minutes"))
		return read_minutes(reader);
	if (reader_peek(reader, 0).len == 0)
		return reader_unexpected(reader, "a time");
	return read_times(reader);
}

static int
read_window(struct reader *reader)
{
	struct plain *plain = reader->plain;
	struct word word = reader_peek(reader, 0);
	int from, to;

	reader->at++;
	if (plain->window.at != NULL)
		return parse_error(reader->parse, word, "begins a second span of time");
	if (reader_peek(reader, 0).len == 0)
		return reader_unexpected(reader, "a time");
	if (read_time(reader, &from) == -1)
		return -1;
	if (!reader_accept_to(reader) && !reader_accept(reader, "and"))
		return reader_unexpected(reader, "'to' and a time");
	if (reader_peek(reader, 0).len == 0)
		return reader_unexpected(reader, "a time");
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

	plain->in_month = reader_peek(reader, 0);
	do {
		int first = word_name(reader_peek(reader, 0), parse_months), last = first;

		reader->at++;
		if (reader_accept_to(reader)) {
			if (!reader_is_month(reader))
				return reader_unexpected(reader, "a month");
			last = word_name(reader_peek(reader, 0), parse_months);
			reader->at++;
		}
		for (int month = first;; month = month % 12 + 1) {
			plain->months |= (uint16_t)(1U << month);
			if (month == last)
				break;
		}
	} while (reader_accept_more(reader, reader_is_month));
	return 0;
}

/* "in january", "of january", "of the month", "of every month". */
static int
read_in(struct reader *reader)
{
	reader->at++;
	reader_accept(reader, "the");
	if (!reader_accept(reader, "every"))
		reader_accept(reader, "each");
	if (reader_accept(reader, "month"))
		return 0;
	if (!reader_is_month(reader))
		return reader_unexpected(reader, "a month");
	return read_months(reader);
}

static int
read_weekdays(struct reader *reader, uint8_t *bits)
{
	do {
		struct word first = reader_peek(reader, 0), last;
		int day, end;

		*bits |= plain_weekday_bits(first);
		reader->at++;
		if (!reader_accept_to(reader))
			continue;
		last = reader_peek(reader, 0);
		day = word_name(first, parse_weekdays);
		end = word_name(last, parse_weekdays);
		if (day == -1 || end == -1)
			return reader_unexpected(reader, "a day of the week");
		for (; day != end; day = (day + 1) % 7)
			*bits |= (uint8_t)(1U << day);
		*bits |= (uint8_t)(1U << end);
		reader->at++;
	} while (reader_accept_more(reader, reader_is_weekday));
	return 0;
}

static int
read_ordinal_list(struct reader *reader, uint32_t *bits)
{
	do {
		int first = plain_ordinal(reader_peek(reader, 0)), last = first;

		reader->at++;
		if (reader_accept_to(reader)) {
			last = plain_ordinal(reader_peek(reader, 0));
			if (first < 1 || last < first)
				return reader_unexpected(reader, "a later date, such as 5th,");
			reader->at++;
		}
		for (; first <= last; first++)
			*bits |= UINT32_C(1) << first;
	} while (reader_accept_more(reader, reader_is_ordinal));
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
	if (word_name(reader_peek(reader, 0), parse_weekdays) == -1 &&
	    word_name(reader_peek(reader, 0), plain_day_groups) != -1)
		return reader_unexpected(reader, "one day of the week");
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
	struct word word = reader_peek(reader, 0), next;
	uint32_t which = 0;
	bool is_day;

	if (read_ordinal_list(reader, &which) == -1)
		return -1;
	next = reader_peek(reader, 0);
	if (word_is(next, "weekday") || word_is(next, "workday"))
		return read_nth_workday(reader, word, which);
	if (reader_is_weekday(reader))
		return read_nth_weekday(reader, word, which);
	is_day = reader_accept(reader, "day") || reader_accept(reader, "days");
	if ((which & 1) && !is_day)
		return reader_unexpected(reader, "'day' or a day of the week behind 'last'");
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
	day = word_number(reader_peek(reader, 0));
	if (day < 1 || day > 31)
		return reader_unexpected(reader, "a day of the month from 1 to 31");
	reader->plain->on_date = reader_peek(reader, 0);
	reader->plain->days |= UINT32_C(1) << day;
	reader->at++;
	return 0;
}

static int
read_other(struct reader *reader)
{
	struct word token = reader_peek(reader, 0);

	if (reader_is_time(reader))
		return read_times(reader);
	if (reader_is_ordinal(reader))
		return read_ordinals(reader);
	if (reader_is_month(reader))
		return read_months(reader);
	if (reader_is_weekday(reader)) {
		reader->plain->on_weekday = token;
		return read_weekdays(reader, &reader->plain->weekdays);
	}
	if (word_number(token) != -1)
		return parse_error(reader->parse, token,
		    "is a bare number: write 1st for a date, 1am or 01:00 for a time, every 1 hour "
		    "for a rate");
	return parse_error_nearest(
	    reader->parse, token, plain_vocabulary, "is not a word of schedules");
}

int
plain_read(struct plain *plain, const struct word *words, size_t count)
{
	struct reader reader = { .plain = plain, .parse = plain->parse };

	if (reader_add(&reader, words, count) == -1)
		return -1;
	while (reader.at < reader.count) {
		int (*read)(struct reader *) = read_other;

		for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
			if (word_is(reader_peek(&reader, 0), clauses[i].word))
				read = clauses[i].read;
		if (read(&reader) == -1)
			return -1;
	}
	return 0;
}
