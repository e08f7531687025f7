#include <string.h>

#include "store_memory.h"

static struct figure *
find(struct rows *rows, const struct figure *key)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct figure *row = row_at(rows, i);

		if (row->kind == key->kind && row->at.us == key->at.us &&
		    strcmp(row->name, key->name) == 0)
			return row;
	}
	return NULL;
}

enum store_result
memory_figure_put(struct store *store, const struct figure *figure)
{
	struct rows *rows = table_change(store, T_FIGURE);
	struct figure *row = find(rows, figure);

	if (row == NULL)
		row = row_add(rows);
	*row = *figure;
	return STORE_OK;
}

enum store_result
memory_figure_get(struct store *store, const struct figure *key, struct figure *figure)
{
	const struct figure *row = find(table(store, T_FIGURE), key);

	if (row == NULL)
		return STORE_NONE;
	*figure = *row;
	return STORE_OK;
}

enum store_result
memory_figure_list(struct store *store, enum figure_kind kind, struct walltime since,
    store_figure_fn fn, void *arg)
{
	struct rows *rows = table(store, T_FIGURE);

	for (size_t i = 0; i < rows->count; i++) {
		const struct figure *row = row_at(rows, i);

		if (row->kind == kind && row->at.us >= since.us && !fn(arg, row))
			break;
	}
	return STORE_OK;
}

enum store_result
memory_figure_trim(struct store *store, struct walltime before, int64_t limit)
{
	struct rows *rows = table_change(store, T_FIGURE);

	for (size_t i = rows->count; i-- > 0 && limit > 0;) {
		if (((struct figure *)row_at(rows, i))->at.us >= before.us)
			continue;
		row_remove(rows, i);
		limit--;
	}
	return STORE_OK;
}
