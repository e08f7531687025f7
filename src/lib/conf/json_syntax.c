#include <ctype.h>
#include <string.h>

#include "conf/json_syntax.h"

#define DEPTH_MAX 32

/* Each takes what it names from *text and moves that on, or returns false. */
static void blanks(const char **text);
static bool one(const char **text, char byte);
static bool word(const char **text, const char *word);
static bool digits(const char **text);
static bool number(const char **text);
static bool hex4(const char **text, unsigned *value);
static bool unicode_escape(const char **text);
static bool utf8(const char **text);
static bool string(const char **text);
static bool items(const char **text, char close, int depth);
static bool value(const char **text, int depth);

static void
blanks(const char **text)
{
	*text += strspn(*text, " \t\r\n");
}

static bool
one(const char **text, char byte)
{
	if (**text != byte)
		return false;
	(*text)++;
	return true;
}

static bool
word(const char **text, const char *wanted)
{
	size_t len = strlen(wanted);

	if (strncmp(*text, wanted, len) != 0)
		return false;
	*text += len;
	return true;
}

static bool
digits(const char **text)
{
	size_t len = strspn(*text, "0123456789");

	*text += len;
	return len > 0;
}

static bool
number(const char **text)
{
	one(text, '-');
	if (!one(text, '0') && !digits(text))
		return false;
	if (one(text, '.') && !digits(text))
		return false;
	if (!one(text, 'e') && !one(text, 'E'))
		return true;
	if (!one(text, '+'))
		one(text, '-');
	return digits(text);
}

static bool
hex4(const char **text, unsigned *number_of)
{
	*number_of = 0;
	for (int i = 0; i < 4; i++, (*text)++) {
		int byte = tolower((unsigned char)**text);

		if (!isxdigit(byte))
			return false;
		*number_of =
		    *number_of * 16 + (unsigned)(isdigit(byte) ? byte - '0' : byte - 'a' + 10);
	}
	return true;
}

/* Behind "\u": no NUL, and the halves of a pair only together. */
static bool
unicode_escape(const char **text)
{
	unsigned high, low;

	if (!hex4(text, &high) || high == 0 || (high >= 0xdc00 && high <= 0xdfff))
		return false;
	if (high < 0xd800 || high > 0xdbff)
		return true;
	return word(text, "\\u") && hex4(text, &low) && low >= 0xdc00 && low <= 0xdfff;
}

/* One character of more than one byte; neither longer than needed nor half of a pair. */
static bool
utf8(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	unsigned min = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
	unsigned max = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
	int more = at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : 1;

	if (at[0] < 0xc2 || at[0] > 0xf4 || at[1] < min || at[1] > max)
		return false;
	for (int i = 2; i <= more; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return false;
	*text += more + 1;
	return true;
}

static bool
string(const char **text)
{
	if (!one(text, '"'))
		return false;
	while (!one(text, '"')) {
		unsigned char byte = (unsigned char)**text;

		if (byte < ' ')
			return false;
		if (byte >= 0x80) {
			if (!utf8(text))
				return false;
		} else if (byte != '\\') {
			(*text)++;
		} else if (word(text, "\\u")) {
			if (!unicode_escape(text))
				return false;
		} else if ((*text)[1] == '\0' || strchr("\"\\/bfnrt", (*text)[1]) == NULL) {
			return false;
		} else {
			*text += 2;
		}
	}
	return true;
}

/* The rest of an array or object, behind its opening bracket. */
static bool
items(const char **text, char close, int depth)
{
	if (depth == DEPTH_MAX)
		return false;
	blanks(text);
	if (one(text, close))
		return true;
	do {
		blanks(text);
		if (close == '}') {
			if (!string(text))
				return false;
			blanks(text);
			if (!one(text, ':'))
				return false;
		}
		if (!value(text, depth + 1))
			return false;
		blanks(text);
	} while (one(text, ','));
	return one(text, close);
}

static bool
value(const char **text, int depth)
{
	blanks(text);
	switch (**text) {
	case '[':
		(*text)++;
		return items(text, ']', depth);
	case '{':
		(*text)++;
		return items(text, '}', depth);
	case '"':
		return string(text);
	case 't':
		return word(text, "true");
	case 'f':
		return word(text, "false");
	case 'n':
		return word(text, "null");
	default:
		return number(text);
	}
}

bool
json_is_array(const char *text)
{
	blanks(&text);
	if (*text != '[' || !value(&text, 0))
		return false;
	blanks(&text);
	return *text == '\0';
}
