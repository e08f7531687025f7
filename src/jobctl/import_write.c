#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobctl/import_words.h"
#include "jobctl/import_write.h"

#define NAME_SIZE 48

static bool is_taken(const struct import *, const char *name);
static void remember(struct import *, const char *name);
static void valid_name(const char *wanted, char *name, size_t size);
static void write_gap(struct import *);
static void begin_line(struct import *);
static void quote(struct import *, const char *value);

void
import_begin(struct import *import, FILE *out, const char *here)
{
	*import = (struct import){ .out = out, .here = here };
}

int
import_end(struct import *import)
{
	for (size_t i = 0; i < import->sections; i++)
		free(import->names[i]);
	free(import->names);
	return import->failed || ferror(import->out) ? -1 : 0;
}

void
import_open(struct import *import, const char *kind, const char *wanted)
{
	char base[NAME_SIZE], name[NAME_SIZE + 16];
	bool is_renamed = false;

	valid_name(wanted, base, sizeof(base));
	snprintf(name, sizeof(name), "%s", base);
	for (int i = 2; is_taken(import, name); i++) {
		is_renamed = strcmp(kind, "program") == 0;
		snprintf(name, sizeof(name), "%s_%d", base, i);
	}
	remember(import, name);
	write_gap(import);
	fprintf(import->out, "%s %s {\n", kind, name);
	import->is_inside = true;
	if (is_renamed)
		import_look(import, "it was called '%s', which is another's name here", base);
}

void
import_close(struct import *import)
{
	fputs("}\n", import->out);
	import->is_inside = false;
	import->wants_blank = true;
}

static void
write_gap(struct import *import)
{
	if (import->wants_blank)
		fputc('\n', import->out);
	import->wants_blank = false;
}

void
import_comment(struct import *import, const char *comment)
{
	write_gap(import);
	fprintf(import->out, "%s\n", comment);
}

static void
begin_line(struct import *import)
{
	if (import->is_inside)
		fputs("    ", import->out);
	else
		import->wants_blank = true;
}

static bool
is_taken(const struct import *import, const char *name)
{
	static const char *const builtin[] = { "logger", "scheduler", "runner", "http", "all" };

	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
		if (strcmp(builtin[i], name) == 0)
			return true;
	for (size_t i = 0; i < import->sections; i++)
		if (strcmp(import->names[i], name) == 0)
			return true;
	return false;
}

static void
remember(struct import *import, const char *name)
{
	char **names = realloc(import->names, (import->sections + 1) * sizeof(names[0]));
	char *copy = strdup(name);

	if (names != NULL)
		import->names = names;
	if (names == NULL || copy == NULL) {
		import->failed = true;
		free(copy);
		return;
	}
	names[import->sections++] = copy;
}

static void
valid_name(const char *wanted, char *name, size_t size)
{
	size_t len = 0;

	for (; *wanted != '\0' && len + 1 < size; wanted++) {
		bool is_good = isalnum((unsigned char)*wanted) || *wanted == '_' ||
			       (len > 0 && (*wanted == '-' || *wanted == '.'));

		name[len++] = is_good ? *wanted : '_';
	}
	name[len] = '\0';
	if (!text_is_name(name))
		snprintf(name, size, "job");
}

void
import_text(struct import *import, const char *option, const char *value)
{
	begin_line(import);
	fprintf(import->out, "%s = ", option);
	quote(import, value);
	fputc('\n', import->out);
}

void
import_word(struct import *import, const char *option, const char *value)
{
	begin_line(import);
	fprintf(import->out, "%s = %s\n", option, value);
}

void
import_variables(struct import *import, const struct import_variable *variables)
{
	const char *between = "{ ";

	if (variables[0].name == NULL)
		return;
	begin_line(import);
	fputs("environment = ", import->out);
	for (; variables->name != NULL; variables++) {
		char *both = NULL;

		if (asprintf(&both, "%s=%s", variables->name, variables->value) == -1) {
			import->failed = true;
			return;
		}
		fputs(between, import->out);
		quote(import, both);
		free(both);
		between = ", ";
	}
	fputs(" }\n", import->out);
}

/* Single quotes where a value has double ones or backslashes, and nothing that they can't hold. */
static void
quote(struct import *import, const char *value)
{
	static const char variable[] = { IMPORT_VARIABLE_BEGIN, '\0' };
	bool is_single = strpbrk(value, "\"$") != NULL && strpbrk(value, "'\\") == NULL &&
			 strpbrk(value, variable) == NULL;

	if (is_single) {
		fprintf(import->out, "'%s'", value);
		return;
	}
	fputc('"', import->out);
	for (; *value != '\0'; value++) {
		if (*value == IMPORT_VARIABLE_BEGIN)
			fputs("${", import->out);
		else if (*value == IMPORT_VARIABLE_END)
			fputc('}', import->out);
		else if (strchr("\"\\", *value) != NULL || (value[0] == '$' && value[1] == '{'))
			fprintf(import->out, "\\%c", *value);
		else
			fputc(*value, import->out);
	}
	fputc('"', import->out);
}

void
import_command(struct import *import, const char *command)
{
	import_text(import, "command", command);
	if (import_needs_shell(command))
		import_word(import, "shell", "true");
}

void
import_look(struct import *import, const char *fmt, ...)
{
	va_list args;

	import->looks++;
	begin_line(import);
	fputs(IMPORT_LOOK, import->out);
	va_start(args, fmt);
	vfprintf(import->out, fmt, args);
	va_end(args);
	fputc('\n', import->out);
}
