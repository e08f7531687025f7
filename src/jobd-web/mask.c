#include <stdlib.h>
#include <string.h>

#include "mask.h"

#define NAME_MAX_LEN 64
/* Shorter names are meant as a whole: "pin" is not the end of "spin". */
#define ENDING_MIN 5
#define MASKED     "\"***\""

struct ending {
	const char *text; /* written small, without '_' and '-' */
	size_t len;
};

#define ENDING(text)                                                                               \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

/* clang-format off */
static const struct ending usual[] = {
	ENDING("password"), ENDING("passwd"), ENDING("passphrase"), ENDING("secret"), ENDING("token"),
	ENDING("apikey"), ENDING("accesskey"), ENDING("secretkey"), ENDING("privatekey"),
	ENDING("authorization"), ENDING("credentials"), ENDING("creditcard"), ENDING("cardnumber"),
	ENDING("cookie"), ENDING("cvv"), ENDING("cvc"), ENDING("otp"), ENDING("pin"), ENDING("ssn"),
};
/* clang-format on */

static char *const *more;

void
mask_configure(char *const *names)
{
	more = names;
}

/* A letter, made small, or a digit; else 0.  Of ASCII alone, whatever the locale. */
static char
plain_letter(unsigned char c)
{
	unsigned char small = c | 0x20;

	return (small >= 'a' && small <= 'z') ? (char)small : c >= '0' && c <= '9' ? (char)c : 0;
}

/* The letters and digits of a name, small, its escapes resolved; cut off at the front.  Its length.
 */
static size_t
plain_name(const char *key, size_t len, char name[NAME_MAX_LEN + 1])
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)key[i];

		if (c == '\\' && i + 5 < len && key[i + 1] == 'u' && key[i + 2] == '0' &&
		    key[i + 3] == '0') {
			char digits[3] = { key[i + 4], key[i + 5], '\0' };

			c = (unsigned char)strtoul(digits, NULL, 16);
			i += 5;
		}
		if (plain_letter(c) == 0)
			continue;
		/* What counts is how it ends. */
		if (used == NAME_MAX_LEN)
			memmove(name, name + 1, --used);
		name[used++] = plain_letter(c);
	}
	name[used] = '\0';
	return used;
}

/* Looked at for each member of all that is shown: mostly the last letter says no. */
static bool
ends_with(const char *name, size_t len, struct ending ending)
{
	if (len < ending.len || name[len - 1] != ending.text[ending.len - 1] ||
	    (len > ending.len && ending.len < ENDING_MIN))
		return false;
	return memcmp(name + len - ending.len, ending.text, ending.len) == 0;
}

static bool
is_secret(const char *key, size_t key_len)
{
	char name[NAME_MAX_LEN + 1], other[NAME_MAX_LEN + 1];
	size_t len = plain_name(key, key_len, name);

	if (len == 0)
		return false;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (ends_with(name, len, usual[i]))
			return true;
	for (size_t i = 0; more != NULL && more[i] != NULL; i++) {
		size_t other_len = plain_name(more[i], strlen(more[i]), other);

		if (other_len > 0 && ends_with(name, len, (struct ending){ other, other_len }))
			return true;
	}
	return false;
}

/* Behind the string that begins at `at`. */
static const char *
string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\';
	return at < end ? at + 1 : end;
}

static const char *
skip_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	return at;
}

/* Behind the value that begins at `at`. */
static const char *
value_end(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		if (*at == '"')
			at = string_end(at, end);
		else if (*at == '{' || *at == '[') {
			depth++;
			at++;
		} else if (depth == 0 && (*at == ',' || *at == '}' || *at == ']'))
			return at;
		else {
			depth -= *at == '}' || *at == ']';
			at++;
		}
		if (depth == 0 && (at == end || at[-1] == '"' || at[-1] == '}' || at[-1] == ']'))
			return at;
	}
	return end;
}

/* The value of the member whose name was just read, if it is to be masked; else NULL. */
static const char *
secret_value(const char *key, const char *key_end, const char *end)
{
	const char *at = skip_space(key_end, end);

	if (at == end || *at != ':' || !is_secret(key + 1, (size_t)(key_end - key) - 2))
		return NULL;
	at = skip_space(at + 1, end);
	return at == end || *at == 'n' ? NULL : at;
}

bool
mask_json(const char *text, size_t len, struct buf *out)
{
	const char *at = text, *end = text + len, *kept = text, *key, *value;

	*out = (struct buf){ 0 };
	while ((key = memchr(at, '"', (size_t)(end - at))) != NULL) {
		at = string_end(key, end);
		if ((value = secret_value(key, at, end)) == NULL)
			continue;
		buf_add(out, kept, (size_t)(value - kept));
		buf_text(out, MASKED);
		at = kept = value_end(value, end);
	}
	if (kept == text)
		return false;
	buf_add(out, kept, (size_t)(end - kept));
	return true;
}

bool
mask_is_in(const char *text, size_t len)
{
	const char *at = text, *end = text + len, *key, *value;

	/* Seldom anything looks like one at all. */
	if (memchr(text, '*', len) == NULL || memmem(text, len, MASKED, strlen(MASKED)) == NULL)
		return false;
	while ((key = memchr(at, '"', (size_t)(end - at))) != NULL) {
		at = string_end(key, end);
		if ((value = secret_value(key, at, end)) != NULL &&
		    (size_t)(end - value) >= strlen(MASKED) &&
		    memcmp(value, MASKED, strlen(MASKED)) == 0)
			return true;
	}
	return false;
}
