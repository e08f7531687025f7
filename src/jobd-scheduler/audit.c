#include <string.h>

#include "audit.h"

/* So long a record takes more of the same. */
#define SAME_US (INT64_C(60) * CLOCK_US_PER_SEC)
/* Records between two looks for old ones, and how many go at once. */
#define TRIM_EVERY 32
#define TRIM_LIMIT 64

static bool
is_same(const struct audit_record *one, const struct audit_record *other)
{
	return one->uid == other->uid && strcmp(one->who, other->who) == 0 &&
	       strcmp(one->from, other->from) == 0 && strcmp(one->verb, other->verb) == 0 &&
	       strcmp(one->object, other->object) == 0 && strcmp(one->result, other->result) == 0;
}

static struct audit_recent *
find_same(struct audit *audit, const struct audit_record *record)
{
	for (size_t i = 0; i < AUDIT_RECENT; i++) {
		struct audit_recent *recent = &audit->recent[i];

		if (recent->record.id != 0 && recent->record.at.us <= record->at.us &&
		    record->at.us - recent->record.at.us < SAME_US &&
		    is_same(&recent->record, record))
			return recent;
	}
	return NULL;
}

static enum store_result
write_changed(struct audit_recent *recent, struct store *store)
{
	if (!recent->changed)
		return STORE_OK;
	recent->changed = false;
	return store->ops->audit_save(store, &recent->record);
}

static enum store_result
trim(struct audit *audit, struct store *store, struct walltime now, int64_t keep,
    int64_t keep_age_ms)
{
	if (++audit->written % TRIM_EVERY != 1)
		return STORE_OK;
	return store->ops->audit_trim(store, keep, walltime_add_ms(now, -keep_age_ms), TRIM_LIMIT);
}

enum store_result
audit_note(struct audit *audit, struct store *store, struct audit_record *record, int64_t keep,
    int64_t keep_age_ms)
{
	struct audit_recent *recent = find_same(audit, record);
	enum store_result result;

	record->until = record->at;
	record->count = 1;
	if (recent != NULL) {
		recent->record.until = record->at;
		recent->record.count++;
		recent->changed = true;
		return STORE_OK;
	}
	recent = &audit->recent[audit->next++ % AUDIT_RECENT];
	if ((result = write_changed(recent, store)) == STORE_OK &&
	    (result = store->ops->audit_add(store, record)) == STORE_OK)
		result = trim(audit, store, record->at, keep, keep_age_ms);
	if (result == STORE_OK)
		recent->record = *record;
	return result;
}

enum store_result
audit_flush(struct audit *audit, struct store *store)
{
	enum store_result result = STORE_OK;

	for (size_t i = 0; i < AUDIT_RECENT && result == STORE_OK; i++)
		result = write_changed(&audit->recent[i], store);
	return result;
}

void
audit_forget(struct audit *audit)
{
	memset(audit, 0, sizeof(*audit));
}
