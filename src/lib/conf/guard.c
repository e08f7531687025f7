#include <string.h>

#include "conf/conf.h"
#include "conf/options.h"

/* Which programs jobd-runner looks after, and how. */

static bool is_guard_option(const struct conf_option *);

static bool
is_guard_option(const struct conf_option *option)
{
	static const char *const names[] = { "memory", "max_age", "max_age_jitter", "watch" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(option->name, names[i]) == 0)
			return true;
	return strncmp(option->name, "check.", 6) == 0;
}

bool
conf_is_guarded(const struct conf_program *program)
{
	const struct conf_check *check = &program->check;

	return program->enabled && (check->http[0] != '\0' || check->tcp[0] != '\0' ||
				       check->command[0] != '\0' || program->memory_bytes > 0 ||
				       program->max_age_ms > 0 || program->watch[0] != NULL);
}

bool
conf_guard_equal(const struct conf_program *one, const struct conf_program *other)
{
	const struct conf_option *option = conf_section_find("program")->options;

	for (; option->name != NULL; option++)
		if (is_guard_option(option) && !conf_option_equal(option, one, other))
			return false;
	return one->enabled == other->enabled && one->ready == other->ready;
}

bool
conf_guards_differ(const struct conf *one, const struct conf *other)
{
	const struct conf *const sides[] = { one, other };

	for (size_t side = 0; side < 2; side++) {
		for (size_t i = 0; i < sides[side]->program_count; i++) {
			const struct conf_program *program = &sides[side]->programs[i];
			const struct conf_program *twin =
			    conf_find_program(sides[1 - side], program->name);

			if (conf_is_guarded(program) &&
			    (twin == NULL || !conf_guard_equal(program, twin)))
				return true;
		}
	}
	return false;
}
