#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/errors.h"

/* More than anybody reads at once, and a bound for hostile files. */
#define ERRORS_MAX 100
#define TEXT_MAX   700

struct error {
	size_t file_order; /* files in the order in which they had their first error */
	int64_t line;
	size_t order;
	char *text;
};

struct errors {
	struct error list[ERRORS_MAX];
	size_t count;
	size_t dropped;
	char *files[ERRORS_MAX];
	size_t file_count;
};

static size_t file_order(struct errors *, const char *file);
static bool is_known(const struct errors *, const char *text);
static int by_place(const void *, const void *);

struct errors *
errors_new(void)
{
	return calloc(1, sizeof(struct errors));
}

void
errors_free(struct errors *errors)
{
	if (errors == NULL)
		return;
	for (size_t i = 0; i < errors->count; i++)
		free(errors->list[i].text);
	for (size_t i = 0; i < errors->file_count; i++)
		free(errors->files[i]);
	free(errors);
}

static size_t
file_order(struct errors *errors, const char *file)
{
	size_t i;

	for (i = 0; i < errors->file_count; i++)
		if (strcmp(errors->files[i], file) == 0)
			return i;
	if ((errors->files[i] = strdup(file)) != NULL)
		errors->file_count++;
	return i;
}

static bool
is_known(const struct errors *errors, const char *text)
{
	for (size_t i = 0; i < errors->count; i++)
		if (strcmp(errors->list[i].text, text) == 0)
			return true;
	return false;
}

void
errors_add(struct errors *errors, const char *file, int64_t line, const char *fmt, ...)
{
	struct error *error = &errors->list[errors->count];
	char text[TEXT_MAX], place[TEXT_MAX / 2] = "";
	va_list ap;
	int len;

	if (errors->count == ERRORS_MAX) {
		errors->dropped++;
		return;
	}
	if (file != NULL && line > 0)
		snprintf(place, sizeof(place), "%s:%" PRId64 ": ", file, line);
	else if (file != NULL)
		snprintf(place, sizeof(place), "%s: ", file);
	len = snprintf(text, sizeof(text), "%s", place);
	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	va_end(ap);
	/* One error is one line, whatever the value was. */
	for (char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	if (is_known(errors, text))
		return;
	if ((error->text = strdup(text)) == NULL) {
		errors->dropped++;
		return;
	}
	error->file_order = file_order(errors, file != NULL ? file : "");
	error->line = line;
	error->order = errors->count++;
}

bool
errors_any(const struct errors *errors)
{
	return errors->count + errors->dropped > 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct error *one = a, *other = b;

	if (one->file_order != other->file_order)
		return one->file_order < other->file_order ? -1 : 1;
	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

void
errors_print(struct errors *errors, char *text, size_t size)
{
	const size_t rest = sizeof("\nand 4294967295 more");
	size_t len = 0, i;

	if (size == 0)
		return;
	text[0] = '\0';
	qsort(errors->list, errors->count, sizeof(errors->list[0]), by_place);
	for (i = 0; i < errors->count; i++) {
		size_t more = strlen(errors->list[i].text) + (i > 0);

		if (i > 0 && len + more + rest > size)
			break;
		len += (size_t)snprintf(
		    text + len, size - len, "%s%s", i > 0 ? "\n" : "", errors->list[i].text);
		if (len >= size)
			return;
	}
	if (errors->count - i + errors->dropped > 0)
		snprintf(text + len, size - len, "%sand %zu more", i > 0 ? "\n" : "",
		    errors->count - i + errors->dropped);
}
