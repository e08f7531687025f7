#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define NAME_MAX_BYTES 64

struct unit {
	const char *word;
	int64_t factor;
};

static const struct unit duration_units[] = {
	{"ms",   1        },
	{ "s",   1000     },
	{ "sec", 1000     },
	{ "min", 60000    },
	{ "m",   60000    },
	{ "h",   3600000  },
	{ "d",   86400000 },
	{ "w",   604800000},
	{ NULL,  0        },
};

static const struct unit size_units[] = {
	{"B",   1		 },
	{ "K",  1024              },
	{ "KB", 1024              },
	{ "M",  1024 * 1024       },
	{ "MB", 1024 * 1024       },
	{ "G",  1024 * 1024 * 1024},
	{ "GB", 1024 * 1024 * 1024},
	{ "T",  INT64_C(1) << 40  },
	{ NULL, 0                 },
};

static bool is_made_of(const char *name, const char *marks);
static int amount(const char **text, const struct unit *units, int64_t bare, int64_t *total);
static const struct unit *unit_find(const struct unit *, const char *word, size_t len);
static const char *split_word(const char *text, char **out, const char **errstr);

int
text_to_int(const char *text, int64_t min, int64_t max, int64_t *value, const char **errstr)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || isspace((unsigned char)*text)) {
		*errstr = "is not a whole number";
		return -1;
	}
	if (errno == ERANGE || number < min || number > max) {
		*errstr = number < min ? "is too small" : "is too large";
		return -1;
	}
	*value = number;
	*errstr = NULL;
	return 0;
}

int
text_to_bool(const char *text, bool *value, const char **errstr)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{"yes",    true },
		{ "true",  true },
		{ "on",    true },
		{ "1",     true },
		{ "no",    false},
		{ "false", false},
		{ "off",   false},
		{ "0",     false},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*value = words[i].value;
			*errstr = NULL;
			return 0;
		}
	}
	*errstr = "is neither true nor false";
	return -1;
}

static const struct unit *
unit_find(const struct unit *units, const char *word, size_t len)
{
	for (; units->word != NULL; units++)
		if (strlen(units->word) == len && strncmp(units->word, word, len) == 0)
			return units;
	return NULL;
}

/* Reads one "12h" or "1.5h" and adds it to *total; a number without unit counts `bare` each. */
static int
amount(const char **text, const struct unit *units, int64_t bare, int64_t *total)
{
	const char *start = *text;
	const struct unit *unit;
	double number;
	char *end;
	size_t len = 0;

	if (!isdigit((unsigned char)*start) || start[strspn(start, "0123456789.")] == 'e')
		return -1;
	number = strtod(start, &end);
	if (start[0] == '0' && (start[1] == 'x' || start[1] == 'X'))
		return -1;
	while (isalpha((unsigned char)end[len]))
		len++;
	if (len == 0) {
		number *= (double)bare;
	} else {
		if ((unit = unit_find(units, end, len)) == NULL)
			return -1;
		number *= (double)unit->factor;
	}
	if (number > 9e15 || (double)*total + number > 9e15)
		return -1;
	*total += (int64_t)(number + 0.5);
	*text = end + len;
	return 0;
}

int
text_to_duration_ms(const char *text, int64_t *ms, const char **errstr)
{
	int64_t total = 0;

	*errstr = "is not a duration such as 250ms, 10s, 5min, 2h or 1d";
	do {
		if (amount(&text, duration_units, 1000, &total) == -1)
			return -1;
	} while (*text != '\0');
	*ms = total;
	*errstr = NULL;
	return 0;
}

int
text_to_size_bytes(const char *text, int64_t *bytes, const char **errstr)
{
	int64_t total = 0;

	*errstr = "is not a size such as 64K, 50M or 2G";
	if (amount(&text, size_units, 1, &total) == -1 || *text != '\0')
		return -1;
	*bytes = total;
	*errstr = NULL;
	return 0;
}

int
text_to_mode(const char *text, int *mode, const char **errstr)
{
	size_t len = strspn(text, "01234567");

	if (len == 0 || len > 5 || text[len] != '\0' || strtol(text, NULL, 8) > 07777) {
		*errstr = "is not an octal mode such as 022";
		return -1;
	}
	*mode = (int)strtol(text, NULL, 8);
	*errstr = NULL;
	return 0;
}

