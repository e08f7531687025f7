#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/object.h"
#include "conf/options.h"
#include "conf/value.h"

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
	for (size_t i = 0; i < conf->program_count; i++)
		conf_program_clear(&conf->programs[i]);
	for (size_t i = 0; i < conf->job_count; i++)
		conf_job_clear(&conf->jobs[i]);
	for (size_t i = 0; i < conf->queue_count; i++)
		conf_queue_clear(&conf->queues[i]);
	value_free_all(conf_hidden_options, conf);
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (!section->titled)
			value_free_all(section->options, conf);
	free(conf->programs);
	free(conf->jobs);
	free(conf->queues);
	free(conf);
}

struct conf_program *
conf_add_program(struct conf *conf)
{
	struct conf_program *more, *program;

	more = reallocarray(conf->programs, conf->program_count + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	conf->programs = more;
	program = &more[conf->program_count++];
	memset(program, 0, sizeof(*program));
	if (value_set_all_initial(conf_program_hidden_options, program) == -1 ||
	    value_set_all_initial(conf_section_find("program")->options, program) == -1)
		return NULL;
	return program;
}

void
conf_program_clear(struct conf_program *program)
{
	value_free_all(conf_program_hidden_options, program);
	value_free_all(conf_section_find("program")->options, program);
}

struct conf_job *
conf_add_job(struct conf *conf)
{
	struct conf_job *more, *job;

	if ((more = reallocarray(conf->jobs, conf->job_count + 1, sizeof(*more))) == NULL)
		return NULL;
	conf->jobs = more;
	job = &more[conf->job_count++];
	memset(job, 0, sizeof(*job));
	if (value_set_all_initial(conf_job_hidden_options, job) == -1 ||
	    value_set_all_initial(conf_section_find("job")->options, job) == -1)
		return NULL;
	return job;
}

void
conf_job_clear(struct conf_job *job)
{
	value_free_all(conf_job_hidden_options, job);
	value_free_all(conf_section_find("job")->options, job);
}

struct conf_queue *
conf_add_queue(struct conf *conf)
{
	struct conf_queue *more, *queue;

	more = reallocarray(conf->queues, conf->queue_count + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	conf->queues = more;
	queue = &more[conf->queue_count++];
	memset(queue, 0, sizeof(*queue));
	if (value_set_all_initial(conf_queue_hidden_options, queue) == -1 ||
	    value_set_all_initial(conf_section_find("queue")->options, queue) == -1)
		return NULL;
	return queue;
}

void
conf_queue_clear(struct conf_queue *queue)
{
	value_free_all(conf_queue_hidden_options, queue);
	value_free_all(conf_section_find("queue")->options, queue);
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

const struct conf_program *
conf_find_program(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->program_count; i++)
		if (strcmp(conf->programs[i].name, name) == 0)
			return &conf->programs[i];
	return NULL;
}

const struct conf_job *
conf_find_job(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->job_count; i++)
		if (strcmp(conf->jobs[i].name, name) == 0)
			return &conf->jobs[i];
	return NULL;
}

const struct conf_queue *
conf_find_queue(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->queue_count; i++)
		if (strcmp(conf->queues[i].name, name) == 0)
			return &conf->queues[i];
	return NULL;
}
