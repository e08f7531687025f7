/*
 * The options of all commands, in one table, and the reading of a command line by it.  Pure.
 */
#ifndef JOBCTL_OPTION_H
#define JOBCTL_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One bit each: a command says which ones it takes. */
enum option_id {
	OPTION_ALL = 1 << 0,
	OPTION_WATCH = 1 << 1,
	OPTION_FOLLOW = 1 << 2,
	OPTION_COUNT = 1 << 3,
	OPTION_BYTES = 1 << 4,
	OPTION_SINCE = 1 << 5,
	OPTION_ARGS = 1 << 6,
	OPTION_WAIT = 1 << 7,
	OPTION_STATE = 1 << 8,
	OPTION_TYPE = 1 << 9,
	OPTION_QUEUE = 1 << 10,
	OPTION_LIMIT = 1 << 11,
	OPTION_FROM = 1 << 12,
	OPTION_SCHEDULE = 1 << 13,
	OPTION_TIMEZONE = 1 << 14,
	/* Everywhere, also before the command. */
	OPTION_JSON = 1 << 15,
	OPTION_CONF = 1 << 16,
	OPTION_RUN_DIR = 1 << 17,
	OPTION_HELP = 1 << 18,
	OPTION_VERSION = 1 << 19,
};
#define OPTION_GLOBAL (OPTION_JSON | OPTION_CONF | OPTION_RUN_DIR | OPTION_HELP | OPTION_VERSION)

enum option_kind { OPTION_FLAG, OPTION_NUMBER, OPTION_TEXT };

/* What was given; numbers are -1 and texts NULL if not. */
struct option_values {
	bool all, watch, follow, wait, json, help, version;
	int64_t count, bytes, since, limit;
	const char *args, *state, *type, *queue, *from, *schedule, *timezone;
	const char *conf, *run_dir;
};

struct option {
	enum option_id id;
	const char *name;  /* "-n", "--all" */
	const char *value; /* what it takes, for the usage: "N"; NULL for a flag */
	enum option_kind kind;
	size_t offset; /* in struct option_values */
	const char *summary;
};

extern const struct option options[]; /* ends with a NULL name */

void option_values_init(struct option_values *);
/*
 * Takes the options among `words` (NULL-ended) that are in `allowed` and moves the others to the
 * front, in order, NULL-ended; *count says how many.  "--" ends the options; with `stop_at_word`
 * the first word that is none does so too.  Returns 0, or -1 with a sentence in err.
 */
int option_parse(const char **words, uint32_t allowed, bool stop_at_word, struct option_values *,
    size_t *count, char *err, size_t errlen);
/* The option of that name among `allowed`, or NULL. */
const struct option *option_find(const char *name, uint32_t allowed);

#endif
