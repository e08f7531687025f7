#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/output.h"

static void
json_row(const struct view *view, const struct row *row)
{
	if (!view->endless)
		return;
	puts(row->raw);
	fflush(stdout);
}

static void
json_list(const struct view *view, const struct row *rows, size_t count)
{
	if (view->endless)
		return;
	printf("{\"%s\":[", view->member);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			putchar(',');
		fputs(rows[i].raw, stdout);
	}
	puts("]}");
}

static void
json_record(const struct view *view, const struct row *row)
{
	(void)view;
	puts(row->raw);
}

static void
json_fact(const char *member, const char *text)
{
	/* A byte becomes six at most. */
	size_t size = strlen(member) + strlen(text) * 6 + 16;
	char *buf = malloc(size);
	struct json json;

	if (buf == NULL)
		return;
	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, member, text);
	json_object_end(&json);
	if (json_end(&json) != -1)
		puts(buf);
	free(buf);
}

const struct output output_json = {
	.row = json_row,
	.list = json_list,
	.record = json_record,
	.fact = json_fact,
};
