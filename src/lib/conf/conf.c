#include <stdlib.h>
#include <string.h>

#include "conf/object.h"
#include "conf/value.h"

static void objects_free(struct conf *, const struct conf_section *);
static int by_start_order(const void *, const void *);

struct conf *
conf_new(void)
{
	struct conf *conf = calloc(1, sizeof(*conf));

	if (conf == NULL)
		return NULL;
	if (value_set_all_initial(conf_hidden_options, conf) == -1)
		goto fail;
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (!section->titled && value_set_all_initial(section->options, conf) == -1)
			goto fail;
	return conf;
fail:
	conf_free(conf);
	return NULL;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (section->titled)
			objects_free(conf, section);
	value_free_all(conf_hidden_options, conf);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (!section->titled)
			value_free_all(section->options, conf);
	free(conf);
}

size_t
conf_count(const struct conf *conf, const struct conf_section *section)
{
	return *(const size_t *)(const void *)((const char *)conf + section->objects->count_offset);
}

void *
conf_object(const struct conf *conf, const struct conf_section *section, size_t index)
{
	const void *list = (const char *)conf + section->objects->list_offset;
	char *first = *(char *const *)list;

	return first == NULL ? NULL : first + index * section->objects->size;
}

static void
objects_free(struct conf *conf, const struct conf_section *section)
{
	for (size_t i = 0; i < conf_count(conf, section); i++) {
		value_free_all(section->objects->hidden, conf_object(conf, section, i));
		value_free_all(section->options, conf_object(conf, section, i));
	}
	free(conf_object(conf, section, 0));
}

void *
conf_add(struct conf *conf, const struct conf_section *section)
{
	const struct conf_objects *objects = section->objects;
	size_t *count = (size_t *)(void *)((char *)conf + objects->count_offset);
	char **list = (char **)(void *)((char *)conf + objects->list_offset);
	char *more = reallocarray(*list, *count + 1, objects->size), *object;

	if (more == NULL)
		return NULL;
	*list = more;
	object = more + *count * objects->size;
	++*count;
	memset(object, 0, objects->size);
	if (value_set_all_initial(objects->hidden, object) == -1 ||
	    value_set_all_initial(section->options, object) == -1)
		return NULL;
	return object;
}

struct conf_program *
conf_add_program(struct conf *conf)
{
	return conf_add(conf, conf_section_find("program"));
}

struct conf_job *
conf_add_job(struct conf *conf)
{
	return conf_add(conf, conf_section_find("job"));
}

struct conf_queue *
conf_add_queue(struct conf *conf)
{
	return conf_add(conf, conf_section_find("queue"));
}

static int
by_start_order(const void *a, const void *b)
{
	const struct conf_program *one = a, *other = b;

	if (one->priority != other->priority)
		return one->priority < other->priority ? -1 : 1;
	return strcmp(one->name, other->name);
}

void
conf_sort_programs(struct conf *conf)
{
	if (conf->program_count > 1)
		qsort(conf->programs, conf->program_count, sizeof(*conf->programs), by_start_order);
}

const void *
conf_find(const struct conf *conf, const struct conf_section *section, const char *name)
{
	for (size_t i = 0; i < conf_count(conf, section); i++) {
		const void *object = conf_object(conf, section, i);

		if (strcmp(*(char *const *)object, name) == 0)
			return object;
	}
	return NULL;
}

bool
conf_objects_equal(
    const struct conf *one, const struct conf *other, const struct conf_section *section)
{
	if (conf_count(one, section) != conf_count(other, section))
		return false;
	for (size_t i = 0; i < conf_count(one, section); i++) {
		const void *object = conf_object(one, section, i),
			   *same = conf_find(other, section, *(char *const *)object);

		if (same == NULL)
			return false;
		for (const struct conf_option *option = section->options; option->name != NULL;
		     option++)
			if (!conf_option_equal(option, object, same))
				return false;
	}
	return true;
}

const struct conf_program *
conf_find_program(const struct conf *conf, const char *name)
{
	return conf_find(conf, conf_section_find("program"), name);
}

const struct conf_job *
conf_find_job(const struct conf *conf, const char *name)
{
	/* Asked for every job that is pushed. */
	for (size_t i = 0; i < conf->job_count; i++)
		if (conf->jobs[i].name[0] == name[0] && strcmp(conf->jobs[i].name, name) == 0)
			return &conf->jobs[i];
	return NULL;
}

const struct conf_queue *
conf_find_queue(const struct conf *conf, const char *name)
{
	return conf_find(conf, conf_section_find("queue"), name);
}
