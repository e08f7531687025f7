#include <sys/queue.h>
#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "read_files.h"

/* What another content changes, also when a file takes the place of another one. */
struct seen {
	SLIST_ENTRY(seen) entry;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed_at;
	char path[];
};

static SLIST_HEAD(, seen) list = SLIST_HEAD_INITIALIZER(list);

static void
look(struct seen *seen)
{
	struct stat sb;

	if (stat(seen->path, &sb) == -1)
		memset(&sb, 0, sizeof(sb));
	seen->device = sb.st_dev;
	seen->inode = sb.st_ino;
	seen->size = sb.st_size;
	seen->changed_at = sb.st_mtim;
}

int
read_files_add(const char *path)
{
	size_t size = strlen(path) + 1;
	struct seen *seen = calloc(1, sizeof(*seen) + size);

	if (seen == NULL)
		return -1;
	memcpy(seen->path, path, size);
	look(seen);
	SLIST_INSERT_HEAD(&list, seen, entry);
	return 0;
}

static bool
is_another(const struct seen *then)
{
	struct stat now;

	if (stat(then->path, &now) == -1)
		return true;
	return now.st_dev != then->device || now.st_ino != then->inode ||
	       now.st_size != then->size || now.st_mtim.tv_sec != then->changed_at.tv_sec ||
	       now.st_mtim.tv_nsec != then->changed_at.tv_nsec;
}

bool
read_files_have_changed(void)
{
	const struct seen *seen;

	SLIST_FOREACH (seen, &list, entry)
		if (is_another(seen))
			return true;
	return false;
}
