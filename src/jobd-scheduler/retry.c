#include <string.h>

#include "retry.h"

/* Beyond this count the formula's delay is a year and more, and would leave 64 bits far later. */
#define COUNT_MAX 75

enum retry_verdict
retry_decide(
    int64_t retries, int64_t failures, int64_t fixed_delay_ms, uint32_t chance, int64_t *delay_ms)
{
	int64_t count = failures < COUNT_MAX ? failures : COUNT_MAX;

	if (retries == 0)
		return RETRY_DROP;
	if (failures >= retries)
		return RETRY_DEAD;
	if (fixed_delay_ms >= 0)
		*delay_ms = fixed_delay_ms;
	else
		*delay_ms = (count * count * count * count + 15 + chance % 30 * (count + 1)) * 1000;
	return RETRY_LATER;
}

bool
retry_is_success(const char *reason, int64_t code, const int64_t *codes, size_t count)
{
	if (strcmp(reason, "exit") != 0)
		return false;
	if (count == 0)
		return code == 0;
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}
