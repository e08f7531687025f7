#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "conf/unknown.h"

#define WORDS_MAX 256
#define HINT_MAX  160

static size_t add_words(
    const struct conf_option *, bool builtin_only, const char **words, size_t count);
static size_t add_nested_words(const struct conf_nested *, const char **words, size_t count);
static bool section_hint(const char *word, char *hint);
static bool nested_hint(const struct conf_section *, const char *word, char *hint);
static void nearest_hint(const char *word, const char *const *words, char *hint);

/* Those of nested sections are not written so. */
static size_t
add_words(const struct conf_option *option, bool builtin_only, const char **words, size_t count)
{
	for (; option->name != NULL && count < WORDS_MAX - 1; option++)
		if ((option->builtin || !builtin_only) && strchr(option->name, '.') == NULL)
			words[count++] = option->name;
	words[count] = NULL;
	return count;
}

static size_t
add_nested_words(const struct conf_nested *nested, const char **words, size_t count)
{
	const struct conf_option *option = conf_section_find(nested->parent)->options;

	for (; option->name != NULL && count < WORDS_MAX - 1; option++)
		if (conf_nested_option_name(nested, option) != NULL)
			words[count++] = conf_nested_option_name(nested, option);
	words[count] = NULL;
	return count;
}

/* The word is an option of another section. */
static bool
section_hint(const char *word, char *hint)
{
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++) {
		if (strchr(word, '.') != NULL || conf_option_find(section, word) == NULL)
			continue;
		if (section->name[0] != '\0')
			snprintf(hint, HINT_MAX, ": it belongs in a section '%s'", section->name);
		else
			snprintf(hint, HINT_MAX, ": it belongs outside of sections");
		return true;
	}
	return false;
}

/* The word is an option of a nested section, or the name of one; those of this section come first.
 */
static bool
nested_hint(const struct conf_section *section, const char *word, char *hint)
{
	const struct conf_nested *found = NULL;

	for (const struct conf_nested *nested = conf_nested; nested->name != NULL; nested++) {
		bool is_here = strcmp(nested->parent, section->name) == 0;

		if (strcmp(nested->name, word) == 0) {
			snprintf(hint, HINT_MAX, ": it is a section: %s { ... }", word);
			return true;
		}
		if (conf_nested_option_find(nested, word) != NULL && (found == NULL || is_here))
			found = nested;
	}
	if (found != NULL)
		snprintf(hint, HINT_MAX, ": it belongs in a section '%s' of '%s'", found->name,
		    found->parent);
	return found != NULL;
}

static void
nearest_hint(const char *word, const char *const *words, char *hint)
{
	const char *nearest = words_nearest(word, words);

	if (nearest != NULL)
		snprintf(hint, HINT_MAX, ": did you mean '%s'?", nearest);
}

void
unknown_option(struct errors *errors, const char *file, int64_t line,
    const struct conf_section *section, const struct conf_nested *nested, const char *word)
{
	const char *place = nested != NULL ? nested->name : section->name;
	const char *words[WORDS_MAX];
	char hint[HINT_MAX] = "";
	size_t count;

	if (nested != NULL) {
		add_nested_words(nested, words, 0);
	} else {
		count = add_words(section->options, false, words, 0);
		if (section->builtin)
			add_words(conf_section_find("program")->options, true, words, count);
	}
	if (!section_hint(word, hint) && !nested_hint(section, word, hint))
		nearest_hint(word, words, hint);
	if (place[0] == '\0')
		errors_add(errors, file, line, "unknown option '%s'%s", word, hint);
	else
		errors_add(errors, file, line, "unknown option '%s' in '%s'%s", word, place, hint);
}

void
unknown_section(struct errors *errors, const char *file, int64_t line, const char *word)
{
	const char *words[WORDS_MAX];
	char hint[HINT_MAX] = "";
	size_t count = 0;

	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (section->name[0] != '\0')
			words[count++] = section->name;
	words[count] = NULL;
	for (const struct conf_nested *nested = conf_nested; nested->name != NULL; nested++)
		if (strcmp(nested->name, word) == 0 && hint[0] == '\0')
			snprintf(hint, HINT_MAX, ": it belongs in a section '%s'", nested->parent);
	if (hint[0] == '\0')
		nearest_hint(word, words, hint);
	errors_add(errors, file, line, "unknown section '%s'%s", word, hint);
}

void
unknown_nested(struct errors *errors, const char *file, int64_t line,
    const struct conf_section *section, const char *word)
{
	const char *words[WORDS_MAX];
	char hint[HINT_MAX] = "";
	size_t count = 0;

	for (const struct conf_nested *nested = conf_nested; nested->name != NULL; nested++) {
		if (strcmp(nested->parent, section->name) == 0)
			words[count++] = nested->name;
		else if (strcmp(nested->name, word) == 0 && hint[0] == '\0')
			snprintf(hint, HINT_MAX, ": it belongs in a section '%s'", nested->parent);
	}
	words[count] = NULL;
	if (hint[0] == '\0')
		nearest_hint(word, words, hint);
	errors_add(errors, file, line, "unknown section '%s' in '%s'%s", word, section->name, hint);
}
