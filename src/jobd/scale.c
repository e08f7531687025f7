#include <errno.h>
#include <string.h>

#include "base/log.h"

#include "scale.h"

#define INSTANCES_MAX 1000

static int count_instances(const char *name);
static int set_count(const struct conf_program *, struct generation *, int count);

static int
count_instances(const char *name)
{
	struct program *program;
	int count = 0;

	TAILQ_FOREACH (program, supervisor_programs(), entry)
		if (!program->remove && strcmp(program->conf->name, name) == 0)
			count++;
	return count;
}

struct program *
supervisor_find_instance(const char *name, int instance)
{
	struct program *program;

	TAILQ_FOREACH (program, supervisor_programs(), entry)
		if (!program->remove && program->instance == instance &&
		    strcmp(program->conf->name, name) == 0)
			return program;
	return NULL;
}

static int
set_count(const struct conf_program *conf, struct generation *generation, int count)
{
	int present = count_instances(conf->name);
	struct program *program;

	for (int instance = present + 1; instance <= count; instance++) {
		if ((program = supervisor_add_instance(conf, generation, instance)) == NULL)
			return -1;
		program_start(program, "scale");
	}
	TAILQ_FOREACH (program, supervisor_programs(), entry) {
		if (program->remove || strcmp(program->conf->name, conf->name) != 0)
			continue;
		if (program->instance > count) {
			program->remove = true;
			program_stop(program, EXIT_REASON_OPERATOR, "scale");
		} else {
			program_set_numbered(program, count > 1);
		}
	}
	supervisor_poke();
	return 0;
}

int
supervisor_scale(const char *name, int64_t count, const char **errstr)
{
	struct program *first = supervisor_find_instance(name, 1);

	*errstr = NULL;
	if (first == NULL)
		*errstr = "no such program";
	else if (first->conf->role != CONF_ROLE_USER)
		*errstr = "a built-in program has one instance";
	else if (count < 1 || count > INSTANCES_MAX)
		*errstr = "the number of instances must be from 1 to 1000";
	else if (set_count(first->conf, first->generation, (int)count) == -1)
		*errstr = strerror(errno);
	return *errstr == NULL ? 0 : -1;
}

void
scale_to_conf(const struct conf_program *next, const struct conf_program *former,
    struct generation *generation)
{
	if (next->instances != former->instances &&
	    set_count(next, generation, (int)next->instances) == -1)
		log_warn("%s: instances", next->name);
}
