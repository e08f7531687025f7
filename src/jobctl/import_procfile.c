#include <ctype.h>
#include <string.h>

#include "jobctl/import_words.h"
#include "jobctl/import_write.h"

/* foreman gives PORT to each type of process: the first has this one, each other so many more. */
#define PORT_FIRST 5000
#define PORT_STEP  100

static bool has_release(const char *text);
static char *cut_name(char *line);
static void section(struct import *, int number, const char *name, const char *command, bool waits);

void
import_procfile(struct import *import, char *text)
{
	bool waits = has_release(text);
	int number = 0;
	char *line, *command;

	while ((line = import_line(&text)) != NULL) {
		line = import_trim(line);
		if (line[0] == '\0' || line[0] == '#') {
			if (line[0] == '#')
				import_comment(import, line);
			continue;
		}
		command = cut_name(line);
		if (command == NULL || command[0] == '\0')
			import_look(import, "no line of NAME: COMMAND: %s", line);
		else
			section(import, number++, line, command, waits);
	}
}

/* Heroku runs this one to its end before the others are started. */
static bool
has_release(const char *text)
{
	return strncmp(text, "release:", 8) == 0 || strstr(text, "\nrelease:") != NULL;
}

/* Ends the name; what stands behind the colon, or NULL. */
static char *
cut_name(char *line)
{
	size_t len = 0;

	while (isalnum((unsigned char)line[len]) || line[len] == '_' || line[len] == '-')
		len++;
	if (len == 0 || line[len] != ':')
		return NULL;
	line[len] = '\0';
	return import_trim(line + len + 1);
}

static void
section(struct import *import, int number, const char *name, const char *command, bool waits)
{
	bool is_release = strcmp(name, "release") == 0;

	import_open(import, "program", name);
	import_command(import, command);
	if (strstr(command, "PORT") != NULL) {
		char port[16];
		struct import_variable variables[] = {
			{(char[]){ "PORT" }, port},
                        { NULL,              NULL}
		};

		snprintf(port, sizeof(port), "%d", PORT_FIRST + number * PORT_STEP);
		import_variables(import, variables);
	}
	import_text(import, "environment_file", "-.env");
	if (is_release)
		import_word(import, "oneshot", "true");
	else if (waits)
		import_word(import, "requires", "release");
	if (strcmp(name, "web") == 0)
		import_word(import, "essential", "true");
	import_close(import);
}
