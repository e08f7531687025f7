#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "conf/unknown.h"

#define WORDS_MAX 256

static size_t add_words(
    const struct conf_option *, bool builtin_only, const char **words, size_t count);

static size_t
add_words(const struct conf_option *option, bool builtin_only, const char **words, size_t count)
{
	for (; option->name != NULL && count < WORDS_MAX - 1; option++)
		if (option->builtin || !builtin_only)
			words[count++] = option->name;
	words[count] = NULL;
	return count;
}

void
unknown_option(struct errors *errors, const char *file, int64_t line,
    const struct conf_section *section, const char *word)
{
	const char *words[WORDS_MAX], *nearest;
	const struct conf_section *other;
	char hint[128] = "";
	size_t count;

	count = add_words(section->options, false, words, 0);
	if (section->builtin)
		add_words(conf_section_find("program")->options, true, words, count);
	nearest = words_nearest(word, words);
	for (other = conf_sections; other->name != NULL; other++)
		if (conf_option_find(other, word) != NULL)
			break;
	if (other->name != NULL && other->name[0] != '\0')
		snprintf(hint, sizeof(hint), ": it belongs in a section '%s'", other->name);
	else if (other->name != NULL)
		snprintf(hint, sizeof(hint), ": it belongs outside of sections");
	else if (nearest != NULL)
		snprintf(hint, sizeof(hint), ": did you mean '%s'?", nearest);
	if (section->name[0] == '\0')
		errors_add(errors, file, line, "unknown option '%s'%s", word, hint);
	else
		errors_add(
		    errors, file, line, "unknown option '%s' in '%s'%s", word, section->name, hint);
}

void
unknown_section(struct errors *errors, const char *file, int64_t line, const char *word)
{
	const char *words[WORDS_MAX], *nearest;
	size_t count = 0;

	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (section->name[0] != '\0')
			words[count++] = section->name;
	words[count] = NULL;
	if ((nearest = words_nearest(word, words)) != NULL)
		errors_add(
		    errors, file, line, "unknown section '%s': did you mean '%s'?", word, nearest);
	else
		errors_add(errors, file, line, "unknown section '%s'", word);
}
