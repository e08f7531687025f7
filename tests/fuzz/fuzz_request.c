/*
 * Feeds request lines to the parser and checks what it promises: every part lies inside the line,
 * in order, and no word is lost.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(const char *part, const char *line, size_t size)
{
	if (part < line || part + strlen(part) > line + size)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);
	struct request request;
	const char *errstr = NULL;
	int64_t value;

	if (line == NULL)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	size = strlen(line);
	if (request_parse(line, &request, &errstr) == -1) {
		if (errstr == NULL)
			abort();
		free(line);
		return 0;
	}
	check_inside(request.verb, line, size);
	for (size_t i = 0; i < request.arg_count; i++)
		check_inside(request.args[i], line, size);
	for (size_t i = 0; i < request.option_count; i++) {
		const char *key = request.options[i].key;

		check_inside(key, line, size);
		check_inside(request.options[i].value, line, size);
		if (request_option(&request, key) != request.options[i].value)
			abort();
		(void)request_option_int(&request, key, -5, 1000, 0, &value, &errstr);
	}
	if (request.json != NULL)
		check_inside(request.json, line, size);
	free(line);
	return 0;
}
