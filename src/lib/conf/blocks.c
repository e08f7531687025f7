#include <stdlib.h>
#include <string.h>

#include "conf/blocks.h"
#include "conf/value.h"

void
blocks_clear(struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->count; i++) {
		struct block *block = &blocks->list[i];

		for (size_t j = 0; j < block->setting_count; j++)
			value_list_free(block->settings[j].texts);
		free(block->settings);
		free(block->name);
	}
	for (size_t i = 0; i < blocks->file_count; i++)
		free(blocks->files[i]);
	free(blocks->list);
	free(blocks->files);
	memset(blocks, 0, sizeof(*blocks));
}

const char *
blocks_add_file(struct blocks *blocks, const char *file)
{
	char **more = reallocarray(blocks->files, blocks->file_count + 1, sizeof(*more));
	char *copy;

	if (more == NULL)
		return NULL;
	blocks->files = more;
	if ((copy = strdup(file)) != NULL)
		more[blocks->file_count++] = copy;
	return copy;
}

struct block *
blocks_add(struct blocks *blocks, const struct conf_section *section, const char *name,
    size_t name_len, const char *file, int64_t line)
{
	struct block *more = reallocarray(blocks->list, blocks->count + 1, sizeof(*more));
	struct block *block;

	if (more == NULL)
		return NULL;
	blocks->list = more;
	block = &more[blocks->count];
	*block = (struct block){ .section = section, .file = file, .line = line };
	if ((block->name = strndup(name, name_len)) == NULL)
		return NULL;
	blocks->count++;
	return block;
}

struct block_setting *
block_add_setting(struct block *block, const struct conf_option *option, int64_t line)
{
	struct block_setting *more, *setting;

	more = reallocarray(block->settings, block->setting_count + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	block->settings = more;
	setting = &more[block->setting_count];
	*setting = (struct block_setting){ .option = option, .line = line };
	if ((setting->texts = calloc(1, sizeof(*setting->texts))) == NULL)
		return NULL;
	block->setting_count++;
	return setting;
}

int
block_setting_add(struct block_setting *setting, const char *text)
{
	char **more = reallocarray(setting->texts, setting->count + 2, sizeof(*more));

	if (more == NULL)
		return -1;
	setting->texts = more;
	if ((more[setting->count] = strdup(text)) == NULL)
		return -1;
	more[++setting->count] = NULL;
	return 0;
}

struct block *
blocks_find(const struct blocks *blocks, const struct conf_section *section, const char *name,
    size_t name_len)
{
	for (size_t i = 0; i < blocks->count; i++) {
		struct block *block = &blocks->list[i];

		if (block->section == section && strlen(block->name) == name_len &&
		    memcmp(block->name, name, name_len) == 0)
			return block;
	}
	return NULL;
}

struct block_setting *
block_find_setting(const struct block *block, const struct conf_option *option)
{
	for (size_t i = 0; i < block->setting_count; i++)
		if (block->settings[i].option == option)
			return &block->settings[i];
	return NULL;
}

int64_t
block_line_of(const struct block *block, const char *option_name)
{
	const struct conf_option *option = conf_option_find(block->section, option_name);
	const struct block_setting *setting = block_find_setting(block, option);

	return setting != NULL ? setting->line : block->line;
}

int64_t
block_line_of_nested(const struct block *block, const char *name)
{
	return block->nested_lines[conf_nested_find(block->section, name) - conf_nested];
}
