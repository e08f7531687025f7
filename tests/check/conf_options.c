/*
 * Prints the tables of options, one option a line, for the scripts that compare the documents with
 * them; with a file, loads that and says what is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/options.h"

static const char *const type_words[] = {
	[CONF_TYPE_STRING] = "text",
	[CONF_TYPE_BOOL] = "bool",
	[CONF_TYPE_INT] = "number",
	[CONF_TYPE_FLOAT] = "number",
	[CONF_TYPE_DURATION] = "duration",
	[CONF_TYPE_SIZE] = "size",
	[CONF_TYPE_MODE] = "mode",
	[CONF_TYPE_SIGNAL] = "signal",
	[CONF_TYPE_WORD] = "word",
	[CONF_TYPE_LIST] = "list",
	[CONF_TYPE_INT_LIST] = "numbers",
	[CONF_TYPE_READY] = "readiness",
	[CONF_TYPE_RATE] = "rate",
};

static const char *const effect_words[] = {
	[CONF_EFFECT_LIVE] = "live",
	[CONF_EFFECT_NEXT] = "next",
	[CONF_EFFECT_RESTART] = "restart",
	[CONF_EFFECT_REPLACE] = "restart",
	[CONF_EFFECT_REFUSE] = "refuse",
};

static void print_option(const struct conf_section *, const struct conf_option *);
static int load(const char *path);

/* Nine columns; an empty one is "-".  Sections inside others are written "job.mail". */
static void
print_option(const struct conf_section *section, const struct conf_option *option)
{
	const char *initial = option->initial != NULL ? option->initial : "";
	const char *example = option->example != NULL ? option->example : "";
	const char *dot = strrchr(option->name, '.');

	printf("%s%s%.*s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t",
	    section->name[0] != '\0' ? section->name : "-", dot != NULL ? "." : "",
	    dot != NULL ? (int)(dot - option->name) : 0, option->name,
	    dot != NULL ? dot + 1 : option->name, type_words[option->type],
	    initial[0] != '\0' ? initial : "-", example[0] != '\0' ? example : "-",
	    effect_words[option->effect], option->builtin ? "builtin" : "-", option->summary);
	for (size_t i = 0; option->words != NULL && option->words[i] != NULL; i++)
		printf("%s%s", i > 0 ? " " : "", option->words[i]);
	printf("%s\n", option->words == NULL ? "-" : "");
}

static int
load(const char *path)
{
	char error[CONF_ERROR_MAX];
	struct conf *conf = conf_load(path, error, sizeof(error));

	if (conf == NULL)
		fprintf(stderr, "%s\n", error);
	conf_free(conf);
	return conf == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	if (argc == 2)
		return load(argv[1]);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		for (const struct conf_option *option = section->options; option->name != NULL;
		     option++)
			print_option(section, option);
	return EXIT_SUCCESS;
}
