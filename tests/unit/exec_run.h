/*
 * For tests of exec_child() and exec_quick(): requests that are carried out in real children, and
 * files in a directory of the test's own, where they find what they need.
 */
#ifndef TESTS_EXEC_RUN_H
#define TESTS_EXEC_RUN_H

#include <sys/types.h>

#include "exec/exec.h"

struct outcome {
	struct exec_failure failure;
	bool failed;
	int status; /* as waitpid(2) says it */
	pid_t pid;
	char output[8192];
};

/* NULL at its end, at once. */
extern char *no_list[];
extern char empty[], directory[];
/* What is plain goes the short way, as in jobd. */
extern bool quick;

/* For cmocka: the directory, and `quick` as its name says. */
int begin_slow(void **state);
int begin_quick(void **state);
/* Removes the directory with what is in it. */
int end(void **state);
/* A name in the directory as a path; valid until the next call. */
const char *in_directory(const char *name);
void write_file(const char *name, const char *text, mode_t mode);
size_t read_to_end(int fd, char *buf, size_t size);

/* Of a program that has none of its options set. */
struct conf_identity identity_plain(void);
struct exec_request request_of(const char *command, bool shell, const struct conf_identity *);
/* exec_quick() with all signals blocked, as it wants it. */
pid_t start_quickly(const struct exec_request *);
/* Runs the request; its stdout, if not given, and stderr are caught. */
struct outcome run(struct exec_request);
/* It ends with 0 and has written this. */
void assert_output(struct exec_request, const char *expected);
/* It can't be started, for this reason. */
void assert_failure(struct exec_request, const char *expected);

#endif
