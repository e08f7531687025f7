#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "jobd-logger/rotate.h"
#include "jobd-logger/sink_file.h"
#include "jobd-logger/workers.h"

struct sink_file {
	struct journal *journal;
	struct journal_write *write;
	struct generations generations;
	int fd;
	bool is_regular;
	bool at_line_start;
	dev_t dev;
	ino_t ino;
	int64_t size, appended;
};

/* Bytes that are to be appended and the part of a chunk that they stand for. */
struct append {
	const char *data;
	size_t len;
	uint32_t chunk, from, to;
	bool is_raw;
};

static int file_prepare(struct sink_file *, const struct sink_policy *);
static int file_open(struct sink_file *, const struct sink_policy *);
static int file_rotate(struct sink_file *, const struct sink_policy *);
static void file_settle(struct sink_file *);
static int file_append(struct sink_file *, const struct append *);
static int write_raw(struct sink_file *, const struct sink_policy *, uint32_t chunk, uint32_t upto);
static int write_rendered(struct sink_file *, const struct sink_policy *,
    const struct line_format *, uint32_t chunk, uint32_t upto);

/* FNV-1a: names the file in the journal, where a path would need a page. */
static uint64_t
path_hash(const char *path)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *path != '\0'; path++)
		hash = (hash ^ (unsigned char)*path) * UINT64_C(1099511628211);
	return hash == 0 ? 1 : hash;
}

struct sink_file *
sink_file_new(struct journal *journal, const char *path)
{
	struct sink_file *file = calloc(1, sizeof(*file));

	if (file == NULL)
		return NULL;
	file->journal = journal;
	file->fd = -1;
	file->write = journal_write_get(journal, path_hash(path));
	if (generations_init(&file->generations, path) == -1 || file->write == NULL) {
		sink_file_free(file);
		errno = ENOMEM;
		return NULL;
	}
	return file;
}

void
sink_file_free(struct sink_file *file)
{
	if (file == NULL)
		return;
	if (file->write != NULL)
		journal_write_forget(file->write);
	fd_close(file->fd);
	generations_clear(&file->generations);
	free(file);
}

void
sink_file_close(struct sink_file *file)
{
	fd_clear(&file->fd);
}

/* Makes the directories that lead to `path`. */
static int
make_directories(const char *path)
{
	char dir[PATH_MAX];

	if (snprintf(dir, sizeof(dir), "%s", path) >= (int)sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (char *slash = strchr(dir + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0755) == -1 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return 0;
}

static bool
ends_in_line_end(const char *path, int64_t size)
{
	char last = '\n';
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd != -1 && size > 0 && pread(fd, &last, 1, size - 1) != 1)
		last = '\n';
	fd_close(fd);
	return last == '\n';
}

static int
file_open(struct sink_file *file, const struct sink_policy *policy)
{
	/* Non-blocking, so that a FIFO without a reader is an error and not a trap. */
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat st;
	int fd;

	if ((fd = open(file->generations.path, flags, policy->mode)) == -1 && errno == ENOENT &&
	    make_directories(file->generations.path) == 0)
		fd = open(file->generations.path, flags, policy->mode);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || fd_set_nonblocking(fd, false) == -1) {
		fd_close(fd);
		return -1;
	}
	file->fd = fd;
	file->is_regular = S_ISREG(st.st_mode);
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->size = st.st_size;
	file_settle(file);
	file->at_line_start =
	    !file->is_regular || ends_in_line_end(file->generations.path, file->size);
	generations_set_size(&file->generations, file->size);
	return 0;
}

/* Opens the file if need be; a file that was unlinked, or cut by others, is seen here. */
static int
file_prepare(struct sink_file *file, const struct sink_policy *policy)
{
	struct stat st;

	if (file->fd == -1)
		return file_open(file, policy);
	if (!file->is_regular)
		return 0;
	if (fstat(file->fd, &st) == -1)
		return -1;
	if (st.st_nlink == 0) {
		log_warnx("%s was removed; it is made anew", file->generations.path);
		sink_file_close(file);
		return file_open(file, policy);
	}
	if (st.st_size != file->size)
		generations_set_size(&file->generations, st.st_size);
	if (st.st_size == 0)
		file->at_line_start = true;
	file->size = st.st_size;
	return 0;
}

/*
 * Finishes what a killed logger had begun. Whole raw lines that reached the file are counted as
 * written; half a line is cut off again, because another stream may be the next to write, and so is
 * what was made of a chunk's lines: the next write makes it anew.
 */
static void
file_settle(struct sink_file *file)
{
	struct journal_write *write = file->write;
	int64_t reached = file->size - write->size, all = write->to - write->from, keep = 0;

	if (!journal_write_is_pending(file->journal, write))
		return;
	if (!file->is_regular || write->dev != file->dev || write->ino != file->ino ||
	    reached < 0) {
		log_warnx("%s was replaced while the logger was away: some of its last %" PRId64
			  " bytes may be there twice",
		    file->generations.path, all);
		reached = 0;
	}
	if (write->is_raw && reached >= all)
		keep = reached = all;
	else if (write->is_raw)
		keep = (int64_t)lines_whole(
		    journal_chunk_data(file->journal, write->chunk) + write->from, (size_t)reached);
	if (keep < reached && ftruncate(file->fd, write->size + keep) == 0)
		file->size = write->size + keep;
	journal_write_commit(file->journal, write, write->from + (uint32_t)keep);
}

static int
file_rotate(struct sink_file *file, const struct sink_policy *policy)
{
	if (generations_shift(&file->generations, policy->backups) == -1)
		return -1;
	sink_file_close(file);
	return file_open(file, policy);
}

