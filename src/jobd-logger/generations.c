#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "jobd-logger/generations.h"

/* There may be older files from the time before us. */
#define FIRST_GENERATION UINT64_C(1000000)

int
generations_init(struct generations *files, const char *path)
{
	*files = (struct generations){ .current = FIRST_GENERATION, .size = -1 };
	pthread_mutex_init(&files->mutex, NULL);
	files->path = strdup(path);
	return files->path == NULL ? -1 : 0;
}

void
generations_clear(struct generations *files)
{
	pthread_mutex_destroy(&files->mutex);
	free(files->path);
}

int64_t
generations_rotations(const struct generations *files)
{
	return (int64_t)(__atomic_load_n(&files->current, __ATOMIC_RELAXED) - FIRST_GENERATION);
}

int64_t
generations_bytes(const struct generations *files)
{
	int64_t size = __atomic_load_n(&files->size, __ATOMIC_RELAXED);

	return size == -1 ? 0 : size;
}

/* With the mutex held, as below. */
static void
size_store(struct generations *files, int64_t size)
{
	__atomic_store_n(&files->size, size, __ATOMIC_RELAXED);
}

void
generations_set_size(struct generations *files, int64_t size)
{
	pthread_mutex_lock(&files->mutex);
	size_store(files, size);
	pthread_mutex_unlock(&files->mutex);
}

int
generations_shift(struct generations *files, int64_t backups)
{
	int result;

	pthread_mutex_lock(&files->mutex);
	if ((result = rotate_shift(files->path, backups)) == 0) {
		__atomic_store_n(&files->current, files->current + 1, __ATOMIC_RELAXED);
		size_store(files, 0);
	}
	pthread_mutex_unlock(&files->mutex);
	return result;
}

struct log_place
generations_end(struct generations *files)
{
	struct log_place place;
	struct stat st;

	pthread_mutex_lock(&files->mutex);
	if (files->size == -1 && stat(files->path, &st) == 0)
		size_store(files, st.st_size);
	place.generation = files->current;
	place.offset = files->size == -1 ? 0 : files->size;
	pthread_mutex_unlock(&files->mutex);
	return place;
}

int
generations_open(struct generations *files, uint64_t generation, bool *is_gz)
{
	char name[PATH_MAX];
	int fd = -1, forms;

	pthread_mutex_lock(&files->mutex);
	errno = ENOENT;
	/* As it is; and what is not current may be compressed. */
	forms = generation > files->current ? 0 : generation == files->current ? 1 : 2;
	for (int gz = 0; fd == -1 && gz < forms; gz++) {
		*is_gz = gz;
		if (rotate_name(files->path, (int64_t)(files->current - generation), gz, name,
			sizeof(name)) != NULL)
			fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	}
	pthread_mutex_unlock(&files->mutex);
	return fd;
}

void
generations_usage(struct generations *files, struct rotate_usage *usage)
{
	struct stat st;

	pthread_mutex_lock(&files->mutex);
	rotate_usage(files->path, usage);
	if (usage->oldest_index == 0 && stat(files->path, &st) == 0)
		usage->dev = st.st_dev;
	pthread_mutex_unlock(&files->mutex);
}

bool
generations_remove_oldest(struct generations *files)
{
	struct rotate_usage usage;
	char name[PATH_MAX];
	bool is_removed = false;

	pthread_mutex_lock(&files->mutex);
	rotate_usage(files->path, &usage);
	if (usage.oldest_index > 0 && rotate_name(files->path, usage.oldest_index, usage.oldest_gz,
					  name, sizeof(name)) != NULL)
		is_removed = unlink(name) == 0;
	pthread_mutex_unlock(&files->mutex);
	return is_removed;
}

int
generations_open_rotated(struct generations *files, struct rotated_file *rotated)
{
	struct rotate_usage usage;
	char name[PATH_MAX];
	struct stat st;
	int fd = -1;

	pthread_mutex_lock(&files->mutex);
	rotate_usage(files->path, &usage);
	for (int64_t index = usage.oldest_index; fd == -1 && index > 0; index--) {
		if (rotate_drop_twin(files->path, index) ||
		    rotate_name(files->path, index, false, name, sizeof(name)) == NULL)
			continue;
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		rotated->generation = files->current - (uint64_t)index;
	}
	pthread_mutex_unlock(&files->mutex);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		fd_close(fd);
		return -1;
	}
	rotated->fd = fd;
	rotated->dev = st.st_dev;
	rotated->ino = st.st_ino;
	rotated->mode = st.st_mode;
	rotated->uid = st.st_uid;
	rotated->gid = st.st_gid;
	return 0;
}

int
generations_replace_rotated(
    struct generations *files, const struct rotated_file *rotated, const char *compressed)
{
	char plain[PATH_MAX], gz[PATH_MAX];
	int result = -1;
	struct stat st;
	int64_t index;

	pthread_mutex_lock(&files->mutex);
	index = (int64_t)(files->current - rotated->generation);
	/* It may have been removed as the oldest meanwhile. */
	if (rotate_name(files->path, index, false, plain, sizeof(plain)) != NULL &&
	    rotate_name(files->path, index, true, gz, sizeof(gz)) != NULL &&
	    stat(plain, &st) == 0 && st.st_dev == rotated->dev && st.st_ino == rotated->ino &&
	    rename(compressed, gz) == 0)
		result = unlink(plain);
	pthread_mutex_unlock(&files->mutex);
	return result;
}
