#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail_text.h"

/* So many bytes make one encoded word of at most 75 characters (RFC 2047, 2). */
#define WORD_BYTES 45
/* A longer line in ASCII is folded by encoding it. */
#define PLAIN_MAX 200

struct address {
	const char *name;
	size_t name_len;
	const char *at;
	size_t len;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && is_blank((*text)[0])) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && is_blank((*text)[*len - 1]))
		(*len)--;
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* What an address may hold that is neither quoted nor in a route. */
static bool
is_plain_address(const char *text, size_t len)
{
	const char *at = memrchr(text, '@', len);

	if (len > MAIL_ADDRESS_MAX || at == NULL || at == text || at == text + len - 1)
		return false;
	for (size_t i = 0; i < len; i++)
		if (is_control(text[i]) || strchr(" <>,;:\"()[]\\", text[i]) != NULL ||
		    (text[i] == '@' && text + i != at))
			return false;
	return true;
}

static bool
split(const char *text, struct address *address)
{
	size_t len = strlen(text);
	const char *open;

	for (size_t i = 0; i < len; i++)
		if (is_control(text[i]) && text[i] != '\t')
			return false;
	trim(&text, &len);
	*address = (struct address){ .name = text, .at = text, .len = len };
	if (len > 0 && text[len - 1] == '>') {
		if ((open = memrchr(text, '<', len)) == NULL)
			return false;
		address->at = open + 1;
		address->len = len - 1 - (size_t)(open + 1 - text);
		address->name_len = (size_t)(open - text);
		if (strcspn(text, "<>") < address->name_len)
			return false;
	}
	trim(&address->name, &address->name_len);
	if (address->name_len >= 2 && address->name[0] == '"' &&
	    address->name[address->name_len - 1] == '"') {
		address->name++;
		address->name_len -= 2;
	}
	return is_plain_address(address->at, address->len);
}

bool
mail_address_parse(const char *text, char address[MAIL_ADDRESS_MAX + 1])
{
	struct address parts;

	if (!split(text, &parts))
		return false;
	memcpy(address, parts.at, parts.len);
	address[parts.len] = '\0';
	return true;
}

/* Encoded words. */

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static void
put_base64(FILE *out, const unsigned char *data, size_t len)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned int bits = (unsigned int)data[i] << 16;

		bits |= left > 1 ? (unsigned int)data[i + 1] << 8 : 0;
		bits |= left > 2 ? data[i + 2] : 0;
		fputc(digits[bits >> 18], out);
		fputc(digits[bits >> 12 & 63], out);
		fputc(left > 1 ? digits[bits >> 6 & 63] : '=', out);
		fputc(left > 2 ? digits[bits & 63] : '=', out);
	}
}

/* As many bytes as fit into a word, and no part of a character. */
static size_t
word_length(const char *text)
{
	size_t len = strnlen(text, WORD_BYTES);

	while (len > 1 && text[len] != '\0' && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

char *
mail_text_encode(const char *text)
{
	char *encoded = NULL;
	size_t size = 0, len;
	FILE *out;

	if (is_ascii(text) && strlen(text) <= PLAIN_MAX && strstr(text, "=?") == NULL)
		return strdup(text);
	if ((out = open_memstream(&encoded, &size)) == NULL)
		return NULL;
	for (const char *separator = ""; *text != '\0'; text += len, separator = "\r\n ") {
		len = word_length(text);
		fprintf(out, "%s=?UTF-8?B?", separator);
		put_base64(out, (const unsigned char *)text, len);
		fputs("?=", out);
	}
	if (fclose(out) == 0)
		return encoded;
	free(encoded);
	return NULL;
}

/* A name with a character that would mean something in a header. */
static bool
must_quote(const char *name)
{
	return name[strcspn(name, "()<>[]:;@\\,.\"")] != '\0';
}

static char *
quote(const char *name)
{
	char *quoted = malloc(2 * strlen(name) + 3), *to = quoted;

	if (quoted == NULL)
		return NULL;
	*to++ = '"';
	for (; *name != '\0'; name++) {
		/* What was written with a backslash keeps it. */
		if (*name == '"' || (*name == '\\' && name[1] != '"' && name[1] != '\\'))
			*to++ = '\\';
		*to++ = *name;
		if (*name == '\\' && (name[1] == '"' || name[1] == '\\'))
			*to++ = *++name;
	}
	*to++ = '"';
	*to = '\0';
	return quoted;
}

char *
mail_address_header(const char *text)
{
	char *header = NULL, *name, *shown;
	struct address parts;

	if (!split(text, &parts))
		return NULL;
	if (parts.name_len == 0)
		return strndup(parts.at, parts.len);
	if ((name = strndup(parts.name, parts.name_len)) == NULL)
		return NULL;
	shown = is_ascii(name) && must_quote(name) ? quote(name) : mail_text_encode(name);
	if (shown != NULL && asprintf(&header, "%s <%.*s>", shown, (int)parts.len, parts.at) == -1)
		header = NULL;
	free(shown);
	free(name);
	return header;
}

char *
mail_text_lines(const char *text, size_t len, size_t *new_len)
{
	char *lines, *to;
	size_t ends = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			ends++;
	if ((lines = malloc(len + ends + 1)) == NULL)
		return NULL;
	to = lines;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			*to++ = '\r';
		*to++ = text[i];
	}
	*to = '\0';
	*new_len = (size_t)(to - lines);
	return lines;
}