const char *
text_from_duration_ms(int64_t ms, char *buf, size_t size)
{
	static const struct unit units[] = {
		{"d",    86400000},
		{ "h",   3600000 },
		{ "min", 60000   },
		{ "s",   1000    },
		{ "ms",  1       },
	};
	size_t len = 0;

	if (ms == 0)
		snprintf(buf, size, "0s");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && len < size; i++) {
		if (ms >= units[i].factor) {
			len += (size_t)snprintf(buf + len, size - len, "%" PRId64 "%s",
			    ms / units[i].factor, units[i].word);
			ms %= units[i].factor;
		}
	}
	return buf;
}

const char *
text_from_uptime_ms(int64_t ms, char *buf, size_t size)
{
	int64_t sec = ms > 0 ? ms / 1000 : 0;
	int64_t days = sec / 86400;
	size_t len = 0;

	buf[0] = '\0';
	if (days > 0)
		len =
		    (size_t)snprintf(buf, size, "%" PRId64 " day%s, ", days, days == 1 ? "" : "s");
	if (len < size)
		snprintf(buf + len, size - len, "%d:%02d:%02d", (int)(sec / 3600 % 24),
		    (int)(sec / 60 % 60), (int)(sec % 60));
	return buf;
}

/* Copies one word from `text` to *out, moving both on; NULL if a quote is not closed. */
static const char *
split_word(const char *text, char **out, const char **errstr)
{
	char quote = '\0';

	for (; *text != '\0'; text++) {
		if (quote == '\0' && isspace((unsigned char)*text))
			break;
		if (quote == '\0' && (*text == '\'' || *text == '"')) {
			quote = *text;
		} else if (quote != '\0' && *text == quote) {
			quote = '\0';
		} else if (*text == '\\' && quote != '\'' &&
			   (quote == '\0' || text[1] == '"' || text[1] == '\\')) {
			if (*++text == '\0') {
				*errstr = "ends with a backslash";
				return NULL;
			}
			*(*out)++ = *text;
		} else {
			*(*out)++ = *text;
		}
	}
	if (quote != '\0') {
		*errstr = "has a quote that is not closed";
		return NULL;
	}
	*(*out)++ = '\0';
	return text;
}

int
text_split_words(const char *text, char *out, const char **errstr)
{
	const char *first = out;
	int count = 0;

	for (;;) {
		while (isspace((unsigned char)*text))
			text++;
		if (*text == '\0')
			break;
		if ((text = split_word(text, &out, errstr)) == NULL)
			return -1;
		count++;
	}
	if (count == 0 || *first == '\0') {
		*errstr = "is empty";
		return -1;
	}
	*errstr = NULL;
	return count;
}

void
text_point_at_words(char *out, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		words[i] = out;
		out += strlen(out) + 1;
	}
	words[count] = NULL;
}

char **
text_split_command(const char *text, const char **errstr)
{
	size_t len = strlen(text);
	size_t most = len / 2 + 2;
	char **words;
	int count;

	/* The array first, then the text of the words: never longer than what was given. */
	if ((words = malloc(most * sizeof(*words) + len + 1)) == NULL) {
		*errstr = "can't be split: out of memory";
		return NULL;
	}
	if ((count = text_split_words(text, (char *)(words + most), errstr)) == -1) {
		free(words);
		return NULL;
	}
	text_point_at_words((char *)(words + most), count, words);
	return words;
}

/* A name of letters, digits and these marks. */
static bool
is_made_of(const char *name, const char *marks)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES || name[0] == '-' || name[0] == '.')
		return false;
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) && strchr(marks, *name) == NULL)
			return false;
	return true;
}

bool
text_is_name(const char *name)
{
	return is_made_of(name, "_-.");
}

bool
text_is_type_name(const char *name)
{
	return name[0] != ':' && is_made_of(name, "_-.:");
}

size_t
text_utf8_length(const unsigned char *text, size_t len)
{
	unsigned char first = text[0], low = 0x80, high = 0xbf;
	size_t need;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	need = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (len < need || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	return need;
}
