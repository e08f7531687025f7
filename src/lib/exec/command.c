#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "exec/internal.h"

#define SHELL "/bin/sh"

static size_t words_count(char *const *);
static char **words_join(char *const *first, char *const *second);
static _Noreturn void refuse(const char *word, const char *path, int error);
static _Noreturn void refuse_access(const char *word, const char *path);
static _Noreturn void refuse_interpreter(const char *word, const char *path);
static bool is_better(int error, int known, const char *candidate);
static void search(char **words, char **entries, const char *path, int *error, char *found);

static size_t
words_count(char *const *words)
{
	size_t count = 0;

	while (words != NULL && words[count] != NULL)
		count++;
	return count;
}

static char **
words_join(char *const *first, char *const *second)
{
	size_t first_count = words_count(first), second_count = words_count(second);
	char **words = calloc(first_count + second_count + 1, sizeof(*words));

	if (words == NULL)
		exec_fail(ENOMEM, "can't make the argument list");
	memcpy(words, first, first_count * sizeof(*words));
	if (second_count > 0)
		memcpy(words + first_count, second, second_count * sizeof(*words));
	return words;
}

char **
command_words(const struct exec_request *request)
{
	static char shell[] = SHELL, option[] = "-c";
	char *shell_words[] = { shell, option, NULL, shell, NULL };
	const char *errstr;
	char **words;

	if (request->shell) {
		if ((shell_words[2] = strdup(request->command)) == NULL)
			exec_fail(ENOMEM, "can't make the argument list");
		return words_join(shell_words, request->arguments);
	}
	if ((words = text_split_command(request->command, &errstr)) == NULL)
		exec_fail(0, "command '%s' %s", request->command, errstr);
	return request->arguments == NULL ? words : words_join(words, request->arguments);
}

/* A script whose interpreter is missing gives ENOENT too; its first line tells which. */
static void
refuse_interpreter(const char *word, const char *path)
{
	char line[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd == -1 ? -1 : read(fd, line, sizeof(line) - 1);
	size_t skip;

	if (len < 2 || memcmp(line, "#!", 2) != 0)
		exec_refuse(
		    ENOEXEC, "can't run '%s': the loader that it names does not exist", word);
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	skip = 2 + strspn(line + 2, " \t");
	if (line[strlen(line) - 1] == '\r')
		exec_refuse(
		    ENOEXEC, "can't run '%s': its first line ends with a carriage return", word);
	line[skip + strcspn(line + skip, " \t")] = '\0';
	exec_refuse(
	    ENOEXEC, "can't run '%s': its interpreter '%s' does not exist", word, line + skip);
}

/* What stands behind EACCES. */
static void
refuse_access(const char *word, const char *path)
{
	struct statvfs system;
	struct stat status;

	if (stat(path, &status) == -1)
		exec_fail(errno, "can't run '%s'", word);
	if (S_ISDIR(status.st_mode))
		exec_refuse(EACCES, "'%s' is a directory", word);
	if (!S_ISREG(status.st_mode) || access(path, X_OK) == -1)
		exec_refuse(EACCES, "'%s' is not executable", word);
	if (statvfs(path, &system) == 0 && (system.f_flag & ST_NOEXEC))
		exec_refuse(EACCES, "'%s' is on a file system mounted noexec", word);
	exec_fail(EACCES, "can't run '%s'", word);
}

static void
refuse(const char *word, const char *path, int error)
{
	if (error == EACCES)
		refuse_access(word, path);
	if (error == ENOEXEC)
		exec_refuse(
		    ENOEXEC, "'%s' is neither a program nor a script that begins with #!", word);
	if (error == ENOENT && access(path, F_OK) == 0)
		refuse_interpreter(word, path);
	if (error == ENOENT || error == ENOTDIR)
		exec_refuse(ENOENT, "can't find command '%s'", word);
	exec_fail(error, "can't run '%s'", word);
}

/*
 * Tries the command in each directory of `path`.  A file that is there but can't be executed does
 * not end the search; it is what is reported when nothing better comes.
 */
static void
search(char **words, char **entries, const char *path, int *error, char *found)
{
	char candidate[PATH_MAX];

	*error = ENOENT;
	for (;; path++) {
		size_t len = strcspn(path, ":");
		int written = snprintf(candidate, sizeof(candidate), "%.*s%s%s", (int)len, path,
		    len == 0 ? "" : "/", words[0]);

		path += len;
		if (written > 0 && (size_t)written < sizeof(candidate)) {
			execve(candidate, words, entries);
			if (is_better(errno, *error, candidate)) {
				*error = errno;
				memcpy(found, candidate, (size_t)written + 1);
			}
			if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
				return;
		}
		if (*path == '\0')
			return;
	}
}

/* True if this failure tells more than the one known so far.  A directory of the PATH that is
 * closed to the user says nothing about the command. */
static bool
is_better(int error, int known, const char *candidate)
{
	bool better;

	if (known != ENOENT || error == ENOTDIR)
		return false;
	better = (error != ENOENT && error != EACCES) || access(candidate, F_OK) == 0;
	errno = error;
	return better;
}

void
command_execute(char **words, const struct environment *environment)
{
	const char *path = environment_get(environment, "PATH");
	char found[PATH_MAX] = "";
	int error;

	if (strchr(words[0], '/') != NULL) {
		execve(words[0], words, environment->entries);
		refuse(words[0], words[0], errno);
	}
	search(words, environment->entries, path == NULL ? DEFAULT_PATH : path, &error, found);
	refuse(words[0], found, error);
}
