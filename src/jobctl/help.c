#include <string.h>

#include "jobctl/command.h"
#include "jobctl/help.h"
#include "jobctl/output.h"

#define WRAP_COLUMN 78
#define NAME_WIDTH  20

static void print_wrapped(const char *text);
static void print_options(FILE *, uint64_t allowed);

int
help_all(FILE *file)
{
	fputs("usage: jobctl [-c FILE | -r RUN_DIR] [--json] COMMAND [ARGUMENT ...]\n\n", file);
	for (const struct command *command = commands; command->name != NULL; command++)
		fprintf(file, "  %-*s%s\n", NAME_WIDTH, command->name, command->summary);
	fputs("\nOptions, before or behind the command:\n", file);
	print_options(file, OPTION_GLOBAL);
	fputs("\n'jobctl help COMMAND' says more.\n", file);
	return EXIT_OK;
}

int
help_command(const struct command *command)
{
	printf("usage: jobctl %s%s%s\n\n", command->name, *command->usage == '\0' ? "" : " ",
	    command->usage);
	print_wrapped(command->summary);
	if (command->help != NULL)
		print_wrapped(command->help);
	if (command->options != 0) {
		puts("\nOptions:");
		print_options(stdout, command->options);
	}
	if (command_is_group(command->name)) {
		puts("\nMore:");
		help_group(command->name);
	}
	return EXIT_OK;
}

int
help_group(const char *word)
{
	size_t len = strlen(word);

	for (const struct command *command = commands; command->name != NULL; command++)
		if (strncmp(command->name, word, len) == 0 && command->name[len] == ' ')
			printf("  %-*s%s\n", NAME_WIDTH, command->name, command->summary);
	return EXIT_OK;
}

static void
print_options(FILE *file, uint64_t allowed)
{
	for (const struct option *option = options; option->name != NULL; option++)
		if ((option->id & allowed) != 0)
			fprintf(file, "  %-13s %-8s %s\n", option->name,
			    option->value == NULL ? "" : option->value, option->summary);
}

static void
print_wrapped(const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column > 0 && column + 1 + len > WRAP_COLUMN) {
			putchar('\n');
			column = 0;
		} else if (column > 0) {
			putchar(' ');
			column++;
		}
		fwrite(text, 1, len, stdout);
		column += len;
		text += len + strspn(text + len, " ");
	}
	putchar('\n');
}
