#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

/*
 * From a jid to its job.  Clients' jids are random: an index that is written at once would touch a
 * page of its own for every job that comes and for every one that goes.  So the jids of the newest
 * jobs stand in memory only, as hashes; most jobs are gone before they get any further.  When there
 * are too many they are moved into the table `jid` bit by bit, sorted, so that many of them fall on
 * the same page; entries of jobs that went are taken out of the table in the same way.
 *
 * The table holds all jobs up to id meta.merged_id.  What it holds beyond that, or of jobs that are
 * no more, does no harm: whoever finds an id compares the jid.
 */
#define YOUNG_MAX 131072
#define DEAD_MAX  65536
/* Entries that are moved at once, every so many that are added: the move is done before the next
 * one begins. */
#define MOVE_STEP 16
/* Entries that are taken out for each one that goes. */
#define DEAD_STEP 1
_Static_assert(sizeof(struct jid_entry) == 2 * sizeof(int64_t), "a row has two numbers");
#define HASH_MASK ((UINT64_C(1) << 48) - 1)

static int64_t
hash_of(const char *jid)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *jid != '\0'; jid++)
		hash = (hash ^ (unsigned char)*jid) * UINT64_C(0x100000001b3);
	hash ^= hash >> 32;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return (int64_t)(hash >> 16 & HASH_MASK);
}

/*
 * A Bloom filter over the table and what is on its way there: two megabytes, so that with a million
 * jids in the table one of four hundred that are new is looked for there.  What is taken out of the
 * table stays in it until the next start.  The bits of a hash lie in one line of the processor's
 * cache: to fetch that takes longer than all the rest.
 */
#define FILTER_BITS  (UINT64_C(1) << 24)
#define FILTER_TURNS 4
#define LINE_BITS    UINT64_C(512)

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

