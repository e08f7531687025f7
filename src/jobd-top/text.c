#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#include "text.h"

const char *
text_plain(const char *text, char *buf, size_t size)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text), used = 0, len;

	while (left > 0) {
		len = text_utf8_length(at, left);
		if (used + (len > 0 ? len : 1) >= size)
			break;
		/* C0, DEL and C1: a terminal may obey them. */
		if (len == 0 || at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0)) {
			buf[used++] = '?';
			len = len > 0 ? len : 1;
		} else {
			memcpy(buf + used, at, len);
			used += len;
		}
		at += len;
		left -= len;
	}
	buf[used] = '\0';
	return buf;
}

const char *
text_duration(int64_t ms, char *buf, size_t size)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {
		{86400000, "d"  },
                { 3600000, "h"  },
                { 60000,   "min"},
                { 1000,    "s"  }
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double value = (double)ms / (double)units[i].ms;

		if (value < 1)
			continue;
		snprintf(
		    buf, size, value < 10 && i < 3 ? "%.1f %s" : "%.0f %s", value, units[i].name);
		return buf;
	}
	snprintf(buf, size, "%" PRId64 " ms", ms < 0 ? 0 : ms);
	return buf;
}

const char *
text_count(int64_t number, char *buf, size_t size)
{
	char digits[32];
	size_t used = 0;
	int len = snprintf(digits, sizeof(digits), "%" PRId64, number);

	for (int i = 0; i < len && used + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
			buf[used++] = ',';
		buf[used++] = digits[i];
	}
	buf[used] = '\0';
	return buf;
}

int
text_height(double value, double most)
{
	int height = most > 0 ? (int)(value * 8 / most + 0.999) : 0;

	return height < 0 ? 0 : height > 8 ? 8 : height;
}
