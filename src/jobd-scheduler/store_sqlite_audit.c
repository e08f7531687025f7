#include <stdio.h>
#include <string.h>

#include "store_sqlite.h"

enum store_result
sqlite_audit_add(struct store *store, struct audit_record *record)
{
	struct store_sqlite *s = sqlite_self(store);
	enum store_result result;

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	result =
	    store_result_of(s, db_run(s->db, SQL_AUDIT_ADD, "iiiittttt", record->at.us,
				   record->until.us, record->count, record->uid, record->who,
				   record->from, record->verb, record->object, record->result));
	record->id = db_last_id(s->db);
	return result;
}

enum store_result
sqlite_audit_save(struct store *store, const struct audit_record *record)
{
	return store_change(
	    sqlite_self(store), SQL_AUDIT_SAVE, "iii", record->until.us, record->count, record->id);
}

static void
read_record(struct db_query *query, struct audit_record *record)
{
	memset(record, 0, sizeof(*record));
	record->id = db_int(query, 0);
	record->at.us = db_int(query, 1);
	record->until.us = db_int(query, 2);
	record->count = db_int(query, 3);
	record->uid = db_int(query, 4);
	snprintf(record->who, sizeof(record->who), "%s", db_text(query, 5));
	snprintf(record->from, sizeof(record->from), "%s", db_text(query, 6));
	snprintf(record->verb, sizeof(record->verb), "%s", db_text(query, 7));
	snprintf(record->object, sizeof(record->object), "%s", db_text(query, 8));
	snprintf(record->result, sizeof(record->result), "%s", db_text(query, 9));
}

enum store_result
sqlite_audit_list(
    struct store *store, const struct audit_filter *filter, store_audit_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query =
	    db_query(s->db, SQL_AUDIT_LIST, "itti", filter->before > 0 ? filter->before : INT64_MAX,
		filter->who, filter->verb, filter->limit);
	enum db_result result = DB_DONE;
	struct audit_record record;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		read_record(query, &record);
		more = fn(arg, &record);
	}
	return store_list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_audit_trim(struct store *store, int64_t keep, struct walltime older_than, int64_t limit)
{
	struct store_sqlite *s = sqlite_self(store);
	enum store_result result = store_change(s, SQL_AUDIT_TRIM_COUNT, "ii", keep, limit);

	if (result == STORE_OK && walltime_is_set(older_than))
		result = store_change(s, SQL_AUDIT_TRIM_AGE, "ii", older_than.us, limit);
	return result;
}
