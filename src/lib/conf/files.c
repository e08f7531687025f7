#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/files.h"
#include "conf/parse.h"
#include "conf/scan.h"
#include "conf/value.h"

#define FILE_MAX    (1024 * 1024)
#define FILES_MAX   1000
#define TOTAL_MAX   (4 * 1024 * 1024)
#define NESTING_MAX 8

struct include {
	char *pattern;
	int64_t line;
};

struct include_list {
	struct include *list;
	size_t count;
	bool failed;
};

/* A file that is being read, and the one that includes it. */
struct frame {
	const struct frame *parent;
	const char *file;
	dev_t device;
	ino_t inode;
	int depth;
};

/* Where a file is asked for: the place of an error about it. */
struct origin {
	const char *file; /* NULL for the main file */
	int64_t line;
};

static char *read_all(int fd, size_t size, size_t *len);
static char *open_and_read(
    const char *path, struct frame *, struct origin, struct blocks *, struct errors *, size_t *len);
static bool has_nul(const char *file, const char *text, size_t len, struct errors *);
static bool is_open(const struct frame *);
static int read_file(
    const char *path, const struct frame *parent, struct origin, struct blocks *, struct errors *);
static void add_include(void *context, const char *pattern, int64_t line);
static int follow(const struct frame *, const struct include *, struct blocks *, struct errors *);
static int follow_all(
    const struct frame *, struct include_list *, struct blocks *, struct errors *);

char *
files_beside(const char *file, const char *rest)
{
	const char *slash = strrchr(file, '/');
	char *path;

	if (rest[0] == '/' || slash == NULL)
		return strdup(rest);
	return asprintf(&path, "%.*s/%s", (int)(slash - file), file, rest) == -1 ? NULL : path;
}

/* Everything up to `size` bytes; the file may have become shorter meanwhile. */
static char *
read_all(int fd, size_t size, size_t *len)
{
	char *text = malloc(size + 1);
	ssize_t count;

	*len = 0;
	while (text != NULL && *len < size) {
		if ((count = read(fd, text + *len, size - *len)) == 0)
			break;
		if (count == -1) {
			if (errno == EINTR)
				continue;
			free(text);
			return NULL;
		}
		*len += (size_t)count;
	}
	if (text != NULL)
		text[*len] = '\0';
	return text;
}

/* The file's bytes, or NULL with the error written down. */
static char *
open_and_read(const char *path, struct frame *frame, struct origin origin, struct blocks *blocks,
    struct errors *errors, size_t *len)
{
	const char *why = NULL;
	char *text = NULL;
	struct stat st;
	int fd;

