#include <sys/mman.h>

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/fd.h"

#include "generation.h"

static char *hold(const char *text, size_t len);
static char *snapshot_make(const struct conf *, size_t *len);
static char *snapshot_make_for_web(const struct conf *, size_t *len);

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

static char *
snapshot_make(const struct conf *conf, size_t *len)
{
	char *text = conf_snapshot_write(conf, len), *map;

	if (text == NULL)
		return NULL;
	map = hold(text, *len);
	freezero(text, *len);
	return map;
}

/* Who breaks into the web side finds no command, no password and no environment there. */
static char *
snapshot_make_for_web(const struct conf *conf, size_t *len)
{
	static char *no_words[] = { NULL }, nothing[] = "";
	struct conf less = *conf;

	less.program_count = less.job_count = less.queue_count = 0;
	less.alert_count = less.notify_count = less.outbox_count = 0;
	less.environment = no_words;
	less.scheduler.password = less.smtp.password = nothing;
	return snapshot_make(&less, len);
}

static void
generation_free(struct generation *generation)
{
	if (generation == NULL)
		return;
	if (generation->snapshot != NULL)
		munmap(generation->snapshot, generation->snapshot_len);
	if (generation->web_snapshot != NULL)
		munmap(generation->web_snapshot, generation->web_snapshot_len);
	conf_free(generation->conf);
	free(generation);
}

struct generation *
generation_new(struct conf *conf)
{
	struct generation *generation = calloc(1, sizeof(*generation));

	if (generation != NULL)
		generation->snapshot = snapshot_make(conf, &generation->snapshot_len);
	if (generation != NULL && conf->web.listen[0] != NULL)
		generation->web_snapshot =
		    snapshot_make_for_web(conf, &generation->web_snapshot_len);
	if (generation == NULL || generation->snapshot == NULL ||
	    (conf->web.listen[0] != NULL && generation->web_snapshot == NULL)) {
		generation_free(generation);
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
	generation_free(generation);
}
