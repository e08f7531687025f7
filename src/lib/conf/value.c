#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/signame.h"
#include "base/text.h"
#include "base/words.h"
#include "conf/conf.h"
#include "conf/value.h"
#include "conf/value_type.h"

struct value_type {
	value_setter *set;
	value_freer *free;
	value_comparer *equal;
	bool is_list;
};

static int check_range(const struct conf_option *, const char *text, double number, char *why);
static size_t word_index(const char *const *words, const char *text);
static value_setter set_string, set_bool, set_int, set_float, set_duration, set_size, set_mode,
    set_signal, set_word, set_list, set_int_list;
static value_freer free_string, free_list, free_int_list;
static value_comparer equal_string, equal_bool, equal_int, equal_float, equal_list, equal_int_list;

static const struct value_type types[] = {
	[CONF_TYPE_STRING] = {set_string,       free_string,      equal_string,      false},
	[CONF_TYPE_BOOL] = { set_bool,        NULL,             equal_bool,        false},
	[CONF_TYPE_INT] = { set_int,         NULL,             equal_int,         false},
	[CONF_TYPE_FLOAT] = { set_float,       NULL,             equal_float,       false},
	[CONF_TYPE_DURATION] = { set_duration,    NULL,             equal_int,         false},
	[CONF_TYPE_SIZE] = { set_size,        NULL,             equal_int,         false},
	[CONF_TYPE_MODE] = { set_mode,        NULL,             equal_int,         false},
	[CONF_TYPE_SIGNAL] = { set_signal,      NULL,             equal_int,         false},
	[CONF_TYPE_WORD] = { set_word,        NULL,             equal_int,         false},
	[CONF_TYPE_LIST] = { set_list,        free_list,        equal_list,        true },
	[CONF_TYPE_INT_LIST] = { set_int_list,    free_int_list,    equal_int_list,    true },
	[CONF_TYPE_READY] = { value_ready_set, value_ready_free, value_ready_equal, false},
	[CONF_TYPE_RATE] = { value_rate_set,  NULL,             value_rate_equal,  false},
};

int
value_why_text(char *why, const char *text, const char *errstr)
{
	snprintf(why, VALUE_WHY_MAX, "'%.200s' %s", text, errstr);
	return -1;
}

/* The name in front of a secret may be said, the secret may not: what is said gets into logs. */
static int
why_wrong(const struct conf_option *option, char *why, const char *text, const char *errstr)
{
	if (!option->is_secret)
		return value_why_text(why, text, errstr);
	if (strchr(text, ' ') != NULL)
		snprintf(
		    why, VALUE_WHY_MAX, "'%.*s ***' %s", (int)strcspn(text, " "), text, errstr);
	else
		snprintf(why, VALUE_WHY_MAX, "'***' %s", errstr);
	return -1;
}

int
value_why_memory(char *why)
{
	snprintf(why, VALUE_WHY_MAX, "out of memory");
	return -1;
}

/* "'onfailure' is none of always, on_failure, never: did you mean 'on_failure'?" */
int
value_why_word(char *why, const char *text, const char *const *words)
{
	const char *nearest = words_nearest(text, words);
	size_t len;

	len = (size_t)snprintf(why, VALUE_WHY_MAX, "'%.200s' is none of", text);
	for (size_t i = 0; words[i] != NULL; i++)
		len += (size_t)snprintf(
		    why + len, VALUE_WHY_MAX - len, "%s %s", i == 0 ? "" : ",", words[i]);
	if (nearest != NULL)
		snprintf(why + len, VALUE_WHY_MAX - len, ": did you mean '%s'?", nearest);
	return -1;
}

static int
check_range(const struct conf_option *option, const char *text, double number, char *why)
{
	double max = option->min == 0 && option->max == 0 ? 9.2e18 : (double)option->max;
	const char *small = option->type == CONF_TYPE_INT ? "is too small" : "is too short";
	const char *large = option->type == CONF_TYPE_DURATION ? "is too long" : "is too large";

	if (option->type == CONF_TYPE_SIZE || option->type == CONF_TYPE_FLOAT)
		small = "is too small";
	if (number < (double)option->min)
		return value_why_text(why, text, small);
	if (number > max)
		return value_why_text(why, text, large);
	return 0;
}