	/* Not blocking: it could be a pipe that no one writes to. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) == -1 ||
	    fstat(fd, &st) == -1)
		why = strerror(errno);
	else if (S_ISDIR(st.st_mode))
		why = "is a directory, not a file";
	else if (!S_ISREG(st.st_mode))
		why = "is not a regular file";
	else if (st.st_size > FILE_MAX)
		why = "is larger than 1 MB";
	else if (blocks->file_count >= FILES_MAX || blocks->bytes + (size_t)st.st_size > TOTAL_MAX)
		why = "is one file too many, or all files together are larger than 4 MB";
	else if ((text = read_all(fd, (size_t)st.st_size, len)) == NULL)
		why = strerror(errno);
	fd_close(fd);
	if (why != NULL) {
		errors_add(errors, origin.file, origin.line, "%s: %s", path, why);
		return NULL;
	}
	frame->device = st.st_dev;
	frame->inode = st.st_ino;
	blocks->bytes += *len;
	return text;
}

static bool
has_nul(const char *file, const char *text, size_t len, struct errors *errors)
{
	const char *nul = memchr(text, '\0', len);
	int64_t line = 1;

	if (nul == NULL)
		return false;
	for (const char *at = text; at < nul; at++)
		line += *at == '\n';
	errors_add(errors, file, line, "there is a NUL byte: this is not a text file");
	return true;
}

static bool
is_open(const struct frame *frame)
{
	for (const struct frame *outer = frame->parent; outer != NULL; outer = outer->parent)
		if (outer->device == frame->device && outer->inode == frame->inode)
			return true;
	return false;
}

static int
read_file(const char *path, const struct frame *parent, struct origin origin, struct blocks *blocks,
    struct errors *errors)
{
	struct frame frame = { .parent = parent, .depth = parent != NULL ? parent->depth + 1 : 0 };
	struct include_list includes = { .list = NULL };
	size_t first = blocks->count, len = 0;
	char *text, *clean = NULL;
	int result = -1;

	if ((text = open_and_read(path, &frame, origin, blocks, errors, &len)) == NULL)
		return -1;
	if (is_open(&frame) || frame.depth > NESTING_MAX) {
		errors_add(errors, origin.file, origin.line, "%s: %s", path,
		    is_open(&frame) ? "includes itself" : "is included too deeply");
		goto done;
	}
	if ((frame.file = blocks_add_file(blocks, path)) == NULL) {
		errors_add(errors, path, 0, "out of memory");
		goto done;
	}
	if (has_nul(frame.file, text, len, errors))
		goto done;
	if ((clean = scan_text(frame.file, text, len, blocks, errors)) == NULL)
		goto done;
	result = parse_text(frame.file, clean, blocks, first, errors, add_include, &includes);
	if (follow_all(&frame, &includes, blocks, errors) == -1)
		result = -1;
done:
	for (size_t i = first; i < blocks->count && clean == NULL; i++)
		blocks->list[i].is_partial = true;
	free(clean);
	free(text);
	return result;
}

/* Only remembers it: libconfuse can't read one file in the middle of another. */
static void
add_include(void *context, const char *pattern, int64_t line)
{
	struct include_list *includes = context;
	struct include *more = reallocarray(includes->list, includes->count + 1, sizeof(*more));
	char *copy = strdup(pattern);

	if (more != NULL)
		includes->list = more;
	if (more == NULL || copy == NULL) {
		free(copy);
		includes->failed = true;
		return;
	}
	more[includes->count++] = (struct include){ .pattern = copy, .line = line };
}

/* All files of one include; a pattern without a match is fine, a plain name without a file is not.
 */
static int
follow(const struct frame *frame, const struct include *include, struct blocks *blocks,
    struct errors *errors)
{
	const struct origin origin = { .file = frame->file, .line = include->line };
	char *pattern = files_beside(frame->file, include->pattern);
	glob_t found = { .gl_pathc = 0 };
	int result = 0, status;

	if (pattern == NULL) {
		errors_add(errors, frame->file, include->line, "out of memory");
		return -1;
	}
	if (strpbrk(include->pattern, "*?[") == NULL) {
		result = read_file(pattern, frame, origin, blocks, errors);
	} else if ((status = glob(pattern, GLOB_ERR, NULL, &found)) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (read_file(found.gl_pathv[i], frame, origin, blocks, errors) == -1)
				result = -1;
	} else if (status != GLOB_NOMATCH && errno != ENOENT) {
		errors_add(errors, frame->file, include->line, "include(\"%s\"): %s",
		    include->pattern, strerror(errno));
		result = -1;
	}
	globfree(&found);
	free(pattern);
	return result;
}

static int
follow_all(const struct frame *frame, struct include_list *includes, struct blocks *blocks,
    struct errors *errors)
{
	int result = includes->failed ? -1 : 0;

	if (includes->failed)
		errors_add(errors, frame->file, 0, "out of memory");
	for (size_t i = 0; i < includes->count; i++) {
		if (follow(frame, &includes->list[i], blocks, errors) == -1)
			result = -1;
		free(includes->list[i].pattern);
	}
	free(includes->list);
	return result;
}

int
files_read(const char *path, struct blocks *blocks, struct errors *errors)
{
	const struct origin nowhere = { .file = NULL };

	return read_file(path, NULL, nowhere, blocks, errors);
}
