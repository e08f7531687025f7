#include <stdio.h>
#include <string.h>

#include "store_memory.h"

/* The rows stay sorted by key. */
enum store_result
memory_note_put(struct store *store, const char *key, const char *text)
{
	struct rows *rows = table_change(store, T_NOTE);
	struct note_row *row;
	size_t at = 0;

	while (at < rows->count && strcmp(((struct note_row *)row_at(rows, at))->key, key) < 0)
		at++;
	if (at < rows->count && strcmp(((struct note_row *)row_at(rows, at))->key, key) == 0)
		row_remove(rows, at);
	if (text == NULL)
		return STORE_OK;
	row = row_insert(rows, at);
	snprintf(row->key, sizeof(row->key), "%s", key);
	snprintf(row->text, sizeof(row->text), "%s", text);
	return STORE_OK;
}

enum store_result
memory_note_list(struct store *store, const char *prefix, store_note_fn fn, void *arg)
{
	struct rows *rows = table(store, T_NOTE);

	for (size_t i = 0; i < rows->count; i++) {
		const struct note_row *row = row_at(rows, i);

		if (strncmp(row->key, prefix, strlen(prefix)) == 0 && !fn(arg, row->key, row->text))
			break;
	}
	return STORE_OK;
}
