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

int
text_height(double value, double most)
{
	int height = most > 0 ? (int)(value * 8 / most + 0.999) : 0;

	return height < 0 ? 0 : height > 8 ? 8 : height;
}
