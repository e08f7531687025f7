/*
 * What the machine allows: one process that reads 1 MiB from stdin, writes it to a file and rotates
 * that at 50 MB x 10 behind a line; it does nothing else.  usage: logger_floor PATH <PIPE
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES (1024 * 1024)
#define LIMIT_BYTES (50L * 1024 * 1024)
#define BACKUPS     10

static int out = -1;
static long size;

static void
file_open(const char *path)
{
	out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	size = 0;
}

static void
file_rotate(const char *path)
{
	char from[PATH_MAX], to[PATH_MAX];

	close(out);
	snprintf(to, sizeof(to), "%s.%d", path, BACKUPS);
	(void)unlink(to);
	for (int i = BACKUPS - 1; i > 0; i--) {
		snprintf(from, sizeof(from), "%s.%d", path, i);
		snprintf(to, sizeof(to), "%s.%d", path, i + 1);
		(void)rename(from, to);
	}
	snprintf(to, sizeof(to), "%s.1", path);
	(void)rename(path, to);
	file_open(path);
}

static void
block_write(const char *path, const char *data, size_t len)
{
	while (len > 0) {
		size_t room = LIMIT_BYTES > size ? (size_t)(LIMIT_BYTES - size) : 0, part = len;
		ssize_t written;

		if (part > room) {
			const char *end = memrchr(data, '\n', room);

			part = end == NULL ? 0 : (size_t)(end - data) + 1;
		}
		if (part == 0) {
			file_rotate(path);
			continue;
		}
		if ((written = write(out, data, part)) == -1)
			exit(EXIT_FAILURE);
		data += written;
		len -= (size_t)written;
		size += written;
	}
}

int
main(int argc, char **argv)
{
	char *block = malloc(BLOCK_BYTES);
	ssize_t len;

	if (argc != 2 || block == NULL)
		return EXIT_FAILURE;
	(void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, BLOCK_BYTES);
	file_open(argv[1]);
	while ((len = read(STDIN_FILENO, block, BLOCK_BYTES)) > 0)
		block_write(argv[1], block, (size_t)len);
	return len == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
