#include <stdio.h>
#include <string.h>

#include "store_sqlite.h"

/* Pages that a step of a backup copies: about a millisecond's work. */
#define BACKUP_PAGES 256

enum store_result
sqlite_flush(struct store *store)
{
	static const enum sql statements[] = { SQL_FLUSH_JOB, SQL_FLUSH_COURSE, SQL_FLUSH_JID,
		SQL_FLUSH_DETAIL, SQL_FLUSH_READY, SQL_FLUSH_LATER, SQL_FLUSH_RUNNING,
		SQL_FLUSH_DONE, SQL_FLUSH_TAG, SQL_FLUSH_GATE, SQL_FLUSH_GATE_WAIT,
		SQL_FLUSH_UNIQUE, SQL_FLUSH_AFTER, SQL_FLUSH_BATCH, SQL_FLUSH_ATTEMPT };
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	s->changing = true;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (db_run(s->db, statements[i], "") != DB_DONE)
			return store_fail(s);
	running_clear(s);
	later_forget(s);
	s->ready_held = 0;
	head_forget(s);
	if (jid_load(s, s->jids.merged_id) != STORE_OK)
		return STORE_FAILED;
	s->after_rows = false;
	return tally_load(s);
}

enum store_result
sqlite_inspect(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);
	char found[STORE_ERROR_MAX];

	if (db_inspect(s->db, found, sizeof(found)) == DB_DONE)
		return STORE_OK;
	snprintf(store->error, sizeof(store->error), "%s", found);
	return STORE_FAILED;
}

const char *
sqlite_path(const struct store *store)
{
	return db_path(((const struct store_sqlite *)store)->db);
}

int64_t
sqlite_bytes(struct store *store)
{
	return db_size(sqlite_self(store)->db);
}

enum store_result
sqlite_backup_begin(struct store *store, const char *path)
{
	struct store_sqlite *s = sqlite_self(store);

	sqlite_backup_end(store);
	if ((s->backup = db_backup_begin(s->db, path)) == NULL) {
		snprintf(store->error, sizeof(store->error), "%s", db_error(s->db));
		return STORE_FAILED;
	}
	return STORE_OK;
}

enum store_result
sqlite_backup_step(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);

	switch (db_backup_step(s->db, s->backup, BACKUP_PAGES)) {
	case DB_ROW:
		return STORE_OK;
	case DB_DONE:
		return STORE_NONE;
	case DB_CONFLICT:
	case DB_FAILED:
		break;
	}
	snprintf(store->error, sizeof(store->error), "%s", db_error(s->db));
	return STORE_FAILED;
}

void
sqlite_backup_end(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);

	db_backup_end(s->backup);
	s->backup = NULL;
}

enum store_result
sqlite_vacuum(struct store *store)
{
	struct store_sqlite *s = sqlite_self(store);

	/* Entries of jobs that went while the process was killed are of no use. */
	return db_run(s->db, SQL_JID_CLEAN, "") == DB_DONE && db_vacuum(s->db) == DB_DONE
		   ? STORE_OK
		   : store_fail(s);
}
