#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/request.h"

#define OPTIONS_MAX (sizeof(((struct request *)0)->options) / sizeof(struct request_option))

static const char *text_check(const char *line);
static char *word_next(char **rest);
static char *option_split(char *word);
static int word_add(struct request *, char *word, const char **errstr);
static size_t reply_line(char *buf, size_t size, const char *const *parts);
static size_t reply_number(char *buf, size_t size, char kind, int64_t number);

/* What is wrong with the bytes of a word, or NULL.  UTF-8 passes: it is a question of each verb. */
static const char *
text_check(const char *line)
{
	for (; *line != '\0'; line++)
		if (iscntrl((unsigned char)*line) && (unsigned char)*line < 0x80)
			return "the request has bytes that are not printable";
	return NULL;
}

/* Ends the next word with a NUL and moves *rest behind it; NULL at the end of the line. */
static char *
word_next(char **rest)
{
	char *word = *rest + strspn(*rest, " ");
	size_t len = strcspn(word, " ");

	if (len == 0)
		return NULL;
	*rest = word + len;
	if (**rest == ' ')
		*(*rest)++ = '\0';
	return word;
}

/* The value of "key=value", the '=' made a NUL; NULL if the word is not of that form. */
static char *
option_split(char *word)
{
	size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz_0123456789");

	if (len == 0 || word[len] != '=' || !islower((unsigned char)word[0]))
		return NULL;
	word[len] = '\0';
	return word + len + 1;
}

static int
word_add(struct request *request, char *word, const char **errstr)
{
	char *value = option_split(word);

	if (value == NULL && request->arg_count < REQUEST_ARGS_MAX) {
		request->args[request->arg_count++] = word;
	} else if (value == NULL) {
		*errstr = "the request has too many arguments";
		return -1;
	} else if (request->option_count == OPTIONS_MAX) {
		*errstr = "the request has too many options";
		return -1;
	} else if (request_option(request, word) != NULL) {
		*errstr = "the request gives an option twice";
		return -1;
	} else {
		request->options[request->option_count++] =
		    (struct request_option){ .key = word, .value = value };
	}
	return 0;
}

int
request_parse(char *line, struct request *request, const char **errstr)
{
	char *rest = line, *word;

	request->arg_count = request->option_count = 0;
	request->json = NULL;
	if ((request->verb = word_next(&rest)) == NULL) {
		*errstr = "the request is empty";
		return -1;
	}
	if ((*errstr = text_check(request->verb)) != NULL)
		return -1;
	for (;;) {
		rest += strspn(rest, " ");
		if (*rest == '{' || *rest == '[') {
			request->json = rest;
			return 0;
		}
		if ((word = word_next(&rest)) == NULL)
			return 0;
		if ((*errstr = text_check(word)) != NULL)
			return -1;
		if (word_add(request, word, errstr) == -1)
			return -1;
	}
}

const char *
request_option(const struct request *request, const char *key)
{
	for (size_t i = 0; i < request->option_count; i++)
		if (strcmp(request->options[i].key, key) == 0)
			return request->options[i].value;
	return NULL;
}

int
request_option_int(const struct request *request, const char *key, int64_t min, int64_t max,
    int64_t initial, int64_t *value, const char **errstr)
{
	const char *text = request_option(request, key);

	*value = initial;
	return text == NULL ? 0 : text_to_int(text, min, max, value, errstr);
}

const char *
request_unknown_option(const struct request *request, const char *const *known)
{
	for (size_t i = 0; i < request->option_count; i++) {
		const char *const *word = known;

		while (*word != NULL && strcmp(*word, request->options[i].key) != 0)
			word++;
		if (*word == NULL)
			return request->options[i].key;
	}
	return NULL;
}

/* The NULL-ended parts and CR LF, with every line break inside made a blank. */
static size_t
reply_line(char *buf, size_t size, const char *const *parts)
{
	size_t len = 0;

	for (const char *const *part = parts; *part != NULL; part++)
		len += strlen(*part);
	if (len + 2 > size)
		return 0;
	len = 0;
	for (; *parts != NULL; parts++)
		for (const char *c = *parts; *c != '\0'; c++)
			buf[len++] = *c == '\r' || *c == '\n' ? ' ' : *c;
	buf[len++] = '\r';
	buf[len++] = '\n';
	return len;
}

static size_t
reply_number(char *buf, size_t size, char kind, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%c%" PRId64, kind, number);
	return reply_line(buf, size, (const char *const[]){ text, NULL });
}

size_t
reply_ok(char *buf, size_t size, const char *text)
{
	return reply_line(buf, size, (const char *const[]){ "+", text, NULL });
}

size_t
reply_error(char *buf, size_t size, const char *code, const char *text)
{
	return reply_line(buf, size, (const char *const[]){ "-", code, " ", text, NULL });
}

size_t
reply_bulk(char *buf, size_t size, const void *data, size_t len)
{
	size_t head = reply_number(buf, size, '$', (int64_t)len);

	if (head == 0 || len > size - head || size - head - len < 2)
		return 0;
	if (len > 0)
		memcpy(buf + head, data, len);
	memcpy(buf + head + len, "\r\n", 2);
	return head + len + 2;
}

size_t
reply_nil(char *buf, size_t size)
{
	return reply_number(buf, size, '$', -1);
}

size_t
reply_array(char *buf, size_t size, size_t count)
{
	return reply_number(buf, size, '*', (int64_t)count);
}
