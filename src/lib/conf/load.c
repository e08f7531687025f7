#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/blocks.h"
#include "conf/check.h"
#include "conf/conf.h"
#include "conf/errors.h"
#include "conf/files.h"
#include "conf/load_private.h"
#include "conf/object.h"
#include "conf/options.h"
#include "conf/paths.h"
#include "conf/value.h"

static void out_of_memory(struct load *);
static void apply(struct load *, const struct block *, const struct block_setting *, void *base);
static int replace(char **field, char *text);
static int resolve_paths(const struct block *, void *base, const char *directory);
static int load_plain_sections(struct load *);
static int resolve_dir(const struct conf *, char **field, char *(*standard)(void));
static int resolve_dirs(struct conf *);
static int resolve_log(const struct conf *, char **path);
static void *add_object(struct load *, const struct block *);
static int load_program(struct load *, const struct block *);
static int load_job(struct load *, const struct block *);
static int load_object(struct load *, const struct block *);
static int load_own_log(struct conf *);
static int load_titled(struct load *);
static int load_all(struct load *, const char *path);
static int load_begin(struct load *, char *error, size_t error_size);

static void
out_of_memory(struct load *load)
{
	errors_add(load->errors, NULL, 0, "out of memory");
}

/* Gives one option its value. */
static void
apply(struct load *load, const struct block *block, const struct block_setting *setting, void *base)
{
	char why[VALUE_WHY_MAX];

	if (setting->count == 0 && !value_is_list(setting->option))
		return; /* its file could not be read whole */
	if (value_set(setting->option, base, (const char *const *)setting->texts, setting->count,
		why) == -1)
		errors_add(load->errors, block->file, setting->line, "option '%s': %s",
		    setting->option->name, why);
}

void
load_apply(struct load *load, const struct block *block, bool program_options, void *base)
{
	for (size_t i = 0; i < block->setting_count; i++)
		if (conf_option_is_program(block->settings[i].option) == program_options)
			apply(load, block, &block->settings[i], base);
}

static int
replace(char **field, char *text)
{
	if (text == NULL)
		return -1;
	value_text_free(*field);
	*field = text;
	return 0;
}

int
load_set_text(char **field, const char *text)
{
	return replace(field, value_text_copy(text));
}

/* Relative paths of files start in the directory of the file where they are written, or in
 * `directory` if there is one. */
static int
resolve_paths(const struct block *block, void *base, const char *directory)
{
	char *folder = directory[0] != '\0' ? strdup(directory) : paths_folder_of(block->file);
	int result = folder != NULL ? paths_resolve(block->section->options, base, folder) : -1;

	free(folder);
	return result;
}

static int
load_plain_sections(struct load *load)
{
	for (size_t i = 0; i < load->blocks.count; i++) {
		const struct block *block = &load->blocks.list[i];

		if (block->section->titled)
			continue;
		load_apply(load, block, false, load->conf);
		if (resolve_paths(block, load->conf, "") == -1)
			return -1;
	}
	return 0;
}

/* An empty one is the standard place; a relative one starts at the main file's directory. */
static int
resolve_dir(const struct conf *conf, char **field, char *(*standard)(void))
{
	char *folder;
	int result;

	if ((*field)[0] == '\0')
		return replace(field, standard());
	if ((folder = paths_folder_of(conf->file)) == NULL)
		return -1;
	result = replace(field, paths_absolute(folder, *field));
	free(folder);
	return result;
}

static int
resolve_dirs(struct conf *conf)
{
	if (resolve_dir(conf, &conf->run_dir, conf_default_run_dir) == -1 ||
	    resolve_dir(conf, &conf->state_dir, conf_default_state_dir) == -1 ||
	    resolve_dir(conf, &conf->log_dir, conf_default_log_dir) == -1)
		return -1;
	return 0;
}

void
load_inherit_log(struct conf_log *log, const struct conf_log *defaults)
{
	char *stdout_log = log->stdout_log, *stderr_log = log->stderr_log;

	*log = *defaults;
	log->stdout_log = stdout_log;
	log->stderr_log = stderr_log;
}

static int
resolve_log(const struct conf *conf, char **path)
{
	char *whole;

	if ((*path)[0] == '\0' || (*path)[0] == '/' || strcmp(*path, "none") == 0)
		return 0;
	return replace(path, asprintf(&whole, "%s/%s", conf->log_dir, *path) == -1 ? NULL : whole);
}

int
load_resolve_logs(const struct conf *conf, struct conf_log *log)
{
	if (resolve_log(conf, &log->stdout_log) == -1 || resolve_log(conf, &log->stderr_log) == -1)
		return -1;
	return 0;
}

/* A new one with its name and its place; NULL without memory. */
static void *
add_object(struct load *load, const struct block *block)
{
	void *object = conf_add(load->conf, block->section);
	const struct conf_option *option = block->section->objects->hidden;

	for (; object != NULL && option->name != NULL; option++) {
		int result = 0;

		if (strcmp(option->name, "name") == 0)
			result = load_set_text(FIELD(option, object, char *), block->name);
		else if (strcmp(option->name, "file") == 0)
			result = load_set_text(FIELD(option, object, char *), block->file);
		else if (strcmp(option->name, "line") == 0)
			*FIELD(option, object, int64_t) = block->line;
		if (result == -1)
			return NULL;
	}
	return object;
}

