#include <stdarg.h>
#include <stdio.h>

#include "cron/describe.h"

void
text_add(struct text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text->buf + text->len, text->size - text->len, fmt, args);
	va_end(args);
	if (len > 0)
		text->len +=
		    (size_t)len < text->size - text->len ? (size_t)len : text->size - text->len - 1;
}

void
text_add_joint(struct text *text, size_t index, size_t count)
{
	if (index > 0)
		text_add(text, index + 1 < count ? ", " : " and ");
}

static void
add_item(struct text *text, const struct text_list *list, int value)
{
	if (list->names != NULL)
		text_add(text, "%s", list->names[value]);
	else
		text_add(text, "%d", value);
}

static int
run_end(uint64_t bits, int from, int last)
{
	while (from < last && bits >> (from + 1) & 1)
		from++;
	return from;
}

void
text_add_list(struct text *text, const struct text_list *list, uint64_t bits)
{
	size_t count = 0, index = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (int value = list->first; value <= list->last; value++) {
			int end;

			if (!(bits >> value & 1))
				continue;
			end = run_end(bits, value, list->last);
			if (end - value < 2)
				end = value;
			if (pass == 0) {
				count++;
			} else {
				text_add_joint(text, index++, count);
				add_item(text, list, value);
				if (end > value)
					text_add(text, " to ");
				if (end > value)
					add_item(text, list, end);
			}
			value = end;
		}
	}
}
