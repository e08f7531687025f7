#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "conf/parse.h"
#include "conf/value.h"

#define SECTION_COUNT 16
#define OPTION_COUNT  160
#define NESTED_COUNT  16

/* libconfuse's own tables, made from ours. */
struct tables {
	cfg_opt_t sections[SECTION_COUNT][OPTION_COUNT];
	cfg_opt_t nested[CONF_NESTED_COUNT][NESTED_COUNT];
	cfg_opt_t top[OPTION_COUNT];
};

/* libconfuse hands its callbacks no context of ours. */
static struct {
	const char *file;
	struct errors *errors;
	parse_include *include;
	void *include_context;
} current;

static bool is_used(const struct blocks *, size_t first, const struct conf_option *);
static bool is_there(const struct blocks *, size_t first, size_t nested);
static cfg_opt_t cfg_option(const struct conf_option *, const char *name);
static void add_options(cfg_opt_t *, size_t *count, const struct conf_section *,
    const struct conf_option *, const struct blocks *, size_t first);
static void add_nested(struct tables *, cfg_opt_t *, size_t *count, const struct conf_section *,
    const struct blocks *, size_t first);
static int tables_fill(struct tables *, const struct blocks *, size_t first);
static void on_error(cfg_t *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
static int on_include(cfg_t *, cfg_opt_t *, int argc, const char **argv);
static cfg_t *find_section(cfg_t *, const struct block *);
static cfg_opt_t *find_option(cfg_t *section, const char *name);
static int take_texts(cfg_t *, struct block_setting *);
static int take_all(cfg_t *, struct blocks *, size_t first);
static int parse_stream(cfg_t *, char *text);

/* libconfuse copies its whole table for each section, so it gets to know only what the file sets.
 */
static bool
is_used(const struct blocks *blocks, size_t first, const struct conf_option *option)
{
	for (size_t i = first; i < blocks->count; i++)
		if (block_find_setting(&blocks->list[i], option) != NULL)
			return true;
	return false;
}

static bool
is_there(const struct blocks *blocks, size_t first, size_t nested)
{
	for (size_t i = first; i < blocks->count; i++)
		if (blocks->list[i].nested_lines[nested] != 0)
			return true;
	return false;
}

static cfg_opt_t
cfg_option(const struct conf_option *option, const char *name)
{
	const cfg_opt_t one = CFG_STR(name, NULL, CFGF_NODEFAULT);
	const cfg_opt_t list = CFG_STR_LIST(name, NULL, CFGF_NODEFAULT);

	return value_is_list(option) ? list : one;
}

/* Every value is a string for libconfuse; what it means is said by value.c. */
static void
add_options(cfg_opt_t *table, size_t *count, const struct conf_section *section,
    const struct conf_option *option, const struct blocks *blocks, size_t first)
{
	for (; option->name != NULL && *count < OPTION_COUNT - 1; option++)
		if (strchr(option->name, '.') == NULL &&
		    conf_option_find(section, option->name) == option &&
		    is_used(blocks, first, option))
			table[(*count)++] = cfg_option(option, option->name);
}

/* Sections inside the section; one that sets nothing must be known to libconfuse too. */
static void
add_nested(struct tables *tables, cfg_opt_t *table, size_t *count,
    const struct conf_section *section, const struct blocks *blocks, size_t first)
{
	const cfg_opt_t end = CFG_END();

	for (size_t i = 0; conf_nested[i].name != NULL; i++) {
		cfg_opt_t *inner = tables->nested[i];
		size_t inner_count = 0;

		if (strcmp(conf_nested[i].parent, section->name) != 0 ||
		    !is_there(blocks, first, i) || *count >= OPTION_COUNT - 1)
			continue;
		for (const struct conf_option *option = section->options; option->name != NULL;
		     option++) {
			const char *name = conf_nested_option_name(&conf_nested[i], option);

			if (name != NULL && inner_count < NESTED_COUNT - 1 &&
			    is_used(blocks, first, option))
				inner[inner_count++] = cfg_option(option, name);
		}
		inner[inner_count] = end;
		table[(*count)++] = (cfg_opt_t)CFG_SEC(conf_nested[i].name, inner, CFGF_NONE);
	}
}

static int
tables_fill(struct tables *tables, const struct blocks *blocks, size_t first)
{
	const struct conf_option *shared = conf_section_find("program")->options;
	const cfg_opt_t include = CFG_FUNC("include", on_include);
	const cfg_opt_t end = CFG_END();
	size_t top_count = 0, section_count = 0;

	for (const struct conf_section *section = conf_sections; section->name != NULL; section++) {
		int flags = section->titled ? CFGF_MULTI | CFGF_TITLE : CFGF_NONE;
		size_t count = 0;

		if (section->name[0] == '\0') {
			add_options(
			    tables->top, &top_count, section, section->options, blocks, first);
			continue;
		}
		if (section_count == SECTION_COUNT)
			return -1;
		add_options(tables->sections[section_count], &count, section, section->options,
		    blocks, first);
		if (section->builtin)
			add_options(tables->sections[section_count], &count, section, shared,
			    blocks, first);
		add_nested(tables, tables->sections[section_count], &count, section, blocks, first);
		tables->sections[section_count][count] = end;
		tables->top[top_count++] =
		    (cfg_opt_t)CFG_SEC(section->name, tables->sections[section_count], flags);
		section_count++;
	}
	tables->top[top_count++] = include;
	tables->top[top_count] = end;
	return 0;
}

static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	errors_add(current.errors, current.file, cfg != NULL ? cfg->line : 0, "%s", text);
}

