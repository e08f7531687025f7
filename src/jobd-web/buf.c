#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_plain.h"

#include "buf.h"
#include "spare.h"

#define FIRST_SIZE ((size_t)512)

/* Of that size. */
static struct spares spares;

static size_t utf8_len(const unsigned char *text, size_t len);

static bool
grow(struct buf *buf, size_t more)
{
	size_t size = buf->size != 0 ? buf->size : FIRST_SIZE;
	char *data;

	if (buf->failed)
		return false;
	while (size < buf->len + more + 1)
		size *= 2;
	data = buf->data == NULL && size == FIRST_SIZE ? spares_take(&spares, size)
						       : realloc(buf->data, size);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->size = size;
	return true;
}

/* Room for so many bytes and a NUL. */
static inline bool
reserve(struct buf *buf, size_t more)
{
	return (!buf->failed && buf->len + more + 1 <= buf->size) || grow(buf, more);
}

void
buf_reserve(struct buf *buf, size_t more)
{
	(void)reserve(buf, more);
}

void
buf_add(struct buf *buf, const void *data, size_t len)
{
	if (!reserve(buf, len))
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

/* Mostly there is room for it: only then it need not be written twice. */
void
buf_vprintf(struct buf *buf, const char *fmt, va_list ap)
{
	size_t room;
	va_list again;
	int len;

	if (!reserve(buf, 0))
		return;
	room = buf->size - buf->len;
	va_copy(again, ap);
	len = vsnprintf(buf->data + buf->len, room, fmt, ap);
	if (len < 0 || !reserve(buf, (size_t)len))
		buf->failed = true;
	else if ((size_t)len >= room)
		vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
	va_end(again);
	buf->len += buf->failed ? 0 : (size_t)len;
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(buf, fmt, ap);
	va_end(ap);
}

/* Length of the well-formed character at the start, or 0 (RFC 3629, 4). */
static size_t
utf8_len(const unsigned char *text, size_t len)
{
	size_t want = text[0] < 0x80                      ? 1
		      : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
		      : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
		      : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
							  : 0;

	if (want == 0 || want > len)
		return 0;
	for (size_t i = 1; i < want; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return want;
}

static const char *
html_escape(char byte)
{
	return byte == '&'    ? "&amp;"
	       : byte == '<'  ? "&lt;"
	       : byte == '>'  ? "&gt;"
	       : byte == '"'  ? "&quot;"
	       : byte == '\'' ? "&#39;"
	       : byte == '\0' ? "\xef\xbf\xbd"
			      : NULL;
}

/* What is no UTF-8 becomes U+FFFD, too. */
void
buf_html_len(struct buf *buf, const char *text, size_t len)
{
	size_t start = 0, whole = 1;

	for (size_t i = 0; i < len; i += whole) {
		const char *escape = html_escape(text[i]);

		whole = (unsigned char)text[i] < 0x80
			    ? 1
			    : utf8_len((const unsigned char *)text + i, len - i);
		if (whole == 0) {
			escape = "\xef\xbf\xbd";
			whole = 1;
		}
		if (escape == NULL)
			continue;
		buf_add(buf, text + start, i - start);
		buf_text(buf, escape);
		start = i + 1;
	}
	buf_add(buf, text + start, len - start);
}

void
buf_html(struct buf *buf, const char *text)
{
	if (text != NULL)
		buf_html_len(buf, text, strlen(text));
}

void
buf_json_len(struct buf *buf, const char *text, size_t len)
{
	size_t start = 0, whole;

	buf_add(buf, "\"", 1);
	for (size_t i = 0; (i += json_plain(text + i, len - i)) < len; i += whole) {
		unsigned char byte = (unsigned char)text[i];

		whole = byte < 0x80 ? 1 : utf8_len((const unsigned char *)text + i, len - i);
		if (whole > 0 && byte >= 0x80)
			continue;
		buf_add(buf, text + start, i - start);
		if (whole == 0)
			buf_text(buf, "\\ufffd");
		else
			buf_printf(buf, byte < 0x20 ? "\\u%04x" : "\\%c", byte);
		whole = 1;
		start = i + 1;
	}
	buf_add(buf, text + start, len - start);
	buf_add(buf, "\"", 1);
}

void
buf_json(struct buf *buf, const char *text)
{
	buf_json_len(buf, text, strlen(text));
}

/* RFC 3986, 2.3. */
static bool
is_unreserved(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void
buf_url(struct buf *buf, const char *text)
{
	const char *start = text;

	for (; *text != '\0'; text++) {
		if (is_unreserved(*text))
			continue;
		buf_add(buf, start, (size_t)(text - start));
		buf_printf(buf, "%%%02X", (unsigned char)*text);
		start = text + 1;
	}
	buf_add(buf, start, (size_t)(text - start));
}

void
buf_free(struct buf *buf)
{
	if (buf->size == FIRST_SIZE)
		spares_give(&spares, buf->data);
	else
		free(buf->data);
	*buf = (struct buf){ 0 };
}

void
buf_wipe(struct buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->len);
	buf_free(buf);
}

void
buf_empty(struct buf *buf, size_t kept)
{
	if (buf->size > kept || buf->data == NULL || buf->failed) {
		buf_wipe(buf);
		return;
	}
	explicit_bzero(buf->data, buf->len);
	buf->len = 0;
}
