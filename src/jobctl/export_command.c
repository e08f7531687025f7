#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobctl/export_crontab.h"
#include "jobctl/import_words.h"
#include "jobctl/value.h"

static int write_command(FILE *, const struct conf_job *);
static void write_directory(FILE *, const struct conf_job *);
static void write_word(FILE *, const char *word, size_t len);
static void write_variables(FILE *, const struct conf_job *);
static int write_split(FILE *, const char *command);
static int write_arguments(FILE *, const char *args);
static const char *find_fault(const char *command);
static char *escape(char *command);

char *
export_command(const struct conf_job *job, const char **why)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int result;

	*why = "there is not enough memory";
	if (out == NULL)
		return NULL;
	result = write_command(out, job);
	if (fclose(out) == EOF || result == -1) {
		free(text);
		return NULL;
	}
	if ((*why = find_fault(text)) == NULL)
		return escape(text);
	free(text);
	return NULL;
}

/* The arguments of a shell's command are its "$1" and on. */
static int
write_command(FILE *out, const struct conf_job *job)
{
	bool has_args = strcmp(job->args, "[]") != 0;
	int result = 0;

	write_directory(out, job);
	if (!job->shell) {
		write_variables(out, job);
		if (write_split(out, job->command) == -1)
			return -1;
		return has_args ? write_arguments(out, job->args) : 0;
	}
	if (job->identity.environment[0] != NULL) {
		fputs("export ", out);
		write_variables(out, job);
		fputs("; ", out);
	}
	if (has_args) {
		fputs("set --", out);
		result = write_arguments(out, job->args);
		fputs("; ", out);
	}
	fputs(job->command, out);
	return result;
}

/* As people write it; but where more than one command follows, none of them runs elsewhere. */
static void
write_directory(FILE *out, const struct conf_job *job)
{
	const char *directory = job->identity.directory;
	bool has_more =
	    job->shell && (strpbrk(job->command, ";&|") != NULL ||
			      job->identity.environment[0] != NULL || strcmp(job->args, "[]") != 0);

	if (*directory == '\0')
		return;
	fputs("cd ", out);
	write_word(out, directory, strlen(directory));
	fputs(has_more ? " || exit; " : " && ", out);
}

static void
write_word(FILE *out, const char *word, size_t len)
{
	bool is_plain = len > 0;

	for (size_t i = 0; i < len; i++)
		is_plain &=
		    isalnum((unsigned char)word[i]) || strchr("_-./:@=,+%", word[i]) != NULL;
	if (is_plain) {
		fwrite(word, 1, len, out);
		return;
	}
	fputc('\'', out);
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\'')
			fputs("'\\''", out);
		else
			fputc(word[i], out);
	}
	fputc('\'', out);
}

/* NAME=value before the command; each with a blank behind it. */
static void
write_variables(FILE *out, const struct conf_job *job)
{
	for (char **variable = job->identity.environment; *variable != NULL; variable++) {
		size_t name = strcspn(*variable, "=") + 1;

		fprintf(out, "%.*s", (int)name, *variable);
		if ((*variable)[name] != '\0')
			write_word(out, *variable + name, strlen(*variable + name));
		if (!job->shell || variable[1] != NULL)
			fputc(' ', out);
	}
}

/* As it is where a shell splits it into the same words. */
static int
write_split(FILE *out, const char *command)
{
	const char *errstr;
	char **words;

	if (!import_needs_shell(command)) {
		fputs(command, out);
		return 0;
	}
	words = text_split_command(command, &errstr);
	if (words == NULL)
		return -1;
	for (size_t i = 0; words[i] != NULL; i++) {
		if (i > 0)
			fputc(' ', out);
		write_word(out, words[i], strlen(words[i]));
	}
	free(words);
	return 0;
}

/* Strings as they are, all else as JSON: the words that jobd makes of them. */
static int
write_arguments(FILE *out, const char *args)
{
	size_t len = strlen(args), room = value_room(args, len);
	struct value *values = calloc(room, sizeof(*values));
	char *copy = strdup(args);
	int result = -1;

	if (values != NULL && copy != NULL && value_read(args, len, copy, values, room) == 0) {
		const struct value *value = value_first(values);

		for (; value != NULL; value = value_next(values, value)) {
			fputc(' ', out);
			write_word(out, value->text, value->len);
		}
		result = 0;
	}
	free(values);
	free(copy);
	return result;
}

static const char *
find_fault(const char *command)
{
	if (strpbrk(command, "\n\r") != NULL)
		return "its command has several lines, and cron takes one";
	if (strstr(command, "\\%") != NULL)
		return "cron can't be told of a backslash before a %";
	return NULL;
}

/* Every '%' as "\%"; takes the text over. */
static char *
escape(char *command)
{
	char *escaped = malloc(strlen(command) * 2 + 1), *to = escaped;

	for (const char *at = command; escaped != NULL && *at != '\0'; at++) {
		if (*at == '%')
			*to++ = '\\';
		*to++ = *at;
	}
	if (escaped != NULL)
		*to = '\0';
	free(command);
	return escaped;
}