int
sink_file_rotate(struct sink_file *file, const struct sink_policy *policy)
{
	if (file_prepare(file, policy) == -1)
		return -1;
	return file->is_regular && file->size > 0 ? file_rotate(file, policy) : 0;
}

int
sink_file_clear(struct sink_file *file, const struct sink_policy *policy)
{
	rotate_clear(file->generations.path);
	if (file_prepare(file, policy) == -1)
		return -1;
	if (!file->is_regular)
		return 0;
	if (ftruncate(file->fd, 0) == -1)
		return -1;
	file->size = 0;
	file->at_line_start = true;
	generations_set_size(&file->generations, 0);
	return 0;
}

/* How much of `append` counts as written after only `reached` bytes of it did: whole lines. */
static int
append_cut(struct sink_file *file, const struct append *append, size_t reached)
{
	size_t keep = lines_whole(append->data, reached);
	uint32_t upto = append->from;

	/* The rest of a long line goes on from where it is. */
	if (append->is_raw && keep == 0)
		keep = reached;
	if (keep < reached && ftruncate(file->fd, file->size + (int64_t)keep) == -1)
		keep = reached;
	if (append->is_raw)
		upto += (uint32_t)keep;
	else
		upto += (uint32_t)lines_pieces_length(
		    journal_chunk_data(file->journal, append->chunk) + append->from,
		    append->to - append->from, lines_count(append->data, keep));
	file->size += (int64_t)keep;
	file->appended += (int64_t)keep;
	if (keep > 0)
		file->at_line_start = append->data[keep - 1] == '\n';
	journal_write_commit(file->journal, file->write, upto);
	generations_set_size(&file->generations, file->size);
	return -1;
}

static int
file_append(struct sink_file *file, const struct append *append)
{
	struct journal_write *record = file->write;
	size_t reached = 0;
	struct stat st;
	int saved;

	record->dev = file->dev;
	record->ino = file->ino;
	record->size = file->size;
	record->is_raw = append->is_raw;
	journal_write_arm(file->journal, record, append->chunk, append->from, append->to);
	while (reached < append->len) {
		ssize_t written = write(file->fd, append->data + reached, append->len - reached);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1) {
			saved = errno;
			append_cut(file, append, reached);
			errno = saved;
			return -1;
		}
		reached += (size_t)written;
	}
	if (file->is_regular && fstat(file->fd, &st) == 0 && st.st_nlink == 0) {
		/* It went nowhere: once more, to a new file. */
		sink_file_close(file);
		journal_write_commit(file->journal, record, append->from);
		return 0;
	}
	file->size += (int64_t)append->len;
	file->appended += (int64_t)append->len;
	file->at_line_start = append->data[append->len - 1] == '\n';
	journal_write_commit(file->journal, record, append->to);
	generations_set_size(&file->generations, file->size);
	return 0;
}

int
sink_file_write(struct sink_file *file, const struct sink_policy *policy,
    const struct line_format *format, uint32_t chunk, uint32_t upto)
{
	const struct journal_chunk *entry = journal_chunk(file->journal, chunk);
	int result = file_prepare(file, policy);

	/* Only now: a killed logger may have got further than the chunk says. */
	while (result == 0 && entry->done < upto) {
		if (file->fd == -1)
			result = file_open(file, policy);
		else if (format->kind == LINE_FORMAT_RAW)
			result = write_raw(file, policy, chunk, upto);
		else
			result = write_rendered(file, policy, format, chunk, upto);
	}
	return result;
}

static int
write_raw(struct sink_file *file, const struct sink_policy *policy, uint32_t chunk, uint32_t upto)
{
	uint32_t from = journal_chunk(file->journal, chunk)->done;
	struct append append = {
		.data = journal_chunk_data(file->journal, chunk) + from,
		.len = upto - from,
		.chunk = chunk,
		.from = from,
		.is_raw = true,
	};

	if (file->is_regular)
		append.len = rotate_cut(
		    policy->max_bytes, file->size, file->at_line_start, append.data, append.len);
	if (append.len == 0)
		return file_rotate(file, policy);
	append.to = from + (uint32_t)append.len;
	return file_append(file, &append);
}

static int
write_rendered(struct sink_file *file, const struct sink_policy *policy,
    const struct line_format *format, uint32_t chunk, uint32_t upto)
{
	const struct journal_chunk *entry = journal_chunk(file->journal, chunk);
	const char *data = journal_chunk_data(file->journal, chunk) + entry->done;
	struct append append = { .chunk = chunk, .from = entry->done };
	char *out = workers_scratch();
	size_t used, cut;

	if (out == NULL)
		return -1;
	/* Somebody else's half line, or ours from a time when the format was raw. */
	if (!file->at_line_start) {
		if (write(file->fd, "\n", 1) != 1)
			return -1;
		file->size++;
		file->appended++;
		file->at_line_start = true;
		return 0;
	}
	append.data = out;
	append.len = lines_render(
	    format, entry->at_us, data, upto - entry->done, out, LINES_RENDERED_MAX, &used);
	if (file->is_regular && policy->max_bytes > 0 && append.len > 0) {
		cut = rotate_cut(policy->max_bytes, file->size, true, out, append.len);
		if (cut == 0)
			return file_rotate(file, policy);
		if (cut < append.len) {
			append.len = cut;
			used = lines_pieces_length(data, upto - entry->done, lines_count(out, cut));
		}
	}
	append.to = append.from + (uint32_t)used;
	return file_append(file, &append);
}

struct generations *
sink_file_generations(struct sink_file *file)
{
	return &file->generations;
}

int64_t
sink_file_take_appended(struct sink_file *file)
{
	int64_t appended = file->appended;

	file->appended = 0;
	return appended;
}