/* The index of a word, or that of the ending NULL. */
static size_t
word_index(const char *const *words, const char *text)
{
	size_t i = 0;

	while (words[i] != NULL && strcmp(words[i], text) != 0)
		i++;
	return i;
}

static int
set_string(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	char **field = FIELD(option, base, char *);
	const char *errstr;
	char *copy;

	(void)count;
	if (option->words != NULL && option->words[word_index(option->words, texts[0])] == NULL)
		return value_why_word(why, texts[0], option->words);
	if (option->check != NULL && texts[0][0] != '\0' &&
	    (errstr = option->check(texts[0])) != NULL)
		return why_wrong(option, why, texts[0], errstr);
	if ((copy = value_text_copy(texts[0])) == NULL)
		return value_why_memory(why);
	value_text_free(*field);
	*field = copy;
	return 0;
}

static int
set_bool(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	const char *errstr;

	(void)count;
	if (text_to_bool(texts[0], FIELD(option, base, bool), &errstr) == -1)
		return value_why_text(why, texts[0], errstr);
	return 0;
}

static int
set_int(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	const char *errstr;
	int64_t number;

	(void)count;
	if (option->words != NULL && option->words[word_index(option->words, texts[0])] != NULL)
		number = INT64_MAX;
	else if (text_to_int(texts[0], INT64_MIN + 1, INT64_MAX - 1, &number, &errstr) == -1)
		return value_why_text(why, texts[0], errstr);
	else if (check_range(option, texts[0], (double)number, why) == -1)
		return -1;
	*FIELD(option, base, int64_t) = number;
	return 0;
}

static int
set_float(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	double number;
	char *end;

	(void)count;
	number = strtod(texts[0], &end);
	if (end == texts[0] || *end != '\0' ||
	    strspn(texts[0], "+-.0123456789") != strlen(texts[0]))
		return value_why_text(why, texts[0], "is not a number such as 1.5");
	if (check_range(option, texts[0], number, why) == -1)
		return -1;
	*FIELD(option, base, double) = number;
	return 0;
}

static int
set_duration(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	const char *errstr;
	int64_t ms;

	(void)count;
	if (text_to_duration_ms(texts[0], &ms, &errstr) == -1)
		return value_why_text(why, texts[0], errstr);
	if (check_range(option, texts[0], (double)ms, why) == -1)
		return -1;
	*FIELD(option, base, int64_t) = ms;
	return 0;
}

static int
set_size(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	const char *errstr;
	int64_t bytes;

	(void)count;
	if (option->words != NULL && option->words[word_index(option->words, texts[0])] != NULL)
		bytes = INT64_MAX;
	else if (text_to_size_bytes(texts[0], &bytes, &errstr) == -1)
		return value_why_text(why, texts[0], errstr);
	else if (check_range(option, texts[0], (double)bytes, why) == -1)
		return -1;
	*FIELD(option, base, int64_t) = bytes;
	return 0;
}

static int
set_mode(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	const char *errstr;
	int mode;

	(void)count;
	if (text_to_mode(texts[0], &mode, &errstr) == -1)
		return value_why_text(why, texts[0], errstr);
	if (check_range(option, texts[0], mode, why) == -1)
		return -1;
	*FIELD(option, base, int64_t) = mode;
	return 0;
}

static int
set_signal(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	const char *errstr;
	int signum;

	(void)count;
	if ((signum = signame_parse(texts[0], &errstr)) == -1)
		return value_why_text(why, texts[0], errstr);
	*FIELD(option, base, int64_t) = signum;
	return 0;
}

static int
set_word(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	size_t index = word_index(option->words, texts[0]);

	(void)count;
	if (option->words[index] == NULL)
		return value_why_word(why, texts[0], option->words);
	*FIELD(option, base, int64_t) = (int64_t)index;
	return 0;
}

