#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "conf/alert_when.h"

#define SCOPE(scope)  (1u << (scope))
#define ANY_JOB       (SCOPE(ALERT_OF_QUEUE) | SCOPE(ALERT_OF_TYPE))
#define UNIT(unit)    (1u << (unit))
#define OVER_MS       INT64_C(3600000)
#define OVER_MAX_MS   (INT64_C(7) * 24 * 3600 * 1000)
#define LEAST         10
#define COUNT_MAX     INT64_C(1000000000000)
#define PART_MAX      240
#define SIDE_OF(rule) ((rule)->below ? '<' : '>')

struct measure {
	const char *word;
	unsigned units, scopes;
	bool below;     /* it is bad when there is little of it */
	bool plain;     /* without a bound any is one too many */
	bool is_window; /* what happened in a time */
	bool is_rate;
};

/* clang-format off */
static const struct measure measures[ALERT_MEASURE_COUNT] = {
	[ALERT_DEAD] =           { "dead",           UNIT(ALERT_COUNT), ANY_JOB, false, false, false, false },
	[ALERT_WAITING] =        { "waiting",        UNIT(ALERT_COUNT), ANY_JOB, false, false, false, false },
	[ALERT_OLDEST_WAITING] = { "oldest_waiting", UNIT(ALERT_MS), SCOPE(ALERT_OF_QUEUE), false, false, false, false },
	[ALERT_RETRY] =          { "retry",          UNIT(ALERT_COUNT), ANY_JOB, false, false, false, false },
	[ALERT_BREAKER] =        { "breaker",        UNIT(ALERT_COUNT), 0, false, true, false, false },
	[ALERT_OUTBOX] =         { "outbox",         UNIT(ALERT_COUNT), 0, false, true, false, false },
	[ALERT_PROGRAM] =        { "program",        UNIT(ALERT_COUNT), SCOPE(ALERT_OF_PROGRAM), false, true, false, false },
	[ALERT_MISSED] =         { "missed",         UNIT(ALERT_COUNT), SCOPE(ALERT_OF_TYPE), false, true, true, false },
	[ALERT_FAILURE_RATE] =   { "failure_rate",   UNIT(ALERT_PERCENT), ANY_JOB, false, false, true, true },
	[ALERT_DISK] =           { "disk",           UNIT(ALERT_BYTES) | UNIT(ALERT_PERCENT), 0, true, false, false, false },
};
/* clang-format on */

