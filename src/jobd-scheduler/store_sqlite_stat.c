#include <string.h>

#include "store_sqlite.h"

/*
 * Statistics by the hour.  A row that every commit touches would cost it a page of the log: what
 * was committed is added up in memory and written now and then.
 */
#define HOUR_US        (INT64_C(3600) * CLOCK_US_PER_SEC)
#define STAT_KEEP_US   (31 * 24 * HOUR_US)
#define COUNTER_ENDED  0 /* attempts that ended before the hours that are kept */
#define COUNTER_FAILED 1

static bool
is_empty(const struct stat_record *hour)
{
	return hour->pushed == 0 && hour->done == 0 && hour->failed == 0 && hour->dead == 0;
}

static int64_t
larger(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static void
stat_sum(struct stat_record *sum, const struct stat_record *add)
{
	sum->pushed += add->pushed;
	sum->done += add->done;
	sum->failed += add->failed;
	sum->dead += add->dead;
	sum->run_ms += add->run_ms;
	sum->wait_ms += add->wait_ms;
	sum->run_ms_max = larger(sum->run_ms_max, add->run_ms_max);
	sum->wait_ms_max = larger(sum->wait_ms_max, add->wait_ms_max);
}

static enum store_result
stat_write(struct store_sqlite *s, const struct stat_record *hour)
{
	if (hour->at.us > s->total.at.us) {
		/* A new hour: those that are too old are folded into two numbers. */
		int64_t oldest = hour->at.us - STAT_KEEP_US;

		s->total.at = hour->at;
		if (db_run(s->db, SQL_STAT_FOLD, "i", oldest) != DB_DONE ||
		    db_run(s->db, SQL_STAT_TRIM, "i", oldest) != DB_DONE)
			return store_fail(s);
	}
	if (db_run(s->db, SQL_STAT_ADD, "iiiiiiiii", hour->at.us, hour->pushed, hour->done,
		hour->failed, hour->dead, hour->run_ms, hour->wait_ms, hour->run_ms_max,
		hour->wait_ms_max) != DB_DONE)
		return store_fail(s);
	return STORE_OK;
}

enum store_result
sqlite_settle(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);

	if (!s->has_room)
		db_make_room(s->db);
	s->has_room = true;
	if (is_empty(&s->owed) || s->owed_written)
		return STORE_OK;
	if (store_begin(s) != STORE_OK || stat_write(s, &s->owed) != STORE_OK)
		return STORE_FAILED;
	s->owed_written = s->changing = true;
	return STORE_OK;
}

void
stat_commit(struct store_sqlite *s)
{
	if (s->owed_written) {
		s->total.done += s->owed.done;
		s->total.failed += s->owed.failed;
		memset(&s->owed, 0, sizeof(s->owed));
	}
	s->owed_written = false;
	if (!is_empty(&s->hour))
		s->owed.at = s->hour.at;
	stat_sum(&s->owed, &s->hour);
	s->hour = (struct stat_record){ .at = s->hour.at };
	s->store.owes = !is_empty(&s->owed);
}

void
stat_rollback(struct store_sqlite *s)
{
	memset(&s->hour, 0, sizeof(s->hour));
	s->owed_written = false;
}

enum store_result
stat_load(struct store_sqlite *s)
{
	struct db_query *query = db_query(s->db, SQL_STAT_TOTAL, "");
	enum db_result result = db_step(s->db, query);

	memset(&s->hour, 0, sizeof(s->hour));
	memset(&s->total, 0, sizeof(s->total));
	if (result == DB_ROW) {
		s->total.done = db_int(query, 0);
		s->total.failed = db_int(query, 1);
	}
	db_reset(query);
	if (result == DB_FAILED)
		return store_fail(s);
	query = db_query(s->db, SQL_COUNTER_LIST, "");
	while ((result = db_step(s->db, query)) == DB_ROW) {
		if (db_int(query, 0) == COUNTER_ENDED)
			s->total.done += db_int(query, 1);
		else if (db_int(query, 0) == COUNTER_FAILED) {
			s->total.failed += db_int(query, 1);
			s->total.done -= db_int(query, 1);
		}
	}
	return store_list_end(s, query, result);
}

/* Another hour begins: what is known of the one before gets out of the way. */
static enum store_result
hour_begin(struct store_sqlite *s, struct walltime at)
{
	if (!is_empty(&s->hour)) {
		if (stat_write(s, &s->hour) != STORE_OK)
			return STORE_FAILED;
		s->total.done += s->hour.done;
		s->total.failed += s->hour.failed;
	}
	s->hour = (struct stat_record){ .at = at };
	return s->owed.at.us != at.us ? sqlite_settle(&s->store) : STORE_OK;
}

enum store_result
sqlite_stat_add(struct store *store, const struct stat_record *add)
{
	struct store_sqlite *s = sqlite_self(store);

	/* Counted in memory until settle(): of this nothing is promised, and no transaction begun.
	 */
	s->changing = true;
	if (s->hour.at.us != add->at.us && hour_begin(s, add->at) != STORE_OK)
		return STORE_FAILED;
	stat_sum(&s->hour, add);
	return STORE_OK;
}

/* A list of hours, and what is not in the table of one of them yet. */
struct stats {
	struct stat_record unwritten;
	store_stat_fn fn;
	void *arg;
};

static bool
hand_unwritten(struct stats *stats)
{
	struct stat_record hour = stats->unwritten;

	stats->unwritten = (struct stat_record){ .at = hour.at };
	return is_empty(&hour) || stats->fn(stats->arg, &hour);
}

static bool
hand_row(struct stats *stats, struct db_query *query)
{
	struct stat_record record = { .at = { db_int(query, 0) },
		.pushed = db_int(query, 1),
		.done = db_int(query, 2),
		.failed = db_int(query, 3),
		.dead = db_int(query, 4),
		.run_ms = db_int(query, 5),
		.wait_ms = db_int(query, 6),
		.run_ms_max = db_int(query, 7),
		.wait_ms_max = db_int(query, 8) };

	if (record.at.us > stats->unwritten.at.us && !hand_unwritten(stats))
		return false;
	if (record.at.us == stats->unwritten.at.us) {
		stat_sum(&record, &stats->unwritten);
		stats->unwritten = (struct stat_record){ .at = record.at };
	}
	return stats->fn(stats->arg, &record);
}

enum store_result
sqlite_stat_list(struct store *store, struct walltime since, store_stat_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct stats stats = { s->hour, fn, arg };
	struct db_query *query;
	enum db_result result;
	bool more = true;

	if (!s->owed_written && !is_empty(&s->owed)) {
		stats.unwritten.at = s->owed.at;
		stat_sum(&stats.unwritten, &s->owed);
	}
	if (stats.unwritten.at.us < since.us)
		memset(&stats.unwritten, 0, sizeof(stats.unwritten));
	query = db_query(s->db, SQL_STAT_LIST, "i", since.us);
	while (more && (result = db_step(s->db, query)) == DB_ROW)
		more = hand_row(&stats, query);
	if (more && result == DB_DONE)
		hand_unwritten(&stats);
	return store_list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_stat_total(struct store *store, int64_t *processed, int64_t *failures)
{
	const struct store_sqlite *s = sqlite_self(store);

	*failures = s->total.failed + s->owed.failed + s->hour.failed;
	*processed = s->total.done + s->owed.done + s->hour.done + *failures;
	return STORE_OK;
}
