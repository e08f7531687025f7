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
			if (jid_filter_add(&s->jids.filter, young->entries[i].hash) == -1)
				return -1;
			run->entries[run->count++] = young->entries[i];
		}
	if (jid_sort(run->entries, run->count) == -1)
		return -1;
	run->last_id = s->last_id;
	jid_table_clear(young);
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
	return jid_sort(jids->dead.entries, jids->dead.count) == 0 ? STORE_OK : store_no_memory(s);
}

/* What the others see. */

int64_t
jid_hash(const struct store_sqlite *s, const char *jid)
{
	int64_t hash = jid_table_hash(jid);

	jid_table_fetch(&s->jids.young, s->jids.filter, hash);
	return hash;
}

enum store_result
jid_add(struct store_sqlite *s, int64_t hash, int64_t id)
{
	struct jid_entry entry = { hash, id };
	struct jids *jids = &s->jids;

	s->changing = true;
	if (jid_table_add(&jids->young, entry) == -1)
		return store_no_memory(s);
	if (jids->run.count > 0)
		return run_step(s);
	return jids->young.count >= YOUNG_MAX && run_begin(s) == -1 ? store_no_memory(s) : STORE_OK;
}

enum store_result
jid_remove(struct store_sqlite *s, int64_t hash, int64_t id)
{
	struct jid_entry entry = { hash, id };
	struct jid_run *run = &s->jids.run;

	s->changing = true;
	if (jid_table_remove(&s->jids.young, entry))
		return STORE_OK;
	for (size_t i = jid_sorted_find(run->entries, run->count, entry.hash);
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
	const struct jid_run *run = &s->jids.run;
	struct db_query *query;
	enum db_result result;

	*count = jid_table_find(&s->jids.young, hash, ids, JID_FOUND_MAX);
	if (!jid_filter_has(s->jids.filter, hash))
		return STORE_OK;
	for (size_t i = jid_sorted_find(run->entries, run->count, hash);
	     i < run->count && run->entries[i].hash == hash; i++)
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
	jid_table_clear(&s->jids.young);
	free(s->jids.run.entries);
	free(s->jids.dead.entries);
	free(s->jids.gone.entries);
	jid_filter_free(s->jids.filter);
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
		if (jid_filter_add(&s->jids.filter, db_int(query, 0)) == -1) {
			db_reset(query);
			return store_no_memory(s);
		}
	}
	if (store_list_end(s, query, result) != STORE_OK)
		return STORE_FAILED;
	query = db_query(s->db, SQL_JID_YOUNG, "i", merged_id);
	while ((result = db_step(s->db, query)) == DB_ROW) {
		struct jid_entry entry = { jid_table_hash(db_text(query, 1)), db_int(query, 0) };

		if (jid_table_add(&s->jids.young, entry) == -1) {
			db_reset(query);
			return store_no_memory(s);
		}
	}
	return store_list_end(s, query, result);
}
