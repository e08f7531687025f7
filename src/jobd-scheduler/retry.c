#include <string.h>

#include "base/text.h"
#include "retry.h"

/* Beyond this count the formula's delay is a year and more, and would leave 64 bits far later. */
#define COUNT_MAX 75
/* No delay is longer than this. */
#define DELAY_MAX_MS (INT64_C(365) * 86400 * 1000)

static bool
is_final(const struct conf_job *type, int64_t code)
{
	for (size_t i = 0; type != NULL && i < type->no_retry_count; i++)
		if (type->no_retry[i] == code)
			return true;
	return false;
}

static int64_t
formula_ms(const struct retry_question *question)
{
	int64_t count = question->failures < COUNT_MAX ? question->failures : COUNT_MAX;

	return (count * count * count * count + 15 + question->chance % 30 * (count + 1)) * 1000;
}

/* The delay of this failure in the list; its last one repeats.  -1 if there is no list. */
static int64_t
listed_ms(const struct conf_job *type, int64_t failures)
{
	const char *errstr, *word = NULL;
	int64_t ms;

	for (int64_t i = 0; type->retry_delays != NULL && i <= failures; i++) {
		if (type->retry_delays[i] == NULL)
			break;
		word = type->retry_delays[i];
	}
	return word != NULL && text_to_duration_ms(word, &ms, &errstr) == 0 ? ms : -1;
}

/* Up or down by a part of it, so that what failed together does not come back together. */
static int64_t
jittered(int64_t ms, int64_t percent, uint32_t chance)
{
	int64_t span = ms / 100 * percent;

	return span > 0 ? ms - span + (int64_t)(chance % (uint64_t)(2 * span + 1)) : ms;
}

static int64_t
grown_ms(const struct conf_job *type, const struct retry_question *question)
{
	double ms = (double)type->retry_delay_ms, most = (double)DELAY_MAX_MS;

	if (type->retry_delay_max_ms > 0 && type->retry_delay_max_ms < DELAY_MAX_MS)
		most = (double)type->retry_delay_max_ms;
	for (int64_t i = 0; i < question->failures && type->retry_factor > 1 && ms < most; i++)
		ms *= type->retry_factor;
	return jittered(
	    (int64_t)(ms < most ? ms : most), type->retry_jitter_percent, question->chance);
}

static int64_t
delay_of(const struct conf_job *type, const struct retry_question *question)
{
	int64_t ms;

	if (type == NULL)
		return formula_ms(question);
	if ((ms = listed_ms(type, question->failures)) >= 0)
		return jittered(ms, type->retry_jitter_percent, question->chance);
	return type->retry_delay_ms == CONF_UNSET ? formula_ms(question) : grown_ms(type, question);
}

enum retry_verdict
retry_decide(const struct conf_job *type, const struct retry_question *question, int64_t *delay_ms)
{
	int64_t ms;

	if (question->retries == 0)
		return RETRY_DROP;
	if (question->failures >= question->retries || question->no_retry ||
	    is_final(type, question->code))
		return RETRY_DEAD;
	ms = delay_of(type, question);
	if (ms < question->retry_after_ms)
		ms = question->retry_after_ms;
	*delay_ms = ms < DELAY_MAX_MS ? ms : DELAY_MAX_MS;
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
