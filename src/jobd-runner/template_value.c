#include <stdlib.h>
#include <string.h>

#include "template_private.h"
#include "word.h"

/* A longer part of a name is no member. */
#define PART_MAX 256

static const json_t *
member(const json_t *value, const char *part, size_t len)
{
	char name[PART_MAX];
	size_t index = 0;

	if (json_is_object(value)) {
		if (len >= sizeof(name))
			return NULL;
		memcpy(name, part, len);
		name[len] = '\0';
		return json_object_get(value, name);
	}
	if (!json_is_array(value) || len == 0 || len > 9)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (part[i] < '0' || part[i] > '9')
			return NULL;
		index = index * 10 + (size_t)(part[i] - '0');
	}
	return json_array_get(value, index);
}

static size_t
part_length(const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);

	return dot == NULL ? len : (size_t)(dot - name);
}

const json_t *
template_find(const struct scope *scope, const char *name, size_t len)
{
	size_t part = part_length(name, len);
	const json_t *value = NULL;

	if (len == 1 && name[0] == '.')
		return scope->value;
	for (; scope != NULL && value == NULL; scope = scope->outer)
		value = member(scope->value, name, part);
	while (value != NULL && part < len) {
		name += part + 1;
		len -= part + 1;
		part = part_length(name, len);
		value = member(value, name, part);
	}
	return value;
}

bool
template_is_true(const json_t *value)
{
	if (json_is_string(value))
		return json_string_length(value) > 0;
	if (json_is_array(value))
		return json_array_size(value) > 0;
	if (json_is_object(value))
		return json_object_size(value) > 0;
	return value != NULL && !json_is_false(value) && !json_is_null(value);
}

/* Escapes: each appends one character; 0, or -1. */

static int
put_html(struct rendering *rendering, char c)
{
	static const struct {
		char c;
		const char *text;
	} entities[] = {
		{'&',   "&amp;" },
                { '<',  "&lt;"  },
                { '>',  "&gt;"  },
                { '"',  "&quot;"},
		{ '\'', "&#39;" }
	};

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (c == entities[i].c)
			return template_put(rendering, entities[i].text, strlen(entities[i].text));
	return template_put(rendering, &c, 1);
}

static int
put_json(struct rendering *rendering, char c)
{
	static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt",
			  digits[] = "0123456789abcdef";
	const char *found = c == '\0' ? NULL : strchr(special, c);
	char text[6] = { '\\', 'u', '0', '0', digits[(unsigned char)c >> 4], digits[c & 15] };

	if (found != NULL) {
		text[1] = letters[found - special];
		return template_put(rendering, text, 2);
	}
	return (unsigned char)c < ' ' ? template_put(rendering, text, sizeof(text))
				      : template_put(rendering, &c, 1);
}

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

static int
put_percent(struct rendering *rendering, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char text[3] = { '%', digits[(unsigned char)c >> 4], digits[c & 15] };

	return is_unreserved(c) ? template_put(rendering, &c, 1)
				: template_put(rendering, text, sizeof(text));
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static int
put_line(struct rendering *rendering, char c)
{
	if (is_control(c) && c != '\t')
		return template_fail_tag(
		    rendering, "has a line break or another control character");
	return template_put(rendering, &c, 1);
}

static int
put_path(struct rendering *rendering, char c)
{
	if (c == '/' || c == '\0')
		return template_fail_tag(rendering, "has a character that no file's name may have");
	return template_put(rendering, &c, 1);
}

static int (*const escapes[TEMPLATE_KIND_COUNT])(struct rendering *, char) = {
	[TEMPLATE_HTML] = put_html,
	[TEMPLATE_JSON] = put_json,
	[TEMPLATE_FORM] = put_percent,
	[TEMPLATE_URL] = put_percent,
	[TEMPLATE_LINE] = put_line,
	[TEMPLATE_PATH] = put_path,
};

static int
put_text(struct rendering *rendering, const char *text, size_t len, bool raw)
{
	if (raw || escapes[rendering->kind] == NULL)
		return template_put(rendering, text, len);
	if (rendering->kind == TEMPLATE_PATH && len == 2 && memcmp(text, "..", 2) == 0)
		return template_fail_tag(rendering, "is '..'");
	for (size_t i = 0; i < len; i++)
		if (escapes[rendering->kind](rendering, text[i]) == -1)
			return -1;
	return 0;
}

int
template_put_value(struct rendering *rendering, const json_t *value, bool raw)
{
	char *word;
	int result;

	if (json_is_null(value))
		return 0;
	if (json_is_string(value))
		return put_text(
		    rendering, json_string_value(value), json_string_length(value), raw);
	if ((word = word_of(value)) == NULL)
		return template_fail(rendering, "out of memory");
	result = put_text(rendering, word, strlen(word), raw);
	free(word);
	return result;
}

int
template_check(struct rendering *rendering)
{
	rendering->at = rendering->text;
	for (size_t i = 0; i < rendering->out_len; i++) {
		char c = rendering->out[i];

		if (rendering->kind == TEMPLATE_PATH && c == '\0')
			return template_fail(rendering, "it has a NUL byte");
		if (rendering->kind == TEMPLATE_LINE && is_control(c) && c != '\t')
			return template_fail(
			    rendering, "it has a line break or another control character");
		if (rendering->kind == TEMPLATE_URL && (is_control(c) || c == ' '))
			return template_fail(rendering, "it has a blank or a control character");
	}
	return 0;
}
