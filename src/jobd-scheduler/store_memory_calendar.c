#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_memory.h"

static struct schedule_row *
schedule_find(struct store *store, const char *name)
{
	struct rows *rows = table(store, T_SCHEDULE);

	for (size_t i = 0; i < rows->count; i++) {
		struct schedule_row *row = row_at(rows, i);

		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

enum store_result
memory_schedule_get(struct store *store, const char *name, struct schedule_state *state)
{
	const struct schedule_row *row = schedule_find(store, name);

	if (row == NULL)
		return STORE_NONE;
	*state = row->state;
	return STORE_OK;
}

enum store_result
memory_schedule_put(struct store *store, const char *name, const struct schedule_state *state)
{
	struct schedule_row *row;

	table_change(store, T_SCHEDULE);
	if ((row = schedule_find(store, name)) == NULL) {
		row = row_add(table(store, T_SCHEDULE));
		snprintf(row->name, sizeof(row->name), "%s", name);
	}
	row->state = *state;
	return STORE_OK;
}

enum store_result
memory_schedule_retire(struct store *store, const char *const *keep, size_t count)
{
	struct rows *rows = table_change(store, T_SCHEDULE);

	for (size_t i = 0; i < rows->count; i++) {
		struct schedule_row *row = row_at(rows, i);
		bool kept = false;

		for (size_t k = 0; k < count && !kept; k++)
			kept = strcmp(keep[k], row->name) == 0;
		if (!kept)
			row->state.fingerprint[0] = '\0';
	}
	return STORE_OK;
}

/* The rows stay sorted by due time. */
enum store_result
memory_tick_add(struct store *store, const char *schedule, const struct tick_record *tick)
{
	struct rows *rows = table_change(store, T_TICK);
	struct tick_row *row;
	size_t place = rows->count;

	for (size_t i = 0; i < rows->count; i++) {
		row = row_at(rows, i);
		if (strcmp(row->schedule, schedule) == 0 && row->tick.due_at.us == tick->due_at.us)
			return STORE_EXISTS;
		if (place == rows->count && row->tick.due_at.us > tick->due_at.us)
			place = i;
	}
	row_add(rows);
	memmove(
	    row_at(rows, place + 1), row_at(rows, place), (rows->count - 1 - place) * rows->size);
	row = row_at(rows, place);
	memset(row, 0, sizeof(*row));
	snprintf(row->schedule, sizeof(row->schedule), "%s", schedule);
	row->tick = *tick;
	return STORE_OK;
}

enum store_result
memory_tick_skip(struct store *store, const char *schedule, struct walltime due_at, const char *jid,
    const char *reason)
{
	struct rows *rows = table_change(store, T_TICK);

	for (size_t i = 0; i < rows->count; i++) {
		struct tick_row *row = row_at(rows, i);

		if (strcmp(row->schedule, schedule) != 0 || row->tick.due_at.us != due_at.us ||
		    strcmp(row->tick.jid, jid) != 0)
			continue;
		row->tick.ran = false;
		snprintf(row->tick.reason, sizeof(row->tick.reason), "%s", reason);
	}
	return STORE_OK;
}

enum store_result
memory_tick_list(
    struct store *store, const char *schedule, int64_t limit, store_tick_fn fn, void *arg)
{
	struct rows *rows = table(store, T_TICK);

	for (size_t i = rows->count; i-- > 0 && limit > 0;) {
		const struct tick_row *row = row_at(rows, i);

		if (strcmp(row->schedule, schedule) != 0)
			continue;
		limit--;
		if (!fn(arg, &row->tick))
			break;
	}
	return STORE_OK;
}

enum store_result
memory_tick_trim(struct store *store, const char *schedule, int64_t keep,
    struct walltime older_than, struct walltime cursor, int64_t limit)
{
	struct rows *rows = table_change(store, T_TICK);
	int64_t total = 0;

	for (size_t i = 0; i < rows->count; i++)
		total += strcmp(((struct tick_row *)row_at(rows, i))->schedule, schedule) == 0;
	for (size_t i = 0; i < rows->count && limit > 0;) {
		const struct tick_row *row = row_at(rows, i);

		if (strcmp(row->schedule, schedule) == 0 && row->tick.due_at.us <= cursor.us &&
		    (total > keep || row->tick.due_at.us < older_than.us)) {
			row_remove(rows, i);
			total--;
			limit--;
		} else
			i++;
	}
	return STORE_OK;
}

enum store_result
memory_exit_add(struct store *store, const struct exit_record *record)
{
	struct rows *rows = table_change(store, T_EXIT);

	for (size_t i = 0; i < rows->count; i++) {
		const struct exit_record *row = row_at(rows, i);

		if (strcmp(row->name, record->name) == 0 && row->pid == record->pid &&
		    row->at.us == record->at.us)
			return STORE_EXISTS;
	}
	*(struct exit_record *)row_add(rows) = *record;
	return STORE_OK;
}

enum store_result
memory_exit_list(struct store *store, const char *name, int64_t limit, store_exit_fn fn, void *arg)
{
	struct rows *rows = table(store, T_EXIT);

	for (size_t i = rows->count; i-- > 0 && limit > 0;) {
		const struct exit_record *row = row_at(rows, i);

		if (strcmp(row->name, name) != 0)
			continue;
		limit--;
		if (!fn(arg, row))
			break;
	}
	return STORE_OK;
}

enum store_result
memory_exit_trim(struct store *store, const char *name, int64_t keep)
{
	struct rows *rows = table_change(store, T_EXIT);
	int64_t total = 0;

	for (size_t i = 0; i < rows->count; i++)
		total += strcmp(((struct exit_record *)row_at(rows, i))->name, name) == 0;
	for (size_t i = 0; i < rows->count && total > keep;) {
		if (strcmp(((struct exit_record *)row_at(rows, i))->name, name) == 0) {
			row_remove(rows, i);
			total--;
		} else
			i++;
	}
	return STORE_OK;
}

/* Routines stay sorted by name. */

static size_t
routine_place(struct store *store, const char *name, bool *found)
{
	struct rows *rows = table(store, T_ROUTINE);
	size_t place = 0;
	int order = -1;

	while (place < rows->count &&
	       (order = strcmp(((struct routine *)row_at(rows, place))->name, name)) < 0)
		place++;
	*found = place < rows->count && order == 0;
	return place;
}

enum store_result
memory_routine_put(struct store *store, const struct routine *routine)
{
	struct rows *rows = table_change(store, T_ROUTINE);
	bool found;
	size_t place = routine_place(store, routine->name, &found);

	if (found)
		routine_clear(row_at(rows, place));
	else
		row_insert(rows, place);
	keep_routine(row_at(rows, place), routine);
	return STORE_OK;
}

enum store_result
memory_routine_get(struct store *store, const char *name, struct routine *routine)
{
	bool found;
	size_t place = routine_place(store, name, &found);

	if (!found)
		return STORE_NONE;
	keep_routine(routine, row_at(table(store, T_ROUTINE), place));
	return STORE_OK;
}

enum store_result
memory_routine_delete(struct store *store, const char *name)
{
	struct rows *rows = table_change(store, T_ROUTINE);
	bool found;
	size_t place = routine_place(store, name, &found);

	if (!found)
		return STORE_NONE;
	routine_clear(row_at(rows, place));
	row_remove(rows, place);
	return memory_routine_tick_trim(store, name, 0, (struct walltime){ INT64_MAX });
}

enum store_result
memory_routine_rewind(struct store *store, struct walltime now)
{
	struct rows *rows = table_change(store, T_ROUTINE);

	for (size_t i = 0; i < rows->count; i++) {
		struct routine *row = row_at(rows, i);

		if (row->cursor.us > now.us && walltime_is_set(row->next_at))
			row->cursor = row->next_at = now;
	}
	return STORE_OK;
}

enum store_result
memory_routine_tick_trim(
    struct store *store, const char *routine, int64_t keep, struct walltime cursor)
{
	return memory_tick_trim(store, routine, keep, (struct walltime){ 0 }, cursor, INT64_MAX);
}

enum store_result
memory_routine_next(struct store *store, struct routine *routine)
{
	struct rows *rows = table(store, T_ROUTINE);
	const struct routine *best = NULL;

	for (size_t i = 0; i < rows->count; i++) {
		const struct routine *row = row_at(rows, i);

		if (walltime_is_set(row->next_at) &&
		    (best == NULL || row->next_at.us < best->next_at.us))
			best = row;
	}
	if (best == NULL)
		return STORE_NONE;
	keep_routine(routine, best);
	return STORE_OK;
}

static bool
routine_takes(const struct routine_filter *filter, const struct routine *routine)
{
	struct job tagged = { .tags = routine->tags };

	return (filter->after == NULL || strcmp(routine->name, filter->after) > 0) &&
	       (filter->job == NULL || strcmp(routine->job, filter->job) == 0) &&
	       (filter->enabled < 0 || (filter->enabled != 0) == routine->enabled) &&
	       (filter->tag == NULL || job_has_tag(&tagged, filter->tag)) &&
	       (filter->scope == NULL || job_has_tag(&tagged, filter->scope));
}

enum store_result
memory_routine_list(
    struct store *store, const struct routine_filter *filter, store_routine_fn fn, void *arg)
{
	struct rows *rows = table(store, T_ROUTINE);
	int64_t left = filter->limit;

	for (size_t i = 0; i < rows->count && left > 0; i++) {
		const struct routine *routine = row_at(rows, i);

		if (!routine_takes(filter, routine))
			continue;
		left--;
		if (!fn(arg, routine))
			break;
	}
	return STORE_OK;
}