static int
on_include(cfg_t *cfg, cfg_opt_t *option, int argc, const char **argv)
{
	(void)option;
	for (int i = 0; i < argc; i++)
		current.include(current.include_context, argv[i], cfg->line);
	return 0;
}

static cfg_t *
find_section(cfg_t *cfg, const struct block *block)
{
	if (block->section->name[0] == '\0')
		return cfg;
	if (block->section->titled)
		return cfg_gettsec(cfg, block->section->name, block->name);
	return cfg_getsec(cfg, block->section->name);
}

/* libconfuse has its own mark between a section and an option in it. */
static cfg_opt_t *
find_option(cfg_t *section, const char *name)
{
	char path[64];
	char *dot;

	if (strlcpy(path, name, sizeof(path)) >= sizeof(path))
		return NULL;
	if ((dot = strchr(path, '.')) != NULL)
		*dot = '|';
	return cfg_getopt(section, path);
}

static int
take_texts(cfg_t *section, struct block_setting *setting)
{
	cfg_opt_t *option = find_option(section, setting->option->name);
	unsigned int count = option != NULL ? cfg_opt_size(option) : 0;

	for (unsigned int i = 0; i < count; i++) {
		const char *text = cfg_opt_getnstr(option, i);

		if (text != NULL && block_setting_add(setting, text) == -1)
			return -1;
	}
	return 0;
}

static int
take_all(cfg_t *cfg, struct blocks *blocks, size_t first)
{
	for (size_t i = first; i < blocks->count; i++) {
		struct block *block = &blocks->list[i];
		cfg_t *section = find_section(cfg, block);

		for (size_t j = 0; j < block->setting_count; j++)
			if (section == NULL || take_texts(section, &block->settings[j]) == -1)
				return -1;
	}
	return 0;
}

/* Not cfg_parse_buf(): that calls every file "[buf]". */
static int
parse_stream(cfg_t *cfg, char *text)
{
	FILE *stream;
	int result;

	if (text[0] == '\0')
		return CFG_SUCCESS;
	if ((stream = fmemopen(text, strlen(text), "r")) == NULL)
		return CFG_FILE_ERROR;
	result = cfg_parse_fp(cfg, stream);
	fclose(stream);
	return result;
}

int
parse_text(const char *file, char *text, struct blocks *blocks, size_t first, struct errors *errors,
    parse_include *include, void *context)
{
	struct tables *tables = calloc(1, sizeof(*tables));
	cfg_t *cfg = NULL;
	int result = -1;

	current.file = file;
	current.errors = errors;
	current.include = include;
	current.include_context = context;
	if (tables == NULL || tables_fill(tables, blocks, first) == -1 ||
	    (cfg = cfg_init(tables->top, CFGF_NONE)) == NULL) {
		errors_add(errors, file, 0, "out of memory");
		goto done;
	}
	cfg_set_error_function(cfg, on_error);
	if (parse_stream(cfg, text) == CFG_SUCCESS && take_all(cfg, blocks, first) == 0)
		result = 0;
	else if (!errors_any(errors))
		errors_add(errors, file, 0, "can't be read");
done:
	if (cfg != NULL)
		cfg_free(cfg);
	free(tables);
	return result;
}
