#include <sys/mman.h>

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/fd.h"

#include "generation.h"

static char *hold(const char *text, size_t len);

/*
 * The text lives in a memfd: mapped for those who ask for it, it takes none of our memory until
 * then, and nobody can change it.  Returns the mapping, or NULL with errno.
 */
static char *
hold(const char *text, size_t len)
{
	int fd = memfd_create("jobd-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *map = MAP_FAILED;

	if (fd == -1)
		return NULL;
	if (fd_write_all(fd, text, len) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0)
		map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	fd_close(fd);
	return map == MAP_FAILED ? NULL : map;
}

struct generation *
generation_new(struct conf *conf)
{
	struct generation *generation = calloc(1, sizeof(*generation));
	char *text = NULL;

	if (generation != NULL &&
	    (text = conf_snapshot_write(conf, &generation->snapshot_len)) != NULL) {
		generation->snapshot = hold(text, generation->snapshot_len);
		freezero(text, generation->snapshot_len);
	}
	if (generation == NULL || generation->snapshot == NULL) {
		free(generation);
		conf_free(conf);
		return NULL;
	}
	generation->conf = conf;
	generation->references = 1;
	/* Reading a configuration takes several times what it is; give that back now rather than
	 * keep it for ever. */
	malloc_trim(0);
	return generation;
}

struct generation *
generation_ref(struct generation *generation)
{
	generation->references++;
	return generation;
}

void
generation_unref(struct generation *generation)
{
	if (generation == NULL || --generation->references > 0)
		return;
	conf_free(generation->conf);
	munmap(generation->snapshot, generation->snapshot_len);
	free(generation);
}
