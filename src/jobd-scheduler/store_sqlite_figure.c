#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

#define STEPS_TEXT_MAX (FIGURE_STEPS * 21 + 1)

static void
write_steps(const int64_t steps[FIGURE_STEPS], char text[STEPS_TEXT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < FIGURE_STEPS; i++)
		len += (size_t)snprintf(
		    text + len, STEPS_TEXT_MAX - len, "%lld ", (long long)steps[i]);
}

static void
read_steps(const char *text, int64_t steps[FIGURE_STEPS])
{
	char *end;

	for (size_t i = 0; i < FIGURE_STEPS; i++, text = end)
		steps[i] = strtoll(text, &end, 10);
}

enum store_result
sqlite_figure_put(struct store *store, const struct figure *figure)
{
	struct store_sqlite *s = sqlite_self(store);
	char run[STEPS_TEXT_MAX], wait[STEPS_TEXT_MAX];
	struct name *name;

	if (store_begin(s) != STORE_OK || name_of(s, figure->name, true, &name) != STORE_OK)
		return STORE_FAILED;
	write_steps(figure->run, run);
	write_steps(figure->wait, wait);
	return store_result_of(
	    s, db_run(s->db, SQL_FIGURE_PUT, "iiiiiiiiiitt", (int64_t)figure->kind, figure->at.us,
		   name->id, figure->done, figure->failed, figure->late, figure->run_ms,
		   figure->wait_ms, figure->run_ms_max, figure->wait_ms_max, run, wait));
}

static void
read_figure(struct store_sqlite *s, struct db_query *query, struct figure *figure)
{
	const struct name *name = name_by_id(s, db_int(query, 2));

	memset(figure, 0, sizeof(*figure));
	figure->kind = (enum figure_kind)db_int(query, 0);
	figure->at.us = db_int(query, 1);
	snprintf(figure->name, sizeof(figure->name), "%s", name != NULL ? name->text : "");
	figure->done = db_int(query, 3);
	figure->failed = db_int(query, 4);
	figure->late = db_int(query, 5);
	figure->run_ms = db_int(query, 6);
	figure->wait_ms = db_int(query, 7);
	figure->run_ms_max = db_int(query, 8);
	figure->wait_ms_max = db_int(query, 9);
	read_steps(db_text(query, 10), figure->run);
	read_steps(db_text(query, 11), figure->wait);
}

enum store_result
sqlite_figure_get(struct store *store, const struct figure *key, struct figure *figure)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query;
	enum store_result known;
	enum db_result result;
	struct name *name;

	if ((known = name_of(s, key->name, false, &name)) != STORE_OK)
		return known;
	query = db_query(s->db, SQL_FIGURE_GET, "iii", (int64_t)key->kind, key->at.us, name->id);
	if ((result = db_step(s->db, query)) == DB_ROW)
		read_figure(s, query, figure);
	return store_row_end(s, query, result);
}

enum store_result
sqlite_figure_list(struct store *store, enum figure_kind kind, struct walltime since,
    store_figure_fn fn, void *arg)
{
	struct store_sqlite *s = sqlite_self(store);
	struct db_query *query = db_query(s->db, SQL_FIGURE_LIST, "ii", (int64_t)kind, since.us);
	enum db_result result = DB_DONE;
	struct figure figure;
	bool more = true;

	while (more && (result = db_step(s->db, query)) == DB_ROW) {
		read_figure(s, query, &figure);
		more = fn(arg, &figure);
	}
	return store_list_end(s, query, more ? result : DB_DONE);
}

enum store_result
sqlite_figure_trim(struct store *store, struct walltime before, int64_t limit)
{
	return store_change(sqlite_self(store), SQL_FIGURE_TRIM, "ii", before.us, limit);
}
