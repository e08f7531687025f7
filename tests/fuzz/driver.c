/*
 * Feeds a fuzz target, in a build without libFuzzer, with its corpus and with variations of it that
 * are the same each time.  `make check` shows so that the targets build and run; it does not look
 * for what is new.
 *
 *   fuzz_NAME             $srcdir/tests/fuzz/corpus/NAME
 *   fuzz_NAME FILE...     these files as they are
 *
 * What was fed last lies in fuzz_NAME.input if the target did not survive it.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIATIONS  400
#define CHANGES_MAX 4
#define FILES_MAX   64
#define FILE_MAX    (64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

struct input {
	uint8_t data[2 * FILE_MAX];
	size_t size;
};

static struct input corpus[FILES_MAX], varied;
static size_t corpus_count;
static char trace_path[4096];

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
load(const char *path)
{
	struct input *input = &corpus[corpus_count];
	FILE *file = fopen(path, "rb");

	if (file == NULL || corpus_count == FILES_MAX)
		die(path);
	input->size = fread(input->data, 1, FILE_MAX, file);
	fclose(file);
	corpus_count++;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of names, so that the variations are the same everywhere. */
static void
load_folder(const char *name)
{
	const char *srcdir = getenv("srcdir");
	struct dirent **entries;
	char folder[4096], path[4096 + 256];
	int count;

	snprintf(
	    folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".", name);
	count = scandir(folder, &entries, is_visible, alphasort);
	if (count <= 0)
		die(folder);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		load(path);
		free(entries[i]);
	}
	free(entries);
}

static void
feed(const struct input *input)
{
	/* Of exactly this size: the sanitizer sees one byte too far. */
	uint8_t *data = malloc(input->size > 0 ? input->size : 1);
	FILE *trace = fopen(trace_path, "wb");

	if (data == NULL || trace == NULL)
		die(trace_path);
	memcpy(data, input->data, input->size);
	fwrite(data, 1, input->size, trace);
	fclose(trace);
	LLVMFuzzerTestOneInput(data, input->size);
	free(data);
}

/* xorshift64*: below `limit`, the same numbers each time. */
static size_t
chance(size_t limit)
{
	static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return limit == 0 ? 0 : (size_t)((state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % limit;
}

static void
change_byte(struct input *input)
{
	if (input->size > 0)
		input->data[chance(input->size)] = (uint8_t)chance(256);
}

static void
change_bit(struct input *input)
{
	if (input->size > 0)
		input->data[chance(input->size)] ^= (uint8_t)(1U << chance(8));
}

static void
change_cut(struct input *input)
{
	size_t from = chance(input->size + 1), len = chance(input->size - from + 1);

	memmove(input->data + from, input->data + from + len, input->size - from - len);
	input->size -= len;
}

/* Puts a piece of some file of the corpus somewhere. */
static void
change_insert(struct input *input)
{
	const struct input *other = &corpus[chance(corpus_count)];
	size_t from = chance(other->size), len = chance(other->size - from + 1);
	size_t to = chance(input->size + 1);

	if (len > sizeof(input->data) - input->size)
		return;
	memmove(input->data + to + len, input->data + to, input->size - to);
	memcpy(input->data + to, other->data + from, len);
	input->size += len;
}

static void (*const changes[])(struct input *) = {
	change_byte,
	change_bit,
	change_cut,
	change_insert,
};

static void
vary(void)
{
	varied = corpus[chance(corpus_count)];
	for (size_t i = chance(CHANGES_MAX) + 1; i > 0; i--)
		changes[chance(sizeof(changes) / sizeof(changes[0]))](&varied);
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	bool is_given = argc > 1;

	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) != 0)
		die(name);
	snprintf(trace_path, sizeof(trace_path), "%s.input", argv[0]);
	for (int i = 1; i < argc; i++)
		load(argv[i]);
	if (!is_given)
		load_folder(name + 5);
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	for (size_t i = 0; i < corpus_count; i++)
		feed(&corpus[i]);
	for (int i = 0; i < VARIATIONS && !is_given; i++) {
		vary();
		feed(&varied);
	}
	unlink(trace_path);
	return 0;
}
