#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jobd-logger/lines.h"
#include "jobd-logger/rotate.h"

/* Rotated files are looked for up to this many names behind a gap. */
#define GAP_MAX 10

static bool index_stat(const char *path, int64_t index, bool gz, struct stat *);
static int index_move(const char *path, int64_t from, int64_t to);

size_t
rotate_cut(int64_t max_bytes, int64_t size, bool at_line_start, const char *data, size_t len)
{
	size_t room, whole, longest;
	const char *end;

	if (max_bytes <= 0 || size + (int64_t)len <= max_bytes)
		return len;
	room = size < max_bytes ? (size_t)(max_bytes - size) : 0;
	if ((whole = lines_whole(data, room)) > 0)
		return whole;
	if (at_line_start && size > 0)
		return 0;
	if ((end = memchr(data, '\n', len)) != NULL)
		len = (size_t)(end - data) + 1;
	longest =
	    size < max_bytes + ROTATE_LINE_MAX ? (size_t)(max_bytes + ROTATE_LINE_MAX - size) : 0;
	return len < longest ? len : longest;
}

const char *
rotate_name(const char *path, int64_t index, bool gz, char *buf, size_t size)
{
	int len;

	if (index == 0)
		len = snprintf(buf, size, "%s", path);
	else
		len = snprintf(buf, size, "%s.%" PRId64 "%s", path, index, gz ? ".gz" : "");
	return len < 0 || (size_t)len >= size ? NULL : buf;
}

static bool
index_stat(const char *path, int64_t index, bool gz, struct stat *st)
{
	char name[PATH_MAX];

	return rotate_name(path, index, gz, name, sizeof(name)) != NULL && lstat(name, st) == 0;
}

static bool
index_exists(const char *path, int64_t index)
{
	struct stat st;

	return index_stat(path, index, false, &st) || index_stat(path, index, true, &st);
}

static void
index_unlink(const char *path, int64_t index)
{
	char name[PATH_MAX];

	for (int gz = 0; gz <= 1; gz++)
		if (rotate_name(path, index, gz, name, sizeof(name)) != NULL)
			(void)unlink(name);
}

static int
index_move(const char *path, int64_t from, int64_t to)
{
	char old[PATH_MAX], new[PATH_MAX];
	int result = 0;

	for (int gz = 0; gz <= (from > 0); gz++) {
		if (rotate_name(path, from, gz, old, sizeof(old)) == NULL ||
		    rotate_name(path, to, gz, new, sizeof(new)) == NULL) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (rename(old, new) == -1 && errno != ENOENT)
			result = -1;
	}
	return result;
}

int
rotate_shift(const char *path, int64_t backups)
{
	int64_t last = 1;

	/* A gap is where the last move was broken off, or a file that somebody removed. */
	while (last <= backups && index_exists(path, last))
		last++;
	/* The oldest goes by unlink: renaming another one over it costs the writer six times as
	 * much.
	 */
	for (int64_t index = last <= backups || backups < 1 ? backups + 1 : backups;
	     index_exists(path, index); index++)
		index_unlink(path, index);
	if (backups < 1)
		return unlink(path) == -1 && errno != ENOENT ? -1 : 0;
	for (last = last <= backups ? last : backups; last > 0; last--)
		if (index_move(path, last - 1, last) == -1)
			return -1;
	return 0;
}

bool
rotate_drop_twin(const char *path, int64_t index)
{
	char name[PATH_MAX];
	struct stat st;

	return index_stat(path, index, true, &st) && index_stat(path, index, false, &st) &&
	       rotate_name(path, index, false, name, sizeof(name)) != NULL && unlink(name) == 0;
}

void
rotate_clear(const char *path)
{
	for (int64_t index = 1, gap = 0; gap < GAP_MAX; index++) {
		gap = index_exists(path, index) ? 0 : gap + 1;
		index_unlink(path, index);
	}
}

static void
usage_add(struct rotate_usage *usage, int64_t index, bool gz, const struct stat *st)
{
	usage->bytes += st->st_size;
	usage->oldest_index = index;
	usage->oldest_gz = gz;
	usage->oldest_bytes = st->st_size;
	usage->oldest_mtime = st->st_mtim;
	usage->dev = st->st_dev;
}

void
rotate_usage(const char *path, struct rotate_usage *usage)
{
	struct stat st;

	*usage = (struct rotate_usage){ 0 };
	for (int64_t index = 1, gap = 0; gap < GAP_MAX; index++) {
		gap++;
		for (int gz = 0; gz <= 1; gz++) {
			if (index_stat(path, index, gz, &st)) {
				usage_add(usage, index, gz, &st);
				gap = 0;
			}
		}
	}
}
