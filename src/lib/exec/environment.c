#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/env_file.h"
#include "exec/internal.h"

#define FILE_MAX_BYTES (1024 * 1024)
/* The kernel takes no longer string (MAX_ARG_STRLEN). */
#define SECRET_MAX_BYTES (128 * 1024)

extern char **environ;

/* Addressed to the process that got them, not to its children. */
static const char *const own_names[] = { "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
	"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", NULL };

static void environment_append(struct environment *, char *entry);
static bool is_own(const char *entry, size_t name_len);
static char *file_read(const char *what, const char *path, size_t before, size_t max, size_t *len);
static char *descriptor_read(int fd, size_t before, size_t size, size_t *len);

static void
environment_append(struct environment *environment, char *entry)
{
	if (environment->count + 2 > environment->size) {
		size_t size = environment->size == 0 ? 128 : environment->size * 2;
		char **entries = reallocarray(environment->entries, size, sizeof(*entries));

		if (entries == NULL)
			exec_fail(ENOMEM, "can't make the environment");
		environment->entries = entries;
		environment->size = size;
	}
	environment->entries[environment->count++] = entry;
	environment->entries[environment->count] = NULL;
}

void
environment_set(struct environment *environment, char *entry)
{
	size_t name_len = strcspn(entry, "=");

	for (size_t i = 0; i < environment->count; i++) {
		if (strncmp(environment->entries[i], entry, name_len) == 0 &&
		    environment->entries[i][name_len] == '=') {
			environment->entries[i] = entry;
			return;
		}
	}
	environment_append(environment, entry);
}

void
environment_set_pair(struct environment *environment, const char *name, const char *value)
{
	size_t name_len = strlen(name), value_len = strlen(value);
	char *entry = malloc(name_len + value_len + 2);

	if (entry == NULL)
		exec_fail(ENOMEM, "can't set %s", name);
	memcpy(entry, name, name_len);
	entry[name_len] = '=';
	memcpy(entry + name_len + 1, value, value_len + 1);
	environment_set(environment, entry);
}

void
environment_set_list(struct environment *environment, char *const *entries)
{
	for (; entries != NULL && *entries != NULL; entries++)
		environment_set(environment, *entries);
}

const char *
environment_get(const struct environment *environment, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < environment->count; i++)
		if (strncmp(environment->entries[i], name, len) == 0 &&
		    environment->entries[i][len] == '=')
			return environment->entries[i] + len + 1;
	return NULL;
}

static bool
is_own(const char *entry, size_t name_len)
{
	for (const char *const *name = own_names; *name != NULL; name++)
		if (strlen(*name) == name_len && strncmp(*name, entry, name_len) == 0)
			return true;
	return false;
}

void
environment_inherit(struct environment *environment)
{
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
		if (!is_own(*entry, strcspn(*entry, "=")))
			environment_append(environment, *entry);
}

/* `size` bytes at most, behind `before` free ones; NULL with errno. */
static char *
descriptor_read(int fd, size_t before, size_t size, size_t *len)
{
	char *buf = malloc(before + size + 1);

	*len = 0;
	while (buf != NULL && *len < size) {
		ssize_t got = read(fd, buf + before + *len, size - *len);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			free(buf);
			return NULL;
		}
		if (got == 0)
			break;
		*len += (size_t)got;
	}
	if (buf != NULL)
		buf[before + *len] = '\0';
	return buf;
}

/*
 * The content of a file of at most `max` bytes and a NUL, with room for `before` bytes in front.
 * Only regular files: anything else might keep the child waiting for ever.
 */
static char *
file_read(const char *what, const char *path, size_t before, size_t max, size_t *len)
{
	struct stat status;
	char *buf;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) == -1 ||
	    fstat(fd, &status) == -1)
		exec_fail(errno, "%s '%s'", what, path);
	if (!S_ISREG(status.st_mode))
		exec_fail(0, "%s '%s': not a regular file", what, path);
	/* Files in /proc and /sys say 0; one byte more shows that a file is too long. */
	if ((buf = descriptor_read(fd, before,
		 status.st_size > 0 && (size_t)status.st_size <= max ? (size_t)status.st_size + 1
								     : max + 1,
		 len)) == NULL)
		exec_fail(errno, "%s '%s'", what, path);
	if (*len > max)
		exec_fail(0, "%s '%s': longer than %zu bytes", what, path, max);
	close(fd);
	return buf;
}

void
environment_set_file(struct environment *environment, const char *path)
{
	struct env_file file;
	const char *errstr;
	char *text, *entry;
	size_t len;

	if (*path == '-' && access(++path, F_OK) == -1 && errno == ENOENT)
		return;
	/* Kept: the entries are inside. */
	text = file_read("environment_file", path, 0, FILE_MAX_BYTES, &len);
	env_file_begin(&file, text, len);
	while ((entry = env_file_next(&file, &errstr)) != NULL)
		environment_set(environment, entry);
	if (errstr != NULL)
		exec_fail(0, "environment_file: %s:%zu: the line %s", path, file.line, errstr);
}

/* Read straight into its place in the environment, so that no other copy of a secret exists; that
 * one goes with this process image when the command replaces it. */
void
environment_set_secret(struct environment *environment, const char *secret)
{
	size_t name_len = strcspn(secret, "="), len;
	char *entry;

	if (name_len == 0 || secret[name_len] != '=')
		exec_fail(0, "secret '%s' is not NAME=/path", secret);
	entry = file_read(
	    "secret", secret + name_len + 1, name_len + 1, SECRET_MAX_BYTES - name_len - 2, &len);
	memcpy(entry, secret, name_len + 1);
	if (strlen(entry + name_len + 1) != len)
		exec_fail(0, "secret '%s': has a NUL byte", secret + name_len + 1);
	if (len > 0 && entry[name_len + len] == '\n')
		entry[name_len + len] = '\0';
	environment_set(environment, entry);
}