static int
load_program(struct load *load, const struct block *block)
{
	struct conf_program *program = add_object(load, block);

	if (program == NULL)
		return -1;
	load_inherit_log(&program->log, &load->conf->log_defaults);
	load_apply(load, block, true, program);
	if (load_resolve_logs(load->conf, &program->log) == -1 ||
	    resolve_paths(block, program, program->identity.directory) == -1)
		return -1;
	check_program(program, block, load->errors);
	return 0;
}

static int
load_job(struct load *load, const struct block *block)
{
	struct conf_job *job = add_object(load, block);

	if (job == NULL)
		return -1;
	load_apply(load, block, false, job);
	if (resolve_paths(block, job, job->identity.directory) == -1)
		return -1;
	check_job(job, load->conf, block, load->errors);
	return 0;
}

static int
load_object(struct load *load, const struct block *block)
{
	void *object = add_object(load, block);

	if (object == NULL)
		return -1;
	load_apply(load, block, false, object);
	return resolve_paths(block, object, "");
}

/* jobd's own log: one file, with the limits and the format that programs have by default. */
static int
load_own_log(struct conf *conf)
{
	char *path;

	load_inherit_log(&conf->log, &conf->log_defaults);
	conf->log.redirect_stderr = true;
	if (asprintf(&path, "%s/jobd.log", conf->log_dir) == -1)
		return -1;
	return replace(&conf->log.stdout_log, path);
}

static int
load_titled(struct load *load)
{
	static const struct {
		const char *section;
		int (*load)(struct load *, const struct block *);
	} loaders[] = {
		{"program", load_program},
		{ "job",    load_job    },
	};

	for (size_t i = 0; i < load->blocks.count; i++) {
		const struct block *block = &load->blocks.list[i];
		int (*load_it)(struct load *, const struct block *) = load_object;

		for (size_t j = 0; j < sizeof(loaders) / sizeof(loaders[0]); j++)
			if (strcmp(block->section->name, loaders[j].section) == 0)
				load_it = loaders[j].load;
		if (block->section->titled && load_it(load, block) == -1)
			return -1;
	}
	return load_builtins(load);
}

/* -1 only without memory; all else is in errors. */
static int
load_all(struct load *load, const char *path)
{
	bool is_whole;

	if (load_set_text(&load->conf->file, path) == -1)
		return -1;
	is_whole = files_read(path, &load->blocks, load->errors) == 0;
	if (load_plain_sections(load) == -1 || resolve_dirs(load->conf) == -1 ||
	    load_own_log(load->conf) == -1 || load_titled(load) == -1)
		return -1;
	check_conf(load->conf, &load->blocks, load->errors);
	/* With half a file unread, names that are not there mean nothing. */
	if (is_whole)
		check_order(load->conf, &load->blocks, load->errors);
	conf_sort_programs(load->conf);
	return 0;
}

static int
load_begin(struct load *load, char *error, size_t error_size)
{
	memset(load, 0, sizeof(*load));
	load->conf = conf_new();
	load->errors = errors_new();
	if (load->conf != NULL && load->errors != NULL)
		return 0;
	conf_free(load->conf);
	errors_free(load->errors);
	snprintf(error, error_size, "out of memory");
	return -1;
}

struct conf *
conf_load(const char *path, char *error, size_t error_size)
{
	struct load load;

	if (load_begin(&load, error, error_size) == -1)
		return NULL;
	if (load_all(&load, path) == -1)
		out_of_memory(&load);
	if (errors_any(load.errors)) {
		errors_print(load.errors, error, error_size);
		conf_free(load.conf);
		load.conf = NULL;
	}
	blocks_clear(&load.blocks);
	errors_free(load.errors);
	return load.conf;
}

char *
conf_run_dir_of(const char *path, char *error, size_t error_size)
{
	const struct conf_option *option = conf_option_find(conf_section_find(""), "run_dir");
	char *run_dir = NULL;
	struct load load;
	bool is_whole, is_set = false;

	if (load_begin(&load, error, error_size) == -1)
		return NULL;
	is_whole = load_set_text(&load.conf->file, path) == 0 &&
		   files_read(path, &load.blocks, load.errors) == 0;
	for (size_t i = 0; i < load.blocks.count; i++) {
		const struct block_setting *setting =
		    block_find_setting(&load.blocks.list[i], option);

		if (setting != NULL && setting->count == 1) {
			apply(&load, &load.blocks.list[i], setting, load.conf);
			is_set = true;
		}
	}
	if ((is_set || is_whole) &&
	    resolve_dir(load.conf, &load.conf->run_dir, conf_default_run_dir) == 0)
		run_dir = strdup(load.conf->run_dir);
	if (run_dir == NULL && !errors_any(load.errors))
		out_of_memory(&load);
	if (run_dir == NULL)
		errors_print(load.errors, error, error_size);
	blocks_clear(&load.blocks);
	errors_free(load.errors);
	conf_free(load.conf);
	return run_dir;
}
