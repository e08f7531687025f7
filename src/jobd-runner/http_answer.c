#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "http_answer.h"

/* "HTTP/1.1 200" */
#define STATUS_AT  9
#define STATUS_LEN 12

static int read_status(const char *data, size_t len);
static const char *find_body(const char *data, size_t len);
static int64_t content_length(const char *head, size_t len);

static int
read_status(const char *data, size_t len)
{
	static const char begin[] = "HTTP/1.";
	size_t common = len < sizeof(begin) - 1 ? len : sizeof(begin) - 1;

	if (memcmp(data, begin, common) != 0)
		return -1;
	if (len < STATUS_LEN)
		return 0;
	for (int i = STATUS_AT; i < STATUS_LEN; i++)
		if (!isdigit((unsigned char)data[i]))
			return -1;
	return data[STATUS_AT - 1] == ' ' && data[STATUS_AT] != '0'
		   ? (data[9] - '0') * 100 + (data[10] - '0') * 10 + (data[11] - '0')
		   : -1;
}

/* Behind the first empty line; NULL if there is none yet. */
static const char *
find_body(const char *data, size_t len)
{
	const char *end = data + len, *line = data;

	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line++;
		if (line < end && *line == '\n')
			return line + 1;
		if (line + 1 < end && line[0] == '\r' && line[1] == '\n')
			return line + 2;
	}
	return NULL;
}

/* -1 if it is not said. */
static int64_t
content_length(const char *head, size_t len)
{
	static const char name[] = "content-length:";
	const char *end = head + len, *line = head;
	int64_t number = 0;

	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line++;
		if ((size_t)(end - line) < sizeof(name) ||
		    strncasecmp(line, name, sizeof(name) - 1) != 0)
			continue;
		line += sizeof(name) - 1;
		while (line < end && (*line == ' ' || *line == '\t'))
			line++;
		if (line == end || !isdigit((unsigned char)*line))
			return -1;
		for (; line < end && isdigit((unsigned char)*line); line++)
			number = number < INT32_MAX ? number * 10 + (*line - '0') : INT32_MAX;
		return number;
	}
	return -1;
}

struct http_answer
http_answer_read(const char *data, size_t len)
{
	struct http_answer answer = { .status = read_status(data, len) };
	int64_t length;

	if (answer.status <= 0 || (answer.body = find_body(data, len)) == NULL)
		return answer;
	answer.body_len = len - (size_t)(answer.body - data);
	length = content_length(data, (size_t)(answer.body - data));
	answer.whole = answer.status == 204 || answer.status == 304 ||
		       (length >= 0 && (int64_t)answer.body_len >= length);
	return answer;
}
