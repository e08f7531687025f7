#include <string.h>

#include "base/text.h"
#include "cron/parse.h"

#define INTERVAL_MAX_MS (INT64_C(366) * 86400 * 1000)

struct nickname {
	const char *name;
	const char *cron;
};

static const struct nickname nicknames[] = {
  /* clang-format off */
	{ "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" }, { "@monthly", "0 0 1 * *" },
	{ "@weekly", "0 0 * * 0" }, { "@daily", "0 0 * * *" }, { "@midnight", "0 0 * * *" },
	{ "@hourly", "0 * * * *" },
  /* clang-format on */
};

static const char *const names[] = { "@yearly", "@annually", "@monthly", "@weekly", "@daily",
	"@midnight", "@hourly", "@every", NULL };

static int
parse_every(
    struct parse *parse, const struct word *words, size_t count, struct recurrence *recurrence)
{
	const char *problem;
	char duration[64];
	int64_t ms;

	if (count == 1)
		return parse_error(
		    parse, words[0], "needs a duration behind it, such as @every 90s");
	if (count > 2)
		return parse_error(parse, words[2],
		    "is too much: @every takes one duration, such as 90s or 1h30min, and a time "
		    "zone");
	if (words[1].len >= sizeof(duration))
		return parse_error(parse, words[1], "is too long for a duration");
	if (text_to_duration_ms(word_copy(words[1], duration, sizeof(duration)), &ms, &problem) ==
	    -1)
		return parse_error(parse, words[1], "%s", problem);
	if (word_number(words[1]) != -1)
		return parse_error(parse, words[1], "needs a unit, such as 90s, 10min or 2h");
	if (ms < 1000 || ms % 1000 != 0)
		return parse_error(parse, words[1], "is not a whole number of seconds from 1 on");
	if (ms > INTERVAL_MAX_MS)
		return parse_error(parse, words[1], "is more than a year (366d)");
	recurrence->interval_sec = ms / 1000;
	return 0;
}

int
parse_nickname(
    struct parse *parse, const struct word *words, size_t count, struct recurrence *recurrence)
{
	if (word_is(words[0], "@every"))
		return parse_every(parse, words, count, recurrence);
	if (word_is(words[0], "@reboot"))
		return parse_error(parse, words[0],
		    "names no time: what runs at each start is a program with oneshot = true");
	for (size_t i = 0; i < sizeof(nicknames) / sizeof(nicknames[0]); i++) {
		struct parse inner = { .text = nicknames[i].cron, parse->err, parse->errlen };
		struct word fields[PARSE_WORDS_MAX];
		size_t field_count;

		if (!word_is(words[0], nicknames[i].name))
			continue;
		if (count > 1)
			return parse_error(parse, words[1],
			    "is too much: only a time zone may follow %s", nicknames[i].name);
		if (parse_split(&inner, fields, &field_count) == -1)
			return -1;
		return parse_cron(&inner, fields, field_count, recurrence);
	}
	return parse_error_nearest(parse, words[0], names, "is not a schedule");
}
