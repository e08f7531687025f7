#include <stdlib.h>
#include <string.h>

#include "headers.h"

#define FIRST_BYTES 512

static void
append(struct headers *headers, const char *text, size_t len)
{
	size_t size = headers->size == 0 ? FIRST_BYTES : headers->size;
	char *bigger;

	while (size < headers->len + len)
		size *= 2;
	if (size > headers->size) {
		if ((bigger = realloc(headers->text, size)) == NULL) {
			headers->failed = true;
			return;
		}
		headers->text = bigger;
		headers->size = size;
	}
	memcpy(headers->text + headers->len, text, len);
	headers->len += len;
}

void
headers_add(struct headers *headers, const char *name, const char *value)
{
	append(headers, name, strlen(name));
	if (value != NULL) {
		append(headers, ": ", 2);
		append(headers, value, strlen(value));
	}
	append(headers, "", 1);
	headers->count++;
}

struct curl_slist *
headers_list(struct headers *headers)
{
	char *line = headers->text;

	if (headers->failed || headers->count == 0 ||
	    (headers->nodes = calloc(headers->count, sizeof(*headers->nodes))) == NULL)
		return NULL;
	for (size_t i = 0; i < headers->count; i++) {
		headers->nodes[i].data = line;
		if (i + 1 < headers->count)
			headers->nodes[i].next = &headers->nodes[i + 1];
		line += strlen(line) + 1;
	}
	return headers->nodes;
}

void
headers_free(struct headers *headers)
{
	free(headers->text);
	free(headers->nodes);
}
