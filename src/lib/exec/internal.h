/*
 * What the files of lib/exec share: the steps of exec_child(), each of which succeeds or ends the
 * child with a report.  Never included from elsewhere.
 */
#ifndef EXEC_INTERNAL_H
#define EXEC_INTERNAL_H

#include <sys/types.h>

#include "exec/exec.h"

/* The report's way out.  Only ever called in the child, so one process has one. */
void exec_report_to(int error_fd);
int exec_report_fd(void);
/* Reports "text", followed by ": " and strerror(error) unless error is 0, and ends the child. */
_Noreturn void exec_fail(int error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same where the text says more than strerror(3) would; the parent still learns the error. */
_Noreturn void exec_refuse(int error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The environment in the making; entries are "NAME=value", kept by reference, one a name. */
struct environment {
	char **entries; /* NULL-ended */
	size_t count, size;
};

void environment_set(struct environment *, char *entry);
void environment_set_pair(struct environment *, const char *name, const char *value);
void environment_set_list(struct environment *, char *const *entries);
/* The value, or NULL. */
const char *environment_get(const struct environment *, const char *name);
/* Starts with what this process has itself, without what was meant for it alone. */
void environment_inherit(struct environment *);
/* Reads the identity's environment_file, or one secret "NAME=/path". */
void environment_set_file(struct environment *, const char *path);
void environment_set_secret(struct environment *, const char *secret);

/* Whom the child becomes. */
struct account {
	bool wanted;      /* a user or a group was asked for */
	const char *user; /* NULL: the user stays */
	uid_t uid;
	gid_t gid;
	const char *home, *shell;
};

void account_find(struct account *, const struct conf_identity *);
void account_set_environment(const struct account *, struct environment *);
void account_become(const struct account *);

/* Resource limits, nice value, out-of-memory score. */
void limits_apply(const struct conf_identity *);

/* Puts every descriptor where the request wants it and closes all others. */
void descriptors_place(const struct exec_request *);

/* Where the command is looked for if the environment has no PATH. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The words of the command with their arguments. */
char **command_words(const struct exec_request *);
/* Executes them, looking in the environment's PATH; reports why it could not. */
_Noreturn void command_execute(char **words, const struct environment *);

#endif
