#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/options.h"
#include "conf/value.h"

/* Where goes what programs write, and what two of them may not say differently of one file. */

#define VALUE_MAX 32
#define MEBIBYTE  INT64_C(1048576)

void
conf_log_path(const struct conf *conf, const struct conf_program *program, bool is_stderr,
    char *buf, size_t size)
{
	const char *path = is_stderr ? program->log.stderr_log : program->log.stdout_log;

	if (path[0] != '\0')
		snprintf(buf, size, "%s", path);
	else
		snprintf(buf, size, "%s/%s%s.log", conf->log_dir, program->name,
		    is_stderr ? "_error" : "");
}

/* The other one's file is the first one's path then.  Instances have files with numbers. */
static bool
is_shared(const struct conf *conf, const struct conf_program *one, const struct conf_program *other,
    char path[PATH_MAX])
{
	char theirs[PATH_MAX];

	if (!one->enabled || !other->enabled || (one->instances > 1) != (other->instances > 1))
		return false;
	for (int i = 0; i < (one->log.redirect_stderr ? 1 : 2); i++) {
		conf_log_path(conf, one, i == 1, path, PATH_MAX);
		for (int k = 0; k < (other->log.redirect_stderr ? 1 : 2); k++) {
			conf_log_path(conf, other, k == 1, theirs, sizeof(theirs));
			if (strcmp(path, theirs) == 0 && strcmp(path, "none") != 0)
				return true;
		}
	}
	return false;
}

static void
put_value(const struct conf_option *option, const struct conf_program *program, char *buf)
{
	int64_t number;

	if (option->type == CONF_TYPE_BOOL) {
		snprintf(
		    buf, VALUE_MAX, "%s", *CONST_FIELD(option, program, bool) ? "true" : "false");
		return;
	}
	number = *CONST_FIELD(option, program, int64_t);
	if (option->type == CONF_TYPE_MODE)
		snprintf(buf, VALUE_MAX, "%#" PRIo64, number);
	else if (option->type == CONF_TYPE_SIZE && number > 0 && number % MEBIBYTE == 0)
		snprintf(buf, VALUE_MAX, "%" PRId64 "M", number / MEBIBYTE);
	else
		snprintf(buf, VALUE_MAX, "%" PRId64, number);
}

/* "logfile_maxbytes 10M and 50M, log_gzip true and false"; "" if they agree. */
static void
put_differences(
    const struct conf_program *one, const struct conf_program *other, char *buf, size_t size)
{
	static const char *const names[] = { "logfile_maxbytes", "logfile_backups", "log_gzip",
		"log_mode" };
	char first[VALUE_MAX], second[VALUE_MAX], part[3 * VALUE_MAX];

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct conf_option *option =
		    conf_option_find(conf_section_find("program"), names[i]);

		if (conf_option_equal(option, one, other))
			continue;
		put_value(option, one, first);
		put_value(option, other, second);
		snprintf(part, sizeof(part), "%s%s %s and %s", buf[0] != '\0' ? ", " : "", names[i],
		    first, second);
		strlcat(buf, part, size);
	}
}

/* The logger has one writer for a file, and that the settings of whom it heard last. */
void
conf_check_logs(const struct conf *conf,
    void (*report)(void *context, const struct conf_program *, const char *text), void *context)
{
	char path[PATH_MAX], differences[300], text[CONF_ERROR_MAX];

	for (size_t i = 1; i < conf->program_count; i++) {
		const struct conf_program *program = &conf->programs[i];

		for (size_t k = 0; k < i; k++) {
			const struct conf_program *other = &conf->programs[k];

			if (!is_shared(conf, program, other, path))
				continue;
			put_differences(program, other, differences, sizeof(differences));
			if (differences[0] == '\0')
				continue;
			snprintf(text, sizeof(text),
			    "its log '%.3000s' is also that of '%s', and they differ in %s: only "
			    "one "
			    "of the two values can count",
			    path, other->name, differences);
			report(context, program, text);
			break;
		}
	}
}
