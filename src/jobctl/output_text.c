#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/output.h"

#define COLUMNS_MAX 16
#define CELL_MAX    512

static int print_clipped(const char *text, int width, int most);
static const char *cell_text(
    const struct column *, const struct value *row, char *buf, size_t size);
static void measure(
    const struct view *, const struct row *rows, size_t count, int widths[COLUMNS_MAX]);
static void print_headings(const struct view *, const int widths[COLUMNS_MAX]);
static void print_row(const struct view *, const struct value *row, const int widths[COLUMNS_MAX]);

int
print_width(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void
print_clean(const char *text, int width)
{
	print_clipped(text, width, INT_MAX);
}

/* At most `most` characters; returns how many there are, with the padding. */
static int
print_clipped(const char *text, int width, int most)
{
	int printed = 0;

	for (; *text != '\0'; text++) {
		printed += ((unsigned char)*text & 0xc0) != 0x80;
		if (printed > most)
			return most;
		putchar_unlocked((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
	}
	for (; printed < width && printed < most; printed++)
		putchar_unlocked(' ');
	return printed;
}

static const char *
cell_text(const struct column *column, const struct value *row, char *buf, size_t size)
{
	return column->render != NULL ? column->render(row, buf, size)
				      : row_cell(row, column->path, column->kind, buf, size);
}

static void
text_row(const struct view *view, const struct row *row)
{
	if (view->line == NULL)
		return;
	view->line(row->value);
	fflush(stdout);
}

static void
text_list(const struct view *view, const struct row *rows, size_t count)
{
	int widths[COLUMNS_MAX] = { 0 };

	if (count == 0 && view->empty != NULL)
		puts(view->empty);
	if (count == 0 || view->line != NULL)
		return;
	measure(view, rows, count, widths);
	if (view->headings)
		print_headings(view, widths);
	for (size_t i = 0; i < count; i++)
		print_row(view, rows[i].value, widths);
}

/* A column is as wide as its longest cell; the last one is never padded. */
static void
measure(const struct view *view, const struct row *rows, size_t count, int widths[COLUMNS_MAX])
{
	char buf[CELL_MAX];

	for (size_t i = 0; view->columns[i].title != NULL; i++) {
		const struct column *column = &view->columns[i];
		int widest = column->min_width;

		if (column[1].title == NULL)
			break;
		if (view->headings && print_width(column->title) > widest)
			widest = print_width(column->title);
		for (size_t j = 0; j < count; j++) {
			int width = print_width(cell_text(column, rows[j].value, buf, sizeof(buf)));

			if (width > widest)
				widest = width;
		}
		widths[i] = widest + column->gap;
	}
}

static void
print_headings(const struct view *view, const int widths[COLUMNS_MAX])
{
	for (size_t i = 0; view->columns[i].title != NULL; i++)
		print_clean(view->columns[i].title, widths[i]);
	putchar('\n');
}

static void
print_row(const struct view *view, const struct value *row, const int widths[COLUMNS_MAX])
{
	int left = view->max_width > 0 ? view->max_width : INT_MAX;
	char buf[CELL_MAX];

	for (size_t i = 0; view->columns[i].title != NULL; i++)
		left -= print_clipped(
		    cell_text(&view->columns[i], row, buf, sizeof(buf)), widths[i], left);
	putchar('\n');
}

static void
text_record(const struct view *view, const struct row *row)
{
	char buf[CELL_MAX];
	int widest = 0;

	for (const struct column *column = view->columns; column->title != NULL; column++)
		if (print_width(column->title) > widest)
			widest = print_width(column->title);
	for (const struct column *column = view->columns; column->title != NULL; column++) {
		const char *text = cell_text(column, row->value, buf, sizeof(buf));

		if (*text == '\0')
			continue;
		print_clean(column->title, widest + 2);
		print_clean(text, 0);
		putchar('\n');
	}
}

static void
text_fact(const char *member, const char *text)
{
	(void)member;
	print_clean(text, 0);
	putchar('\n');
}

const struct output output_text = {
	.row = text_row,
	.list = text_list,
	.record = text_record,
	.fact = text_fact,
};
