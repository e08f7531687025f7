#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>

#include "conf_files.h"

static char directory[64];

static void remove_tree(int parent, const char *name);
static void remove_text(char *text, const char *part);

int
conf_files_begin(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/jobd-test-conf-XXXXXX");
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static void
remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct dirent *entry;
	DIR *dir;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		unlinkat(parent, name, 0);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_tree(fd, entry->d_name);
	closedir(dir);
	unlinkat(parent, name, AT_REMOVEDIR);
}

int
conf_files_end(void **state)
{
	(void)state;
	remove_tree(AT_FDCWD, directory);
	return 0;
}

const char *
conf_files_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

void
conf_files_write_bytes(const char *name, const void *data, size_t len)
{
	char folder[256];
	FILE *file;

	snprintf(folder, sizeof(folder), "%s", conf_files_path(name));
	*strrchr(folder, '/') = '\0';
	mkdir(folder, 0755);
	file = fopen(conf_files_path(name), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

void
conf_files_write(const char *name, const char *text)
{
	conf_files_write_bytes(name, text, strlen(text));
}

struct conf *
conf_of(const char *text)
{
	char error[CONF_ERROR_MAX];
	struct conf *conf;

	conf_files_write("main.conf", text);
	if ((conf = conf_load(conf_files_path("main.conf"), error, sizeof(error))) == NULL)
		fail_msg("%s", error);
	return conf;
}

static void
remove_text(char *text, const char *part)
{
	char *at;

	while ((at = strstr(text, part)) != NULL)
		memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
}

const char *
conf_error_of(const char *text)
{
	static char error[CONF_ERROR_MAX];
	struct conf *conf;

	if (text != NULL)
		conf_files_write("main.conf", text);
	if ((conf = conf_load(conf_files_path("main.conf"), error, sizeof(error))) != NULL) {
		conf_free(conf);
		fail_msg("this was taken without an error: %s", text);
	}
	remove_text(error, conf_files_path(""));
	return error;
}

void
assert_conf_error(const char *text, const char *line)
{
	const char *error = conf_error_of(text), *at = error;
	size_t len = strlen(line);

	while ((at = strstr(at, line)) != NULL) {
		if ((at == error || at[-1] == '\n') && (at[len] == '\n' || at[len] == '\0'))
			return;
		at++;
	}
	fail_msg("'%s' is not among:\n%s", line, error);
}
