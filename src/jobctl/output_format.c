#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/words.h"
#include "jobctl/format.h"
#include "jobctl/output.h"
#include "jobctl/session.h"

#define NAMES_MAX 128
#define NAME_MAX  64
#define LIST_MAX  2048

/* That of this call. */
static struct format chosen;
static bool has_failed;

static bool has_member(const struct view *, const struct row *, const char *name);
static void complain_unknown(const struct view *, const struct row *, const char *name);
static const char *path_of(const struct view *, const char *name);
static void print_row(const struct view *, const struct row *);
static void print_value(const struct value *, bool is_raw);

int
output_format_begin(const char *text, char *err, size_t errlen)
{
	has_failed = false;
	return format_read(&chosen, text, err, errlen);
}

bool
output_format_end(void)
{
	format_free(&chosen);
	return !has_failed;
}

/* Rows come in pages, also those that people see as they come. */
static void
format_row(const struct view *view, const struct row *row)
{
	(void)view;
	(void)row;
}

/* What is before the first '.'. */
static const char *
root_of(const struct format_piece *piece, char name[NAME_MAX])
{
	size_t len = 0;

	while (len < piece->len && piece->text[len] != '.' && len < NAME_MAX - 1)
		len++;
	snprintf(name, NAME_MAX, "%.*s", (int)len, piece->text);
	return name;
}

/* A name that no row of the first page has is a mistake, unless rows have it at times. */
static bool
are_known(const struct view *view, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < chosen.count && !has_failed; i++) {
		char name[NAME_MAX];
		size_t row = 0;

		if (!chosen.pieces[i].is_name)
			continue;
		root_of(&chosen.pieces[i], name);
		while (row < count && !has_member(view, &rows[row], name))
			row++;
		if (row < count)
			continue;
		complain_unknown(view, &rows[0], name);
		has_failed = true;
	}
	return !has_failed;
}

static bool
has_member(const struct view *view, const struct row *row, const char *name)
{
	for (const char *const *rare = view->rare; rare != NULL && *rare != NULL; rare++)
		if (strcmp(*rare, name) == 0)
			return true;
	/* Also one that is null. */
	name = path_of(view, name);
	return value_member(row->value, name, strlen(name)) != NULL;
}

/* What an alias stands for. */
static const char *
path_of(const struct view *view, const char *name)
{
	for (const struct alias *alias = view->aliases; alias != NULL && alias->name != NULL;
	     alias++)
		if (strcmp(alias->name, name) == 0)
			return alias->path;
	return name;
}

static void
complain_unknown(const struct view *view, const struct row *row, const char *name)
{
	const char *names[NAMES_MAX + 1], *nearest;
	const struct value *member = value_first(row->value);
	char list[LIST_MAX] = "";
	size_t count = 0;

	for (const struct alias *alias = view->aliases; alias != NULL && alias->name != NULL;
	     alias++)
		names[count++] = alias->name;
	for (; member != NULL && count < NAMES_MAX;
	     member = value_next(row->value, value_next(row->value, member)))
		names[count++] = member->text;
	for (const char *const *rare = view->rare;
	     rare != NULL && *rare != NULL && count < NAMES_MAX; rare++)
		if (value_member(row->value, *rare, strlen(*rare)) == NULL)
			names[count++] = *rare;
	names[count] = NULL;
	for (size_t i = 0; i < count; i++) {
		strlcat(list, i == 0 ? "" : ", ", sizeof(list));
		strlcat(list, names[i], sizeof(list));
	}
	nearest = words_nearest(name, names);
	complain("--format: there is no '%s'%s%s%s; there are %s", name,
	    nearest == NULL ? "" : ": is '", nearest == NULL ? "" : nearest,
	    nearest == NULL ? "" : "' meant?", list);
}

static void
format_page(struct pages *pages, const struct row *rows, size_t count)
{
	if (count == 0 || has_failed || (pages->shown == 0 && !are_known(pages->view, rows, count)))
		return;
	for (size_t i = 0; i < count; i++)
		print_row(pages->view, &rows[i]);
	pages->shown += count;
}

static void
format_end(struct pages *pages)
{
	(void)pages;
}

static void
format_record(const struct view *view, const struct row *row)
{
	if (are_known(view, row, 1))
		print_row(view, row);
}

static void
print_row(const struct view *view, const struct row *row)
{
	for (size_t i = 0; i < chosen.count; i++) {
		const struct format_piece *piece = &chosen.pieces[i];
		char path[512];

		if (!piece->is_name) {
			fwrite(piece->text, 1, piece->len, stdout);
			continue;
		}
		snprintf(path, sizeof(path), "%.*s", (int)piece->len, piece->text);
		print_value(row_member(row->value, path_of(view, path)), piece->is_raw);
	}
	putchar('\n');
}

/* Texts as they are, nothing for what is not there, all else as JSON. */
static void
print_value(const struct value *value, bool is_raw)
{
	if (value == NULL)
		return;
	if (value->kind == VALUE_STRING && !is_raw)
		print_clean(value->text, 0);
	else
		fwrite(value->text, 1, value->len, stdout);
}

static void
format_fact(const char *member, const char *text)
{
	(void)member;
	print_clean(text, 0);
	putchar('\n');
}

const struct output output_format = {
	.row = format_row,
	.page = format_page,
	.end = format_end,
	.record = format_record,
	.fact = format_fact,
};
