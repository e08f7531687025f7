#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/fd.h"
#include "base/log.h"
#include "jobd-logger/compress.h"
#include "jobd-logger/workers.h"

#define BLOCK_BYTES 32768
#define NICE        19

static struct {
	struct work work;
	struct sink *sink; /* being done */
	int error;
	bool is_more;
} compress_job;

static void compress_run(struct work *);
static void compress_done(struct work *);

void
compress_sink(struct sink *sink)
{
	sink_set_wants_compression(sink, true);
	if (compress_job.sink != NULL)
		return;
	sink_set_wants_compression(sink, false);
	sink_hold(sink);
	compress_job.sink = sink;
	compress_job.work.run = compress_run;
	compress_job.work.done = compress_done;
	workers_submit_background(&compress_job.work);
}

/* Everything from one descriptor to a gzip stream on the other, and onto the disk. */
static int
compress_copy(int from, int to)
{
	char block[BLOCK_BYTES];
	int copy = dup(to), result = -1;
	gzFile gz = copy == -1 ? NULL : gzdopen(copy, "wb6");
	ssize_t len = -1;

	if (gz == NULL) {
		fd_close(copy);
		return -1;
	}
	while ((len = read(from, block, sizeof(block))) > 0)
		if (gzwrite(gz, block, (unsigned)len) != len)
			break;
	if (gzclose(gz) == Z_OK && len == 0)
		result = fdatasync(to);
	return result;
}

/* Without a name nothing is left of it when we end in the middle, however we end.  Some file
 * systems know only files with names. */
static int
open_copy(const char *temporary, mode_t mode, bool *is_named)
{
	char directory[PATH_MAX];
	int fd;

	snprintf(directory, sizeof(directory), "%s", temporary);
	*strrchr(directory, '/') = '\0';
	fd = open(directory[0] == '\0' ? "/" : directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
	*is_named = fd == -1;
	if (*is_named)
		fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	return fd;
}

/* Instead of one that somebody else has left. */
static int
name_copy(int fd, const char *temporary)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (unlink(temporary) == -1 && errno != ENOENT)
		return -1;
	return linkat(AT_FDCWD, link, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW);
}

static int
compress_file(struct generations *files, const char *temporary, struct rotated_file *rotated)
{
	bool is_named;
	int to = open_copy(temporary, rotated->mode & 0777, &is_named);
	int result = -1;

	if (to != -1 && fchown(to, rotated->uid, rotated->gid) == -1)
		log_debug("%s: can't keep the owner", temporary);
	if (to != -1 && compress_copy(rotated->fd, to) == 0 &&
	    (is_named || name_copy(to, temporary) == 0))
		result = generations_replace_rotated(files, rotated, temporary);
	if (result == -1)
		(void)unlink(temporary);
	fd_close(to);
	return result;
}

/* In a thread of its own. */
static void
compress_run(struct work *work)
{
	struct generations *files = sink_generations(compress_job.sink);
	char temporary[PATH_MAX];
	struct rotated_file rotated;

	(void)work;
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	compress_job.error = 0;
	compress_job.is_more = false;
	if (snprintf(temporary, sizeof(temporary), "%s.gz.tmp", sink_path(compress_job.sink)) >=
	    (int)sizeof(temporary))
		return;
	if (generations_open_rotated(files, &rotated) == -1)
		return;
	if (compress_file(files, temporary, &rotated) == -1)
		compress_job.error = errno;
	else
		compress_job.is_more = true;
	fd_close(rotated.fd);
}

static void
compress_done(struct work *work)
{
	struct sink *sink = compress_job.sink;

	(void)work;
	if (compress_job.error != 0) {
		errno = compress_job.error;
		log_warn("can't compress rotated files of %s", sink_path(sink));
	}
	if (compress_job.is_more)
		sink_set_wants_compression(sink, true);
	compress_job.sink = NULL;
	sink_release(sink);
	for (sink = sink_first(); sink != NULL; sink = sink_next(sink)) {
		if (sink_wants_compression(sink)) {
			compress_sink(sink);
			break;
		}
	}
}