static int refuse(char *error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int
refuse(char *error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, ALERT_ERROR_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

const char *
alert_measure_word(enum alert_measure measure)
{
	return measures[measure].word;
}

static int
find_measure(const char *word, struct alert_when *when, char *error)
{
	const char *words[ALERT_MEASURE_COUNT + 1] = { NULL }, *nearest;

	for (int i = 0; i < ALERT_MEASURE_COUNT; i++) {
		words[i] = measures[i].word;
		if (strcmp(words[i], word) != 0)
			continue;
		when->measure = (enum alert_measure)i;
		return 0;
	}
	if ((nearest = words_nearest(word, words)) != NULL)
		return refuse(error, "has an unknown measure: did you mean '%s'?", nearest);
	return refuse(error,
	    "begins with none of dead, waiting, oldest_waiting, retry, breaker, outbox, "
	    "program, missed, failure_rate and disk%s",
	    "");
}

static int
read_scope(const struct measure *measure, const char *part, struct alert_when *when, char *error)
{
	static const struct {
		const char *begin;
		enum alert_scope scope;
	} scopes[] = {
		{"queue=",    ALERT_OF_QUEUE  },
                { "type=",    ALERT_OF_TYPE   },
		{ "program=", ALERT_OF_PROGRAM}
	};

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		size_t len = strlen(scopes[i].begin);

		if (strncmp(part, scopes[i].begin, len) != 0)
			continue;
		if ((measure->scopes & SCOPE(scopes[i].scope)) == 0)
			return refuse(error, "has '%s', which its measure does not take", part);
		if (when->scope != ALERT_EVERYTHING)
			return refuse(error, "has '%s' too much: one is enough", part);
		if (part[len] == '\0' || strlen(part + len) > ALERT_SCOPE_MAX)
			return refuse(error, "has no name, or too long a one, in '%s'", part);
		when->scope = scopes[i].scope;
		snprintf(when->name, sizeof(when->name), "%s", part + len);
		return 0;
	}
	return 1;
}

/* over=1h, least=20 */
static int
read_window(const struct measure *measure, const char *part, struct alert_when *when, char *error)
{
	const char *errstr;

	if (measure->is_window && strncmp(part, "over=", 5) == 0) {
		if (text_to_duration_ms(part + 5, &when->over_ms, &errstr) == 0 &&
		    when->over_ms >= 1000 && when->over_ms <= OVER_MAX_MS)
			return 0;
		return refuse(error, "has '%s', which is no time from 1s to 7d", part);
	}
	if (measure->is_rate && strncmp(part, "least=", 6) == 0) {
		if (text_to_int(part + 6, 1, 1000000, &when->least, &errstr) == 0)
			return 0;
		return refuse(error, "has '%s', which is no number from 1 to 1000000", part);
	}
	return refuse(error, "has '%s', which its measure does not take", part);
}

static int
read_percent(const char *text, int64_t *value)
{
	char digits[8];
	size_t len = strlen(text);
	const char *errstr;

	if (len > 0 && text[len - 1] == '%')
		len--;
	if (len == 0 || len >= sizeof(digits))
		return -1;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return text_to_int(digits, 0, 100, value, &errstr);
}

static int
read_bound(const struct measure *measure, const char *text, struct alert_when *when, char *error)
{
	bool percent = strchr(text, '%') != NULL;
	const char *errstr;

	if ((measure->units & UNIT(ALERT_COUNT)) != 0) {
		when->unit = ALERT_COUNT;
		return text_to_int(text, 0, COUNT_MAX, &when->threshold, &errstr) == 0
			   ? 0
			   : refuse(error, "has '%s' where a number must be", text);
	}
	if ((measure->units & UNIT(ALERT_MS)) != 0) {
		when->unit = ALERT_MS;
		return text_to_duration_ms(text, &when->threshold, &errstr) == 0
			   ? 0
			   : refuse(error, "has '%s' where a time as 10min must be", text);
	}
	if (percent || (measure->units & UNIT(ALERT_BYTES)) == 0) {
		when->unit = ALERT_PERCENT;
		return read_percent(text, &when->threshold) == 0
			   ? 0
			   : refuse(error, "has '%s' where a percentage as 20%% must be", text);
	}
	when->unit = ALERT_BYTES;
	return text_to_size_bytes(text, &when->threshold, &errstr) == 0
		   ? 0
		   : refuse(error, "has '%s' where a size as 1G or 10%% must be", text);
}

/* The next word, cut off; false at the end. */
static bool
next_part(const char **at, const char *end, char part[PART_MAX])
{
	size_t len = 0;

	while (*at < end && isblank((unsigned char)**at))
		++*at;
	while (*at < end && !isblank((unsigned char)**at)) {
		if (len < PART_MAX - 1)
			part[len++] = **at;
		++*at;
	}
	part[len] = '\0';
	return len > 0;
}

static int
read_comparison(
    const struct measure *measure, const char *sign, struct alert_when *when, char *error)
{
	char bound[PART_MAX], rest[PART_MAX];
	const char *at = sign;

	when->below = measure->below;
	if (*sign == '\0')
		return measure->plain
			   ? 0
			   : refuse(error, "has no bound, as in '%s > 100'", measure->word);
	if (*sign != SIDE_OF(measure))
		return refuse(error, "compares the wrong way: %s",
		    measure->below ? "it is too little of it that is told ('<')"
				   : "it is too much of it that is told ('>')");
	at++;
	if (!next_part(&at, at + strlen(at), bound))
		return refuse(error, "has nothing behind '%s'", measure->below ? "<" : ">");
	if (next_part(&at, at + strlen(at), rest))
		return refuse(error, "has '%s' behind its bound", rest);
	return read_bound(measure, bound, when, error);
}

int
alert_when_parse(const char *text, struct alert_when *when, char *error)
{
	const char *at = text, *sign = text + strcspn(text, "<>");
	const struct measure *measure;
	char part[PART_MAX];
	int result;

	memset(when, 0, sizeof(*when));
	if (!next_part(&at, sign, part))
		return refuse(error, "is empty");
	if (find_measure(part, when, error) == -1)
		return -1;
	measure = &measures[when->measure];
	when->over_ms = measure->is_window ? OVER_MS : 0;
	when->least = measure->is_rate ? LEAST : 0;
	while (next_part(&at, sign, part)) {
		if ((result = read_scope(measure, part, when, error)) == 1)
			result = read_window(measure, part, when, error);
		if (result == -1)
			return -1;
	}
	return read_comparison(measure, sign, when, error);
}

bool
alert_when_holds(const struct alert_when *when, int64_t value)
{
	return when->below ? value < when->threshold : value > when->threshold;
}

const char *
alert_value_text(enum alert_unit unit, int64_t value, char *buf, size_t size)
{
	static const char letters[] = "KMGT";
	double bytes = (double)value;
	size_t i = 0;

	if (unit == ALERT_MS)
		return text_from_duration_ms(value, buf, size);
	if (unit != ALERT_BYTES || value < 1024) {
		snprintf(buf, size, "%" PRId64 "%s", value, unit == ALERT_PERCENT ? "%" : "");
		return buf;
	}
	for (bytes /= 1024; bytes >= 1024 && letters[i + 1] != '\0'; i++)
		bytes /= 1024;
	snprintf(buf, size, "%.3g%c", bytes, letters[i]);
	return buf;
}
