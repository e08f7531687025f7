#include "histogram.h"

static const int64_t ends_ms[HISTOGRAM_STEPS - 1] = { 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500,
	5000, 10000, 30000, 60000, 300000, 1800000, 7200000 };

size_t
histogram_step(int64_t ms)
{
	size_t step = 0;

	while (step < HISTOGRAM_STEPS - 1 && ms > ends_ms[step])
		step++;
	return step;
}

int64_t
histogram_end_ms(size_t step)
{
	return ends_ms[step];
}

/* As if those of a step were spread evenly over it. */
int64_t
histogram_percentile(const int64_t counts[HISTOGRAM_STEPS], int percent, int64_t longest_ms)
{
	int64_t total = 0, wanted, seen = 0;

	for (size_t i = 0; i < HISTOGRAM_STEPS; i++)
		total += counts[i];
	if (total == 0)
		return -1;
	wanted = (total * percent + 99) / 100;
	for (size_t i = 0; i < HISTOGRAM_STEPS; i++) {
		int64_t begin = i == 0 ? 0 : ends_ms[i - 1];
		int64_t end =
		    i < HISTOGRAM_STEPS - 1 && ends_ms[i] < longest_ms ? ends_ms[i] : longest_ms;

		if (seen + counts[i] >= wanted)
			return end <= begin ? end
					    : begin + (end - begin) * (wanted - seen) / counts[i];
		seen += counts[i];
	}
	return longest_ms;
}
