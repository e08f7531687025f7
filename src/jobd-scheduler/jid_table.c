#include <sys/mman.h>

#include <stdlib.h>
#include <string.h>

#include "jid_table.h"

#define HASH_BITS 48
#define HASH_MASK ((UINT64_C(1) << HASH_BITS) - 1)
/* Two passes with as many bits, twice, are all of a hash. */
#define SORT_BITS   12
#define SORT_PLACES ((size_t)1 << SORT_BITS)
_Static_assert(HASH_BITS % (2 * SORT_BITS) == 0, "sorted entries end where they began");

int64_t
jid_table_hash(const char *jid)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *jid != '\0'; jid++)
		hash = (hash ^ (unsigned char)*jid) * UINT64_C(0x100000001b3);
	hash ^= hash >> 32;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return (int64_t)(hash >> 16 & HASH_MASK);
}

/*
 * What is large is read all over.  The processor knows the places of a few large pages by heart;
 * the place of a small one it has to look up for nearly every read, which takes longer than the
 * read.
 */
#define LARGE_PAGE ((size_t)2 << 20)

/* NULL without memory. */
static void *
zeros_new(size_t bytes)
{
	size_t before;
	char *map;

	if (bytes < LARGE_PAGE)
		return calloc(1, bytes);
	map = mmap(
	    NULL, bytes + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)map & (LARGE_PAGE - 1);
	if (before > 0)
		munmap(map, before);
	map += before;
	munmap(map + bytes, LARGE_PAGE - before);
	madvise(map, bytes, MADV_HUGEPAGE);
	return map;
}

static void
zeros_free(void *zeros, size_t bytes)
{
	if (zeros != NULL && bytes >= LARGE_PAGE)
		munmap(zeros, bytes);
	else
		free(zeros);
}

/*
 * A Bloom filter of two megabytes: when a million hashes were added, it has one of four hundred
 * others.  The bits of a hash lie in one line of the processor's cache: to fetch that takes longer
 * than all the rest.
 */
#define FILTER_BITS  (UINT64_C(1) << 24)
#define FILTER_TURNS 4
#define LINE_BITS    UINT64_C(512)

struct jid_filter {
	uint64_t bits[FILTER_BITS / 64];
};
_Static_assert(sizeof(struct jid_filter) >= LARGE_PAGE, "it begins where a line does");

static uint64_t
filter_line(int64_t hash)
{
	return (uint64_t)hash & (FILTER_BITS - 1) & ~(LINE_BITS - 1);
}

static uint64_t
filter_bit(int64_t hash, int turn)
{
	uint64_t bits = (uint64_t)hash * UINT64_C(0xbf58476d1ce4e5b9) >> 20;

	return filter_line(hash) | (bits >> 9 * turn & (LINE_BITS - 1));
}

int
jid_filter_add(struct jid_filter **filter, int64_t hash)
{
	if (*filter == NULL && (*filter = zeros_new(sizeof(**filter))) == NULL)
		return -1;
	for (int turn = 0; turn < FILTER_TURNS; turn++) {
		uint64_t bit = filter_bit(hash, turn);

		(*filter)->bits[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	return 0;
}

bool
jid_filter_has(const struct jid_filter *filter, int64_t hash)
{
	for (int turn = 0; filter != NULL && turn < FILTER_TURNS; turn++) {
		uint64_t bit = filter_bit(hash, turn);

		if ((filter->bits[bit / 64] & UINT64_C(1) << bit % 64) == 0)
			return false;
	}
	return filter != NULL;
}

void
jid_filter_free(struct jid_filter *filter)
{
	zeros_free(filter, sizeof(*filter));
}

/* A table in memory with open addressing; id 0 is an empty place. */

static size_t
place_of(const struct jid_table *table, int64_t hash)
{
	return (size_t)hash & (table->size - 1);
}

static void
table_put(struct jid_table *table, struct jid_entry entry)
{
	size_t place = place_of(table, entry.hash);

	while (table->entries[place].id != 0)
		place = (place + 1) & (table->size - 1);
	table->entries[place] = entry;
	table->count++;
}

int
jid_table_add(struct jid_table *table, struct jid_entry entry)
{
	struct jid_table longer = { NULL, 0, table->size == 0 ? 256 : 2 * table->size };

	if (2 * table->count >= table->size) {
		if ((longer.entries = zeros_new(longer.size * sizeof(entry))) == NULL)
			return -1;
		for (size_t i = 0; i < table->size; i++)
			if (table->entries[i].id != 0)
				table_put(&longer, table->entries[i]);
		zeros_free(table->entries, table->size * sizeof(entry));
		*table = longer;
	}
	table_put(table, entry);
	return 0;
}

/* The places behind it close up. */
bool
jid_table_remove(struct jid_table *table, struct jid_entry entry)
{
	size_t mask = table->size - 1, place, next;

	if (table->count == 0)
		return false;
	place = place_of(table, entry.hash);
	while (table->entries[place].id != entry.id) {
		if (table->entries[place].id == 0)
			return false;
		place = (place + 1) & mask;
	}
	for (next = (place + 1) & mask; table->entries[next].id != 0; next = (next + 1) & mask) {
		size_t home = place_of(table, table->entries[next].hash);

		if (((next - home) & mask) < ((next - place) & mask))
			continue;
		table->entries[place] = table->entries[next];
		place = next;
	}
	table->entries[place].id = 0;
	table->count--;
	return true;
}

size_t
jid_table_find(const struct jid_table *table, int64_t hash, int64_t *ids, size_t most)
{
	size_t found = 0, place = place_of(table, hash);

	for (; table->count > 0 && table->entries[place].id != 0;
	     place = (place + 1) & (table->size - 1))
		if (table->entries[place].hash == hash && found < most)
			ids[found++] = table->entries[place].id;
	return found;
}

void
jid_table_clear(struct jid_table *table)
{
	zeros_free(table->entries, table->size * sizeof(*table->entries));
	memset(table, 0, sizeof(*table));
}

void
jid_table_fetch(const struct jid_table *table, const struct jid_filter *filter, int64_t hash)
{
	if (table->size > 0)
		__builtin_prefetch(&table->entries[place_of(table, hash)], 1);
	if (filter != NULL)
		__builtin_prefetch(&filter->bits[filter_line(hash) / 64]);
}

/* Entries in order. */

/* By twelve bits of the hash; those that are alike there stay in their order. */
static void
sort_pass(const struct jid_entry *from, struct jid_entry *to, size_t count, unsigned shift)
{
	size_t places[SORT_PLACES + 1] = { 0 };

	for (size_t i = 0; i < count; i++)
		places[((uint64_t)from[i].hash >> shift & (SORT_PLACES - 1)) + 1]++;
	for (size_t i = 0; i < SORT_PLACES; i++)
		places[i + 1] += places[i];
	for (size_t i = 0; i < count; i++)
		to[places[(uint64_t)from[i].hash >> shift & (SORT_PLACES - 1)]++] = from[i];
}

/* Many thousands are sorted while clients wait, and comparing them takes ten times as long. */
int
jid_sort(struct jid_entry *entries, size_t count)
{
	struct jid_entry *spare = reallocarray(NULL, count, sizeof(*spare));

	if (spare == NULL)
		return -1;
	for (unsigned shift = 0; shift < HASH_BITS; shift += 2 * SORT_BITS) {
		sort_pass(entries, spare, count, shift);
		sort_pass(spare, entries, count, shift + SORT_BITS);
	}
	free(spare);
	return 0;
}

size_t
jid_sorted_find(const struct jid_entry *entries, size_t count, int64_t hash)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (entries[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
