#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/output.h"

static bool print_alias(const char *name, const char *text, bool is_first);

static void
json_row(const struct view *view, const struct row *row)
{
	if (!view->endless)
		return;
	output_json_print(view, row);
	putchar('\n');
	fflush(stdout);
}

/* The row as it came, with its aliases in front. */
void
output_json_print(const struct view *view, const struct row *row)
{
	const char *rest = row->raw + strspn(row->raw, " \t");
	bool has_alias = false;

	for (const struct alias *alias = view->aliases; alias != NULL && alias->name != NULL;
	     alias++)
		if (row_is(row->value, alias->path, VALUE_STRING) &&
		    row_member(row->value, alias->name) == NULL &&
		    print_alias(alias->name, row_text(row->value, alias->path), !has_alias))
			has_alias = true;
	if (has_alias)
		printf(",%s", rest + 1);
	else
		fputs(rest, stdout);
}

/* True if it was printed, behind a brace if it is the first. */
static bool
print_alias(const char *name, const char *text, bool is_first)
{
	/* A byte becomes six at most. */
	size_t size = strlen(name) + strlen(text) * 6 + 16;
	char *buf = malloc(size);
	struct json json;

	if (buf == NULL)
		return false;
	json_begin(&json, buf, size);
	json_object(&json, NULL);
	json_string(&json, name, text);
	if (!is_first)
		buf[0] = ',';
	if (json_end(&json) != -1)
		fputs(buf, stdout);
	free(buf);
	return true;
}

static void
json_page(struct pages *pages, const struct row *rows, size_t count)
{
	if (pages->view->endless || count == 0)
		return;
	if (pages->shown == 0)
		printf("{\"%s\":[", pages->view->member);
	for (size_t i = 0; i < count; i++) {
		if (pages->shown++ > 0)
			putchar(',');
		output_json_print(pages->view, &rows[i]);
	}
}

static void
json_end_list(struct pages *pages)
{
	if (pages->view->endless)
		return;
	if (pages->shown == 0)
		printf("{\"%s\":[", pages->view->member);
	puts("]}");
}

static void
json_record(const struct view *view, const struct row *row)
{
	output_json_print(view, row);
	putchar('\n');
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
	.page = json_page,
	.end = json_end_list,
	.record = json_record,
	.fact = json_fact,
};

void
output_list(
    const struct output *output, const struct view *view, const struct row *rows, size_t count)
{
	struct pages pages = { .view = view };

	output->page(&pages, rows, count);
	output->end(&pages);
}
