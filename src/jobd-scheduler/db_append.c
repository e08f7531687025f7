#include <stdio.h>
#include <string.h>

#include "db_private.h"

/*
 * A statement that inserts many rows costs a third less for each than one that inserts one: it is
 * begun and ended once, and its cursor stays where it is.  At the end of a table only the first of
 * its rows has its id as a parameter: SQLite numbers the others after it, which spares it the
 * search for their place.
 */

static bool
has_room(const struct db_held *held, const struct db_append *append, int64_t id, size_t bytes)
{
	return held->append == append && held->rows < DB_APPEND_MANY &&
	       (!append->at_end || id == held->first_id + (int64_t)held->rows) &&
	       bytes <= sizeof(held->bytes) - held->used;
}

static size_t
bytes_of(const struct db_append *append, const char *const *texts, size_t lens[DB_APPEND_TEXTS])
{
	size_t sum = 0;

	for (size_t i = 0; i < append->texts; i++)
		sum += lens[i] = strlen(texts[i]);
	return sum;
}

/* A number that a parameter has from the time before is not bound again: most columns have the
 * same in one row after the other. */
static int
bind_number(sqlite3_stmt *statement, struct db_bound *bound, int position, int64_t number)
{
	int64_t *last = &bound->numbers[position];

	if (bound->statement == statement && *last == number)
		return SQLITE_OK;
	*last = number;
	return sqlite3_bind_int64(statement, position, number);
}

static int
bind_row(sqlite3_stmt *statement, struct db_bound *bound, int *position,
    const struct db_held_row *row, const struct db_append *append)
{
	int code = SQLITE_OK;

	for (size_t i = 0; code == SQLITE_OK && i < append->numbers; i++)
		code = bind_number(statement, bound, (*position)++, row->numbers[i]);
	for (size_t i = 0; code == SQLITE_OK && i < append->texts; i++, (*position)++)
		code = row->lens[i] == 0 ? sqlite3_bind_null(statement, *position)
					 : sqlite3_bind_text(statement, *position, row->texts[i],
					       (int)row->lens[i], SQLITE_STATIC);
	return code;
}

/* So many rows, from that one on, with the statement for so many. */
static enum db_result
write_rows(struct db *db, size_t first, size_t count)
{
	struct db_held *held = &db->held;
	const struct db_append *append = held->append;
	enum db_append_size size = count == 1               ? DB_APPEND_SIZE_ONE
				   : count == DB_APPEND_FEW ? DB_APPEND_SIZE_FEW
							    : DB_APPEND_SIZE_MANY;
	struct db_bound *bound = &held->bound[size];
	sqlite3_stmt *statement = db_prepared(db, append->statements[size]);
	int64_t id = held->first_id + (int64_t)first;
	int code = SQLITE_OK, position = 1;

	if (statement == NULL)
		return DB_FAILED;
	if (append->at_end)
		code = sqlite3_bind_int64(statement, position++, id);
	for (size_t i = first; code == SQLITE_OK && i < first + count; i++)
		code = bind_row(statement, bound, &position, &held->row[i], append);
	bound->statement = code == SQLITE_OK ? statement : NULL;
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code != SQLITE_DONE)
		db_fail(db);
	sqlite3_reset(statement);
	if (code != SQLITE_DONE)
		return DB_FAILED;
	if (!append->at_end || sqlite3_last_insert_rowid(db->handle) == id + (int64_t)count - 1)
		return DB_DONE;
	snprintf(db->error, sizeof(db->error), "database %s has ids that were never given out",
	    db->path);
	return DB_FAILED;
}

enum db_result
db_append_end(struct db *db)
{
	struct db_held *held = &db->held;
	enum db_result result = DB_DONE;
	size_t rows = held->rows, count;

	for (size_t done = 0; result == DB_DONE && done < rows; done += count) {
		count = rows - done == DB_APPEND_MANY  ? DB_APPEND_MANY
			: rows - done >= DB_APPEND_FEW ? DB_APPEND_FEW
						       : 1;
		result = write_rows(db, done, count);
	}
	db_append_forget(db);
	return result;
}

void
db_append_forget(struct db *db)
{
	db->held.rows = db->held.used = 0;
}

/* Texts that are too long are left where they are: the row is written at once then. */
static void
keep(struct db_held *held, struct db_held_row *row, size_t texts, bool copy)
{
	for (size_t i = 0; copy && i < texts; i++) {
		memcpy(held->bytes + held->used, row->texts[i], row->lens[i]);
		row->texts[i] = held->bytes + held->used;
		held->used += row->lens[i];
	}
	held->rows++;
}

enum db_result
db_append(struct db *db, const struct db_append *append, int64_t id, const int64_t *numbers,
    const char *const *texts)
{
	struct db_held *held = &db->held;
	struct db_held_row *row;
	size_t lens[DB_APPEND_TEXTS], bytes = bytes_of(append, texts, lens);
	bool is_long = bytes > DB_APPEND_BYTES / DB_APPEND_MANY;

	if ((is_long || !has_room(held, append, id, bytes)) && db_append_end(db) != DB_DONE)
		return DB_FAILED;
	if (held->rows == 0) {
		held->append = append;
		held->first_id = id;
	}
	row = &held->row[held->rows];
	memcpy(row->numbers, numbers, append->numbers * sizeof(*numbers));
	memcpy(row->texts, texts, append->texts * sizeof(*texts));
	memcpy(row->lens, lens, append->texts * sizeof(*lens));
	keep(held, row, append->texts, !is_long);
	return is_long ? db_append_end(db) : DB_DONE;
}