static int
set_list(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	char ***field = FIELD(option, base, char **);
	const char *errstr;
	char **list;

	for (size_t i = 0; i < count && option->check != NULL; i++)
		if ((errstr = option->check(texts[i])) != NULL)
			return why_wrong(option, why, texts[i], errstr);
	if ((list = value_list_copy(texts, count)) == NULL)
		return value_why_memory(why);
	value_list_free(*field);
	*field = list;
	return 0;
}

static int
set_int_list(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	int64_t **field = FIELD(option, base, int64_t *);
	const char *errstr;
	int64_t *list;

	if ((list = calloc(count + 1, sizeof(*list))) == NULL)
		return value_why_memory(why);
	for (size_t i = 0; i < count; i++) {
		if (text_to_int(texts[i], option->min, option->max, &list[i], &errstr) == -1) {
			free(list);
			return value_why_text(why, texts[i], errstr);
		}
	}
	free(*field);
	*field = list;
	*COUNT(option, base) = count;
	return 0;
}

static void
free_string(const struct conf_option *option, void *base)
{
	value_text_free(*FIELD(option, base, char *));
}

static void
free_list(const struct conf_option *option, void *base)
{
	value_list_free(*FIELD(option, base, char **));
}

static void
free_int_list(const struct conf_option *option, void *base)
{
	free(*FIELD(option, base, int64_t *));
}

static bool
equal_string(const struct conf_option *option, const void *one, const void *other)
{
	return strcmp(*CONST_FIELD(option, one, char *), *CONST_FIELD(option, other, char *)) == 0;
}

static bool
equal_bool(const struct conf_option *option, const void *one, const void *other)
{
	return *CONST_FIELD(option, one, bool) == *CONST_FIELD(option, other, bool);
}

static bool
equal_int(const struct conf_option *option, const void *one, const void *other)
{
	return *CONST_FIELD(option, one, int64_t) == *CONST_FIELD(option, other, int64_t);
}

static bool
equal_float(const struct conf_option *option, const void *one, const void *other)
{
	double a = *CONST_FIELD(option, one, double), b = *CONST_FIELD(option, other, double);

	return a >= b && a <= b;
}

static bool
equal_list(const struct conf_option *option, const void *one, const void *other)
{
	char *const *a = *CONST_FIELD(option, one, char **);
	char *const *b = *CONST_FIELD(option, other, char **);

	for (; *a != NULL && *b != NULL; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == NULL && *b == NULL;
}

static bool
equal_int_list(const struct conf_option *option, const void *one, const void *other)
{
	const int64_t *a = *CONST_FIELD(option, one, int64_t *);
	const int64_t *b = *CONST_FIELD(option, other, int64_t *);
	size_t count = *CONST_COUNT(option, one);

	return count == *CONST_COUNT(option, other) && memcmp(a, b, count * sizeof(*a)) == 0;
}

int
value_set(
    const struct conf_option *option, void *base, const char *const *texts, size_t count, char *why)
{
	return types[option->type].set(option, base, texts, count, why);
}

int
value_set_initial(const struct conf_option *option, void *base)
{
	const char *const texts[] = { option->initial, NULL };
	size_t count = option->initial != NULL;
	char why[VALUE_WHY_MAX];

	if (count == 0 && option->type == CONF_TYPE_SIGNAL) {
		*FIELD(option, base, int64_t) = 0;
		return 0;
	}
	if (count == 0 && !types[option->type].is_list) {
		*FIELD(option, base, int64_t) = CONF_UNSET;
		return 0;
	}
	return value_set(option, base, texts, count, why);
}

int
value_set_all_initial(const struct conf_option *table, void *base)
{
	for (; table->name != NULL; table++)
		if (value_set_initial(table, base) == -1)
			return -1;
	return 0;
}

void
value_free_all(const struct conf_option *table, void *base)
{
	for (; table->name != NULL; table++)
		if (types[table->type].free != NULL)
			types[table->type].free(table, base);
}

bool
value_is_list(const struct conf_option *option)
{
	return types[option->type].is_list;
}

bool
conf_option_equal(const struct conf_option *option, const void *one, const void *other)
{
	return types[option->type].equal(option, one, other);
}