static int
filter_add(struct jids *jids, int64_t hash)
{
	if (jids->filter == NULL) {
		if ((jids->filter = aligned_alloc(LINE_BITS / 8, FILTER_BITS / 8)) == NULL)
			return -1;
		memset(jids->filter, 0, FILTER_BITS / 8);
	}
	for (int turn = 0; turn < FILTER_TURNS; turn++) {
		uint64_t bit = filter_bit(hash, turn);

		jids->filter[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	return 0;
}

static bool
filter_has(const struct jids *jids, int64_t hash)
{
	for (int turn = 0; jids->filter != NULL && turn < FILTER_TURNS; turn++) {
		uint64_t bit = filter_bit(hash, turn);

		if ((jids->filter[bit / 64] & UINT64_C(1) << bit % 64) == 0)
			return false;
	}
	return jids->filter != NULL;
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

static int
table_add(struct jid_table *table, struct jid_entry entry)
{
	struct jid_table longer = { NULL, 0, table->size == 0 ? 256 : 2 * table->size };

	if (2 * table->count >= table->size) {
		if ((longer.entries = calloc(longer.size, sizeof(entry))) == NULL)
			return -1;
		for (size_t i = 0; i < table->size; i++)
			if (table->entries[i].id != 0)
				table_put(&longer, table->entries[i]);
		free(table->entries);
		*table = longer;
	}
	table_put(table, entry);
	return 0;
}

/* The places behind it close up. */
static bool
table_remove(struct jid_table *table, struct jid_entry entry)
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

/* Entries that are being moved, sorted by hash. */

static int
by_hash(const void *one, const void *other)
{
	const struct jid_entry *first = one, *second = other;

	if (first->hash != second->hash)
		return first->hash < second->hash ? -1 : 1;
	return first->id < second->id ? -1 : first->id > second->id;
}

/* The first entry with this hash or a greater one. */
static size_t
run_find(const struct jid_run *run, int64_t hash)
{
	size_t low = 0, high = run->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (run->entries[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
run_clear(struct jid_run *run)
{
	free(run->entries);
	memset(run, 0, sizeof(*run));
}

/* Moves all of the young ones out. */
static int
run_begin(struct store_sqlite *s)
{
	struct jid_table *young = &s->jids.young;
	struct jid_run *run = &s->jids.run;

	if ((run->entries = malloc(young->count * sizeof(*run->entries))) == NULL)
		return -1;
	for (size_t i = 0; i < young->size; i++)
		if (young->entries[i].id != 0) {
			if (filter_add(&s->jids, young->entries[i].hash) == -1)
				return -1;
			run->entries[run->count++] = young->entries[i];
		}
	qsort(run->entries, run->count, sizeof(*run->entries), by_hash);
	run->last_id = s->last_id;
	free(young->entries);
	memset(young, 0, sizeof(*young));
	return 0;
}

static enum store_result
rows_add(struct store_sqlite *s, const struct jid_entry *entries, size_t count)
{
	const int64_t *numbers = &entries[0].hash;

	if (count == MOVE_STEP)
		return store_result_of(
		    s, db_run_numbers(s->db, SQL_JID_ADD_MANY, numbers, 2 * MOVE_STEP));
	for (size_t i = 0; i < count; i++, numbers += 2)
		if (db_run_numbers(s->db, SQL_JID_ADD, numbers, 2) != DB_DONE)
			return store_fail(s);
	return STORE_OK;
}

/* Deleted ones have id 0 and are left out. */
static enum store_result
run_step(struct store_sqlite *s)
{
	struct jid_run *run = &s->jids.run;
	struct jid_entry entries[MOVE_STEP];
	size_t count = 0;

	if (++s->jids.added % MOVE_STEP != 0)
		return STORE_OK;
	for (; count < MOVE_STEP && run->at < run->count; run->at++)
		if (run->entries[run->at].id != 0)
			entries[count++] = run->entries[run->at];
	if (rows_add(s, entries, count) != STORE_OK)
		return STORE_FAILED;
	if (run->at < run->count)
		return STORE_OK;
	s->jids.merged_id = run->last_id;
	run_clear(run);
	return store_result_of(
	    s, db_run(s->db, SQL_META_PUT, "ti", "merged_id", s->jids.merged_id));
}

/* Entries of the table whose jobs are gone. */

static enum store_result
dead_step(struct store_sqlite *s)
{
	struct jid_run *dead = &s->jids.dead;

	for (int i = 0; i < DEAD_STEP && dead->at < dead->count; i++, dead->at++)
		if (db_run(s->db, SQL_JID_DELETE, "ii", dead->entries[dead->at].hash,
			dead->entries[dead->at].id) != DB_DONE)
			return store_fail(s);
	if (dead->at == dead->count)
		run_clear(dead);
	return STORE_OK;
}

/* They are collected, sorted, and taken out while the next ones are collected. */
static enum store_result
dead_add(struct store_sqlite *s, struct jid_entry entry)
{
	struct jids *jids = &s->jids;
	struct jid_entry *longer;

	if (jids->gone.count == jids->gone_size) {
		size_t size = jids->gone_size == 0 ? 256 : 2 * jids->gone_size;

		longer = reallocarray(jids->gone.entries, size, sizeof(entry));
		if (longer == NULL)
			return store_no_memory(s);
		jids->gone.entries = longer;
		jids->gone_size = size;
	}
	jids->gone.entries[jids->gone.count++] = entry;
	if (jids->dead.count > 0)
		return dead_step(s);
	if (jids->gone.count < DEAD_MAX)
		return STORE_OK;
	jids->dead = jids->gone;
	memset(&jids->gone, 0, sizeof(jids->gone));
	jids->gone_size = 0;
	qsort(jids->dead.entries, jids->dead.count, sizeof(entry), by_hash);
	return STORE_OK;
}

/* What the others see. */

int64_t
jid_hash(const struct store_sqlite *s, const char *jid)
{
	const struct jids *jids = &s->jids;
	int64_t hash = hash_of(jid);

	if (jids->young.size > 0)
		__builtin_prefetch(&jids->young.entries[place_of(&jids->young, hash)], 1);
	if (jids->filter != NULL)
		__builtin_prefetch(&jids->filter[filter_line(hash) / 64]);
	return hash;
}

enum store_result
jid_add(struct store_sqlite *s, int64_t hash, int64_t id)
{
	struct jid_entry entry = { hash, id };
	struct jids *jids = &s->jids;

	s->changing = true;
	if (table_add(&jids->young, entry) == -1)
		return store_no_memory(s);
	if (jids->run.count > 0)
		return run_step(s);
	return jids->young.count >= YOUNG_MAX && run_begin(s) == -1 ? store_no_memory(s) : STORE_OK;
}

enum store_result
jid_remove(struct store_sqlite *s, const struct job *job)
{
	struct jid_entry entry = { hash_of(job->jid), job->id };
	struct jid_run *run = &s->jids.run;

	s->changing = true;
	if (table_remove(&s->jids.young, entry))
		return STORE_OK;
	for (size_t i = run_find(run, entry.hash);
	     i < run->count && run->entries[i].hash == entry.hash; i++) {
		if (run->entries[i].id != entry.id)
			continue;
		run->entries[i].id = 0;
		if (i >= run->at)
			return STORE_OK;
	}
	return dead_add(s, entry);
}

/* Ids of jobs that may have the jid, at most so many: those in memory, then those in the table. */
enum store_result
jid_find(struct store_sqlite *s, int64_t hash, int64_t ids[JID_FOUND_MAX], size_t *count)
{
	const struct jid_table *young = &s->jids.young;
	const struct jid_run *run = &s->jids.run;
	struct db_query *query;
	enum db_result result;

	*count = 0;
	if (young->count > 0)
		for (size_t i = place_of(young, hash); young->entries[i].id != 0;
		     i = (i + 1) & (young->size - 1))
			if (young->entries[i].hash == hash && *count < JID_FOUND_MAX)
				ids[(*count)++] = young->entries[i].id;
	if (!filter_has(&s->jids, hash))
		return STORE_OK;
	for (size_t i = run_find(run, hash); i < run->count && run->entries[i].hash == hash; i++)
		if (run->entries[i].id != 0 && *count < JID_FOUND_MAX)
			ids[(*count)++] = run->entries[i].id;
	query = db_query(s->db, SQL_JID_GET, "i", hash);
	while ((result = db_step(s->db, query)) == DB_ROW)
		if (*count < JID_FOUND_MAX)
			ids[(*count)++] = db_int(query, 0);
	return store_list_end(s, query, result);
}

void
jid_clear(struct store_sqlite *s)
{
	free(s->jids.young.entries);
	free(s->jids.run.entries);
	free(s->jids.dead.entries);
	free(s->jids.gone.entries);
	free(s->jids.filter);
	memset(&s->jids, 0, sizeof(s->jids));
}

/* As it stands in the database.  Which entries were to be taken out is forgotten with the rest:
 * they do no harm there. */
enum store_result
jid_load(struct store_sqlite *s, int64_t merged_id)
{
	struct db_query *query;
	enum db_result result;

	jid_clear(s);
	s->jids.merged_id = merged_id;
	/* Something may have got there before the first move was done. */
	query = db_query(s->db, SQL_JID_ALL, "");
	while ((result = db_step(s->db, query)) == DB_ROW) {
		if (filter_add(&s->jids, db_int(query, 0)) == -1) {
			db_reset(query);
			return store_no_memory(s);
		}
	}
	if (store_list_end(s, query, result) != STORE_OK)
		return STORE_FAILED;
	query = db_query(s->db, SQL_JID_YOUNG, "i", merged_id);
	while ((result = db_step(s->db, query)) == DB_ROW) {
		struct jid_entry entry = { hash_of(db_text(query, 1)), db_int(query, 0) };

		if (table_add(&s->jids.young, entry) == -1) {
			db_reset(query);
			return store_no_memory(s);
		}
	}
	return store_list_end(s, query, result);
}
