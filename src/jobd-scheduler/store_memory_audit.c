#include <string.h>

#include "store_memory.h"

enum store_result
memory_audit_add(struct store *store, struct audit_record *record)
{
	struct rows *rows = table_change(store, T_AUDIT);
	const struct audit_record *last = rows->count > 0 ? row_at(rows, rows->count - 1) : NULL;

	record->id = last != NULL ? last->id + 1 : 1;
	*(struct audit_record *)row_add(rows) = *record;
	return STORE_OK;
}

enum store_result
memory_audit_save(struct store *store, const struct audit_record *record)
{
	struct rows *rows = table_change(store, T_AUDIT);

	for (size_t i = 0; i < rows->count; i++) {
		struct audit_record *row = row_at(rows, i);

		if (row->id != record->id)
			continue;
		row->until = record->until;
		row->count = record->count;
	}
	return STORE_OK;
}

enum store_result
memory_audit_list(
    struct store *store, const struct audit_filter *filter, store_audit_fn fn, void *arg)
{
	struct rows *rows = table(store, T_AUDIT);
	int64_t left = filter->limit;

	for (size_t i = rows->count; i-- > 0 && left > 0;) {
		const struct audit_record *row = row_at(rows, i);

		if ((filter->before > 0 && row->id >= filter->before) ||
		    (filter->who != NULL && strcmp(filter->who, row->who) != 0) ||
		    (filter->verb != NULL && strcmp(filter->verb, row->verb) != 0))
			continue;
		left--;
		if (!fn(arg, row))
			break;
	}
	return STORE_OK;
}

enum store_result
memory_audit_trim(struct store *store, int64_t keep, struct walltime older_than, int64_t limit)
{
	struct rows *rows = table_change(store, T_AUDIT);

	while (rows->count > 0 && limit-- > 0) {
		const struct audit_record *oldest = row_at(rows, 0);

		if ((int64_t)rows->count <= keep && oldest->until.us >= older_than.us)
			break;
		row_remove(rows, 0);
	}
	return STORE_OK;
}
