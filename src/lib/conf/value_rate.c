#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "conf/value.h"
#include "conf/value_type.h"

/* `rate`: one word in the file, a number and a time in the struct. */

#define WRITTEN "is not written 50/s, 100/min or 20/10s"
/* The time that goes with "0", so that nobody divides by nothing. */
#define NO_RATE_PERIOD_MS 1000
#define PERIOD_MAX_MS     (366LL * 24 * 3600 * 1000)

static int parse_period(const char *text, int64_t *ms);

/* "10s", or only the unit, "s". */
static int
parse_period(const char *text, int64_t *ms)
{
	const char *errstr;
	char whole[64];
	int len;

	len = snprintf(
	    whole, sizeof(whole), "%s%s", isdigit((unsigned char)text[0]) ? "" : "1", text);
	if (text[0] == '\0' || len < 0 || (size_t)len >= sizeof(whole) ||
	    text_to_duration_ms(whole, ms, &errstr) == -1)
		return -1;
	return *ms > 0 && *ms <= PERIOD_MAX_MS ? 0 : -1;
}

int
value_rate_set(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	const char *slash = strchr(texts[0], '/'), *errstr;
	int64_t rate = 0, period = NO_RATE_PERIOD_MS;
	char number[32];

	(void)count;
	if (strcmp(texts[0], "0") != 0) {
		if (slash == NULL || (size_t)(slash - texts[0]) >= sizeof(number))
			return value_why_text(why, texts[0], WRITTEN);
		snprintf(number, sizeof(number), "%.*s", (int)(slash - texts[0]), texts[0]);
		if (text_to_int(number, option->min, option->max, &rate, &errstr) == -1 ||
		    parse_period(slash + 1, &period) == -1)
			return value_why_text(why, texts[0], WRITTEN);
	}
	*FIELD(option, base, int64_t) = rate;
	*PERIOD(option, base) = period;
	return 0;
}

bool
value_rate_equal(const struct conf_option *option, const void *one, const void *other)
{
	return *CONST_FIELD(option, one, int64_t) == *CONST_FIELD(option, other, int64_t) &&
	       *CONST_PERIOD(option, one) == *CONST_PERIOD(option, other);
}
