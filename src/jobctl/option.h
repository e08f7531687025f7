/*
 * The options of all commands, in one table, and the reading of a command line by it.  Pure.
 */
#ifndef JOBCTL_OPTION_H
#define JOBCTL_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One bit each: a command says which ones it takes.  Some names have several meanings. */
#define OPTION_BIT(n) (UINT64_C(1) << (n))
/* clang-format off */
#define OPTION_ALL         OPTION_BIT(0)
#define OPTION_WATCH       OPTION_BIT(1)
#define OPTION_FOLLOW      OPTION_BIT(2)
#define OPTION_COUNT       OPTION_BIT(3)
#define OPTION_BYTES       OPTION_BIT(4)
#define OPTION_SINCE       OPTION_BIT(5)
#define OPTION_ARGS        OPTION_BIT(6)
#define OPTION_WAIT        OPTION_BIT(7)
#define OPTION_STATE       OPTION_BIT(8)
#define OPTION_TYPE        OPTION_BIT(9)
#define OPTION_QUEUE       OPTION_BIT(10)
#define OPTION_TAG         OPTION_BIT(11)
#define OPTION_LIMIT       OPTION_BIT(12)
#define OPTION_FROM        OPTION_BIT(13)
#define OPTION_SCHEDULE    OPTION_BIT(14)
#define OPTION_TIMEZONE    OPTION_BIT(15)
#define OPTION_EVERY       OPTION_BIT(16)
#define OPTION_TOTAL       OPTION_BIT(17)
#define OPTION_EACH        OPTION_BIT(18)
#define OPTION_TO_QUEUE    OPTION_BIT(19)
#define OPTION_AT          OPTION_BIT(20)
#define OPTION_PRIORITY    OPTION_BIT(21)
#define OPTION_RETRIES     OPTION_BIT(22)
#define OPTION_UNIQUE      OPTION_BIT(23)
#define OPTION_TAGS        OPTION_BIT(24)
#define OPTION_YES         OPTION_BIT(25)
#define OPTION_HOURS       OPTION_BIT(26)
#define OPTION_INTERVAL    OPTION_BIT(27)
#define OPTION_WEIGHT      OPTION_BIT(28)
#define OPTION_CONCURRENCY OPTION_BIT(29)
#define OPTION_RATE        OPTION_BIT(30)
#define OPTION_WHEN        OPTION_BIT(31)
#define OPTION_OF_QUEUE    OPTION_BIT(37)
#define OPTION_SYSTEM      OPTION_BIT(38)
#define OPTION_FORMAT      OPTION_BIT(39)
#define OPTION_MADE        OPTION_BIT(40)
/* Everywhere, also before the command. */
#define OPTION_JSON        OPTION_BIT(32)
#define OPTION_CONF        OPTION_BIT(33)
#define OPTION_RUN_DIR     OPTION_BIT(34)
#define OPTION_HELP        OPTION_BIT(35)
#define OPTION_VERSION     OPTION_BIT(36)
/* clang-format on */
#define OPTION_GLOBAL (OPTION_JSON | OPTION_CONF | OPTION_RUN_DIR | OPTION_HELP | OPTION_VERSION)
#define OPTION_FILTER (OPTION_STATE | OPTION_TYPE | OPTION_QUEUE | OPTION_TAG)

enum option_kind { OPTION_FLAG, OPTION_NUMBER, OPTION_TEXT, OPTION_TEXTS };

/* Of an option that may be given several times. */
#define OPTION_TEXTS_MAX 32

/* What was given; numbers are -1 and texts NULL if not. */
struct option_values {
	bool all, watch, follow, wait, of_queue, every, total, yes, system, json, help, version;
	int64_t count, bytes, since, limit, priority, retries, hours;
	const char *args, *state, *type, *queue, *tag, *from, *schedule, *timezone;
	const char *at, *unique, *interval, *weight, *concurrency, *rate, *format;
	const char *tags[OPTION_TEXTS_MAX + 1]; /* NULL-ended */
	const char *conf, *run_dir;
};

struct option {
	uint64_t id;
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
int option_parse(const char **words, uint64_t allowed, bool stop_at_word, struct option_values *,
    size_t *count, char *err, size_t errlen);
/* The option of that name among `allowed`, or NULL. */
const struct option *option_find(const char *name, uint64_t allowed);

#endif
