#include "store_sqlite.h"

enum store_result
sqlite_note_put(struct store *store, const char *key, const char *text)
{
	struct store_sqlite *s = sqlite_self(store);

	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	if (text == NULL)
		return store_result_of(s, db_run(s->db, SQL_NOTE_DROP, "t", key));
	return store_result_of(s, db_run(s->db, SQL_NOTE_PUT, "tt", key, text));
}

enum store_result
sqlite_note_list(struct store *store, const char *prefix, store_note_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query = db_query(s->db, SQL_NOTE_LIST, "t", prefix);
	enum db_result result;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW)
		more = fn(arg, db_text(query, 0), db_text(query, 1));
	return store_list_end(s, query, more ? result : DB_DONE);
}
