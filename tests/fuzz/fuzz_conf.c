/*
 * Feeds configuration files to the loader.  What it takes must survive a snapshot; what it refuses
 * must have an error of whole lines, and one of our own: what our scan lets through must be right
 * for libconfuse.
 */
#include <sys/mman.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const char *error, const uint8_t *data, size_t size);
static void check_snapshot(const struct conf *);

static void
check_error(const char *error, const uint8_t *data, size_t size)
{
	static const char *const foreign[] = { "premature end", "no such option",
		"unexpected token", "missing equal", "missing opening", "missing title",
		"unterminated string", "invalid octal", "bad escape", "out of memory" };

	if (error[0] == '\0')
		abort();
	for (; *error != '\0'; error++)
		if ((unsigned char)*error < ' ' && *error != '\n')
			abort();
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (strstr(error, foreign[i]) != NULL &&
		    memmem(data, size, foreign[i], strlen(foreign[i])) == NULL)
			abort();
}

static void
check_snapshot(const struct conf *conf)
{
	char error[CONF_ERROR_MAX];
	size_t len, again_len;
	char *text = conf_snapshot_write(conf, &len), *again_text;
	struct conf *again = conf_snapshot_read(text, len, error, sizeof(error));

	if (again == NULL)
		abort();
	again_text = conf_snapshot_write(again, &again_len);
	if (len != again_len || memcmp(text, again_text, len) != 0)
		abort();
	free(text);
	free(again_text);
	conf_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[CONF_ERROR_MAX] = "", path[64];
	struct conf *conf;
	char *run_dir;
	int fd;

	/* Patterns over the whole machine take long and find nothing. */
	if (memmem(data, size, "include", 7) != NULL && memchr(data, '*', size) != NULL)
		return 0;
	if ((fd = memfd_create("conf", MFD_CLOEXEC)) == -1 ||
	    write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((conf = conf_load(path, error, sizeof(error))) != NULL)
		check_snapshot(conf);
	else
		check_error(error, data, size);
	conf_free(conf);
	run_dir = conf_run_dir_of(path, error, sizeof(error));
	free(run_dir);
	close(fd);
	return 0;
}
