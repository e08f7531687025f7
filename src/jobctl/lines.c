#include <string.h>

#include "jobctl/lines.h"
#include "jobctl/output.h"

/* Colours that can be read on black and on white. */
static const char *const colours[] = { "36", "33", "32", "35", "34", "31" };
#define COLOUR_COUNT (sizeof(colours) / sizeof(colours[0]))

static const char *
colour_of(struct lines *lines, const char *name)
{
	size_t i = 0;

	while (i < lines->name_count && strcmp(lines->names[i], name) != 0)
		i++;
	if (i == lines->name_count && i < LINES_NAMES_MAX) {
		snprintf(lines->names[i], sizeof(lines->names[i]), "%s", name);
		lines->name_count++;
	}
	return colours[i % COLOUR_COUNT];
}

void
lines_init(struct lines *lines, FILE *file, bool colour)
{
	*lines = (struct lines){ .file = file, .colour = colour };
}

void
lines_print(struct lines *lines, const char *name, bool is_error, const char *bytes, size_t len)
{
	const char *colour = colour_of(lines, name);
	const char *mark = is_error ? "!" : "|";

	if (print_width(name) > lines->width)
		lines->width = print_width(name);
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t line_len = end == NULL ? len : (size_t)(end - bytes);

		if (lines->colour)
			fprintf(lines->file, "\033[%sm%-*s %s\033[0m ", colour, lines->width, name,
			    mark);
		else
			fprintf(lines->file, "%-*s %s ", lines->width, name, mark);
		fwrite(bytes, 1, line_len, lines->file);
		fputc('\n', lines->file);
		line_len += end != NULL;
		bytes += line_len;
		len -= line_len;
	}
}
