#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/import_words.h"
#include "jobctl/import_write.h"

#define FIELDS        5
#define VARIABLES_MAX 64

/* What the lines so far say about those to come. */
struct crontab {
	struct import *import;
	bool has_user;
	bool has_jobs; /* settings above the first one are written once, outside of sections */
	const char *shell, *timezone;
	struct import_variable variables[VARIABLES_MAX + 1]; /* below the first job; NULL-ended */
	size_t variable_count;
};

static void read_lines(struct import *, char *text, bool has_user);
static void read_line(struct crontab *, char *line);
static bool read_setting(struct crontab *, char *line);
static void setting(struct crontab *, char *name, char *value);
static void add_variable(struct crontab *, char *name, char *value);
static char *without_quotes(char *text);
static char *cut_word(char **at);
static char *cut_schedule(char **at);
static void section(struct crontab *, const char *schedule, const char *user, char *command);
static void write_settings(struct crontab *);
static bool cut_input(char *command);
static char *cut_directory(char **command);
static void cut_discard(char *command);
static void command_by(struct crontab *, const char *command);

void
import_crontab(struct import *import, char *text)
{
	read_lines(import, text, false);
}

void
import_system_crontab(struct import *import, char *text)
{
	read_lines(import, text, true);
}

static void
read_lines(struct import *import, char *text, bool has_user)
{
	struct crontab crontab = { .import = import, .has_user = has_user };
	char *line;

	while ((line = import_line(&text)) != NULL)
		read_line(&crontab, import_trim(line));
}

static void
read_line(struct crontab *crontab, char *line)
{
	char *at = line, *schedule, *user = NULL;

	if (line[0] == '#' || line[0] == '\0') {
		if (line[0] == '#')
			import_comment(crontab->import, line);
		return;
	}
	if (read_setting(crontab, line))
		return;
	schedule = cut_schedule(&at);
	if (schedule != NULL && crontab->has_user)
		user = cut_word(&at);
	if (schedule == NULL || at[0] == '\0')
		import_look(
		    crontab->import, "neither a setting nor a line with a command: %s", line);
	else
		section(crontab, schedule, user, at);
}

/* NAME=value, with blanks around the '=' and quotes around either side if one likes. */
static bool
read_setting(struct crontab *crontab, char *line)
{
	char *equals = strchr(line, '='), *name;

	if (equals == NULL)
		return false;
	*equals = '\0';
	name = without_quotes(import_trim(line));
	if (!import_is_variable(name, strlen(name))) {
		*equals = '=';
		return false;
	}
	setting(crontab, name, without_quotes(import_trim(equals + 1)));
	return true;
}

static void
setting(struct crontab *crontab, char *name, char *value)
{
	if (strcmp(name, "SHELL") == 0) {
		crontab->shell = strcmp(value, "/bin/sh") == 0 ? NULL : value;
	} else if (strcmp(name, "CRON_TZ") == 0 || strcmp(name, "TZ") == 0) {
		crontab->timezone = value;
	} else if (strcmp(name, "MAILTO") == 0) {
		import_look(crontab->import,
		    "MAILTO=%s: output is kept with each run, 'jobctl jobs --state dead' lists "
		    "what "
		    "failed, and 'alerts' tells it",
		    value);
	} else {
		add_variable(crontab, name, value);
	}
}

static void
add_variable(struct crontab *crontab, char *name, char *value)
{
	if (crontab->variable_count == VARIABLES_MAX) {
		import_look(
		    crontab->import, "more than %d settings: %s=%s", VARIABLES_MAX, name, value);
		return;
	}
	crontab->variables[crontab->variable_count++] = (struct import_variable){ name, value };
	crontab->variables[crontab->variable_count] = (struct import_variable){ NULL, NULL };
}

static char *
without_quotes(char *text)
{
	size_t len = strlen(text);

	if (len < 2 || (text[0] != '"' && text[0] != '\'') || text[len - 1] != text[0])
		return text;
	text[len - 1] = '\0';
	return text + 1;
}

/* The next word, ended; *at is what follows it. */
static char *
cut_word(char **at)
{
	char *word = *at + strspn(*at, " \t"), *end = word + strcspn(word, " \t");

	*at = end + strspn(end, " \t");
	*end = '\0';
	return word;
}

