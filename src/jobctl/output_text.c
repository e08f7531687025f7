#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/output.h"
#include "jobctl/terminal.h"

#define CELL_MAX 512

#define STYLE_HEADING "\033[4m"
#define STYLE_END     "\033[0m"

/* clang-format off */
static const struct {
	const char *word, *style;
} state_styles[] = {
	{ "running",    "\033[32m" },
	{ "retry",      "\033[33m" },
	{ "blocked",    "\033[33m" },
	{ "paused",     "\033[33m" },
	{ "quiet",      "\033[33m" },
	{ "dead",       "\033[31m" },
	{ "half-open",  "\033[33m" },
	{ "half_open",  "\033[33m" },
	{ "open",       "\033[31m" },
	{ "terminate",  "\033[31m" },
	{ "RUNNING",    "\033[32m" },
	{ "BACKOFF",    "\033[33m" },
	{ "FATAL",      "\033[31m" },
};
/* clang-format on */

static int print_clipped(const char *text, int width, int most);
static const char *cell_text(
    const struct column *, const struct value *row, char *buf, size_t size);
static bool measure(struct pages *, const struct row *rows, size_t count);
static void print_headings(const struct pages *);
static void print_row(const struct pages *, const struct value *row);
static int print_cell(const struct column *, const char *text, int width, int left);
static int most_columns(const struct view *);

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
text_page(struct pages *pages, const struct row *rows, size_t count)
{
	const struct view *view = pages->view;

	if (count == 0 || view->line != NULL)
		return;
	if (measure(pages, rows, count) && view->headings)
		print_headings(pages);
	for (size_t i = 0; i < count; i++)
		print_row(pages, rows[i].value);
	pages->shown += count;
}

static void
text_end(struct pages *pages)
{
	if (pages->shown == 0 && pages->view->line == NULL && pages->view->empty != NULL)
		puts(pages->view->empty);
}

/* A column is as wide as its longest cell up to now; the last one is only padded in front of
 * numbers.  True if there are headings to print: on the first page. */
static bool
measure(struct pages *pages, const struct row *rows, size_t count)
{
	const struct view *view = pages->view;
	char buf[CELL_MAX];

	for (size_t i = 0; view->columns[i].title != NULL; i++) {
		const struct column *column = &view->columns[i];
		int widest = column->min_width;

		if (column[1].title == NULL && column->kind != CELL_NUMBER)
			break;
		if (view->headings && print_width(column->title) > widest)
			widest = print_width(column->title);
		for (size_t j = 0; j < count; j++) {
			int width = print_width(cell_text(column, rows[j].value, buf, sizeof(buf)));

			if (width > widest)
				widest = width;
		}
		if (widest + column->gap > pages->widths[i])
			pages->widths[i] = widest + column->gap;
	}
	return pages->shown == 0;
}

static int
most_columns(const struct view *view)
{
	int width = view->fits ? terminal_width() : 0;

	if (view->max_width > 0)
		width = view->max_width;
	return width > 0 ? width : INT_MAX;
}

static void
print_headings(const struct pages *pages)
{
	const struct column *columns = pages->view->columns;
	bool is_styled = terminal_is_coloured();
	int left = most_columns(pages->view);

	if (is_styled)
		fputs(STYLE_HEADING, stdout);
	for (size_t i = 0; columns[i].title != NULL; i++)
		left -= print_cell(&columns[i], columns[i].title, pages->widths[i], left);
	if (is_styled)
		fputs(STYLE_END, stdout);
	putchar('\n');
}

static void
print_row(const struct pages *pages, const struct value *row)
{
	const struct column *columns = pages->view->columns;
	int left = most_columns(pages->view);
	char buf[CELL_MAX];

	for (size_t i = 0; columns[i].title != NULL; i++)
		left -= print_cell(&columns[i], cell_text(&columns[i], row, buf, sizeof(buf)),
		    pages->widths[i], left);
	putchar('\n');
}

static const char *
state_style(const char *word)
{
	if (terminal_is_coloured())
		for (size_t i = 0; i < sizeof(state_styles) / sizeof(state_styles[0]); i++)
			if (strcmp(word, state_styles[i].word) == 0)
				return state_styles[i].style;
	return NULL;
}

/* Numbers stand to the right.  Returns the columns that it took. */
static int
print_cell(const struct column *column, const char *text, int width, int left)
{
	bool is_right = column->kind == CELL_NUMBER && width > 0;
	const char *style = column->kind == CELL_STATE ? state_style(text) : NULL;
	int printed = 0, pad = is_right ? width - column->gap - print_width(text) : 0;

	if (pad > 0)
		printed = print_clipped("", pad, left);
	if (style != NULL)
		fputs(style, stdout);
	printed += print_clipped(text, 0, left - printed);
	if (style != NULL)
		fputs(STYLE_END, stdout);
	return printed + print_clipped("", width - printed, left - printed);
}

static void
text_record(const struct view *view, const struct row *row)
{
	/* A value is no longer than the row. */
	size_t size = strlen(row->raw) + CELL_MAX;
	char *buf = malloc(size);
	int widest = 0;

	if (buf == NULL)
		return;
	for (const struct column *column = view->columns; column->title != NULL; column++)
		if (print_width(column->title) > widest)
			widest = print_width(column->title);
	for (const struct column *column = view->columns; column->title != NULL; column++) {
		const char *text = cell_text(column, row->value, buf, size);

		if (*text == '\0')
			continue;
		print_clean(column->title, widest + 2);
		print_cell(column, text, 0, INT_MAX);
		putchar('\n');
	}
	free(buf);
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
	.page = text_page,
	.end = text_end,
	.record = text_record,
	.fact = text_fact,
};
