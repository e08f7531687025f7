#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_pass.h"
#include "base/json_plain.h"

const char *
json_check(const char *text, size_t len)
{
	const char *end = text + len, *at = json_blanks(text, end), *error;

	if ((at = json_pass_value(at, end, 0, &error)) == NULL)
		return error;
	return json_blanks(at, end) == end ? NULL : "something follows behind it";
}

/* Reading. */

static unsigned
hex4(const char *text)
{
	char digits[5] = { text[0], text[1], text[2], text[3], '\0' };

	return (unsigned)strtoul(digits, NULL, 16);
}

static char *
put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xf0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* The \uXXXX at *at, with its second half if it has one; half a pair is U+FFFD. */
static unsigned
read_code(const char **at, const char *end)
{
	unsigned code = hex4(*at + 2);

	*at += 6;
	if (code < 0xd800 || code > 0xdfff)
		return code;
	if (code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
		unsigned low = hex4(*at + 2);

		if (low >= 0xdc00 && low <= 0xdfff) {
			*at += 6;
			return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return 0xfffd;
}

long
json_text(const char *text, size_t len, char *out)
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *at = text + 1, *end = text + len - 1, *letter;
	char *begin = out;

	if (len < 2 || text[0] != '"')
		return -1;
	while (at < end) {
		if (*at != '\\') {
			*out++ = *at++;
		} else if (at[1] != 'u') {
			letter = strchr(letters, at[1]);
			*out++ = letter != NULL ? meanings[letter - letters] : at[1];
			at += 2;
		} else {
			unsigned code = read_code(&at, end);

			if (code == 0)
				return -1;
			out = put_utf8(out, code);
		}
	}
	*out = '\0';
	return out - begin;
}

bool
json_number(const char *text, size_t len, double *number)
{
	char copy[64];

	if (len == 0 || (text[0] != '-' && (text[0] < '0' || text[0] > '9')))
		return false;
	/* Digits that do not fit here change nothing that matters. */
	if (len >= sizeof(copy))
		len = sizeof(copy) - 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*number = strtod(copy, NULL);
	return true;
}
