#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/escape.h"

static bool is_plain(unsigned char);
static int digit_value(char);

/* The bytes of words that are neither an option nor JSON, and no '%'. */
static bool
is_plain(unsigned char byte)
{
	return byte > ' ' && byte < 0x7f && byte != '%';
}

const char *
escape_text(const char *text, char *buf, size_t size)
{
	size_t len = 0;

	for (; *text != '\0' && len + 4 <= size; text++) {
		if (is_plain((unsigned char)*text))
			buf[len++] = *text;
		else
			len +=
			    (size_t)snprintf(buf + len, size - len, "%%%02X", (unsigned char)*text);
	}
	buf[len] = '\0';
	return buf;
}

static int
digit_value(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit != '\0' ? strchr(digits, tolower((unsigned char)digit)) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

int
escape_undo(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		int high, low;

		if (*text != '%') {
			*to++ = *text;
			continue;
		}
		if ((high = digit_value(text[1])) == -1 || (low = digit_value(text[2])) == -1 ||
		    high + low == 0)
			return -1;
		*to++ = (char)(high * 16 + low);
		text += 2;
	}
	*to = '\0';
	return 0;
}