/* "@daily", or five fields, which stay one text; NULL if they are not there. */
static char *
cut_schedule(char **at)
{
	char *begin = *at, *end = begin;

	if (*begin == '@')
		return cut_word(at);
	for (int i = 0; i < FIELDS; i++) {
		end += strspn(end, " \t");
		if (!isalnum((unsigned char)*end) && *end != '*')
			return NULL;
		end += strcspn(end, " \t");
	}
	if (*end == '\0')
		return NULL;
	*end = '\0';
	*at = end + 1 + strspn(end + 1, " \t");
	return begin;
}

static void
section(struct crontab *crontab, const char *schedule, const char *user, char *command)
{
	struct import *import = crontab->import;
	bool is_reboot = strcmp(schedule, "@reboot") == 0, has_input = cut_input(command);
	char name[64], *directory;

	if (!crontab->has_jobs)
		write_settings(crontab);
	directory = cut_directory(&command);
	cut_discard(command);
	import_name_of(command, name, sizeof(name));
	import_open(import, is_reboot ? "program" : "job", name);
	if (has_input)
		import_look(import, "cron gave it what stands behind '%%' as standard input");
	if (is_reboot)
		import_word(import, "oneshot", "true");
	else
		import_text(import, "schedule", schedule);
	command_by(crontab, command);
	if (directory != NULL)
		import_text(import, "directory", directory);
	if (user != NULL)
		import_text(import, "user", user);
	if (crontab->timezone != NULL && !is_reboot)
		import_text(import, "timezone", crontab->timezone);
	import_variables(import, crontab->variables);
	import_close(import);
}

/* For all jobs, outside of their sections. */
static void
write_settings(struct crontab *crontab)
{
	import_variables(crontab->import, crontab->variables);
	crontab->variables[0] = (struct import_variable){ NULL, NULL };
	crontab->variable_count = 0;
	if (crontab->timezone != NULL)
		fprintf(
		    crontab->import->out, "scheduler { timezone = \"%s\" }\n", crontab->timezone);
	crontab->timezone = NULL;
	crontab->has_jobs = true;
}

/* Cuts the command at the first bare '%'; "\%" is one that is meant. */
static bool
cut_input(char *command)
{
	char *to = command;

	for (const char *at = command; *at != '\0'; at++) {
		if (*at == '%') {
			*to = '\0';
			return true;
		}
		if (at[0] == '\\' && at[1] == '%')
			at++;
		*to++ = *at;
	}
	*to = '\0';
	return false;
}

/* "cd DIRECTORY && rest": the option says it better. */
static char *
cut_directory(char **command)
{
	char *directory = *command + 3, *end;

	if (strncmp(*command, "cd ", 3) != 0)
		return NULL;
	directory += strspn(directory, " ");
	end = directory + strcspn(directory, " \t;&|$`'\"*?~\\");
	if (end == directory || strncmp(end + strspn(end, " \t"), "&& ", 3) != 0)
		return NULL;
	*command = end + strspn(end, " \t") + 3;
	*command += strspn(*command, " \t");
	*end = '\0';
	return directory;
}

/* Output that was thrown away is kept with the run now, bounded. */
static void
cut_discard(char *command)
{
	static const char *const ends[] = { ">/dev/null 2>&1", "> /dev/null 2>&1", "&>/dev/null",
		"&> /dev/null" };
	size_t len = strlen(command);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end_len = strlen(ends[i]);

		if (len > end_len && strcmp(command + len - end_len, ends[i]) == 0) {
			command[len - end_len] = '\0';
			import_trim(command);
			return;
		}
	}
}

/* By /bin/sh where a shell is needed at all, or by the one that SHELL names. */
static void
command_by(struct crontab *crontab, const char *command)
{
	struct import *import = crontab->import;
	char *text = NULL;
	size_t size;
	FILE *file;

	if (crontab->shell == NULL || !import_needs_shell(command)) {
		import_command(import, command);
		return;
	}
	file = open_memstream(&text, &size);
	if (file == NULL) {
		import->failed = true;
		return;
	}
	fprintf(file, "%s -c '", crontab->shell);
	for (; *command != '\0'; command++)
		fputs(*command == '\'' ? "'\\''" : (char[]){ *command, '\0' }, file);
	fputc('\'', file);
	if (fclose(file) == EOF)
		import->failed = true;
	else
		import_text(import, "command", text);
	free(text);
}
