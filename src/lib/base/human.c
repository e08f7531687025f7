#include <inttypes.h>
#include <stdio.h>

#include "base/human.h"

const char *
human_duration(int64_t ms, char *buf, size_t size)
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
		snprintf(buf, size,
		    value < 10 && ms % units[i].ms * 10 >= units[i].ms ? "%.1f %s" : "%.0f %s",
		    value, units[i].name);
		return buf;
	}
	snprintf(buf, size, "%" PRId64 " ms", ms < 0 ? 0 : ms);
	return buf;
}

const char *
human_count(int64_t number, char *buf, size_t size)
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
