#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "store_sqlite.h"

#define FIRST_SIZE 64
/* As long as there is room for so many no job needs to be looked at: one has fewer tags. */
#define SPARE 4096
/* A look for names that nobody uses takes long: it is taken once in so many refusals. */
#define PRUNE_EVERY 1000

static uint64_t
hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 29;
}

static int
grow_by_text(struct names *names)
{
	size_t size = names->text_size == 0 ? FIRST_SIZE : 2 * names->text_size;
	struct name **longer = calloc(size, sizeof(struct name *)), *next;

	if (longer == NULL)
		return -1;
	for (size_t i = 0; i < names->text_size; i++) {
		for (struct name *name = names->by_text[i]; name != NULL; name = next) {
			struct name **place = &longer[hash_of(name->text) & (size - 1)];

			next = name->next;
			name->next = *place;
			*place = name;
		}
	}
	free(names->by_text);
	names->by_text = longer;
	names->text_size = size;
	return 0;
}

static int
grow_by_id(struct names *names, int64_t id)
{
	size_t size = names->id_size == 0 ? FIRST_SIZE : names->id_size;
	struct name **longer;

	while (size <= (size_t)id)
		size *= 2;
	if (size == names->id_size)
		return 0;
	if ((longer = reallocarray(names->by_id, size, sizeof(struct name *))) == NULL)
		return -1;
	memset(longer + names->id_size, 0, (size - names->id_size) * sizeof(struct name *));
	names->by_id = longer;
	names->id_size = size;
	return 0;
}

static struct name *
remember(struct names *names, const char *text, int64_t id)
{
	size_t len = strlen(text);
	struct name *name = calloc(1, sizeof(*name) + len + 1);

	if (name == NULL || id > NAME_ID_MAX || grow_by_id(names, id) == -1 ||
	    (names->count >= names->text_size && grow_by_text(names) == -1)) {
		free(name);
		return NULL;
	}
	memcpy(name->text, text, len);
	name->id = id;
	name->next = names->by_text[hash_of(text) & (names->text_size - 1)];
	names->by_text[hash_of(text) & (names->text_size - 1)] = name;
	names->by_id[id] = name;
	names->count++;
	return name;
}

enum store_result
names_load(struct store_sqlite *s)
{
	struct db_query *query = db_query(s->db, SQL_NAME_LIST, "");
	enum db_result result;

	while ((result = db_step(s->db, query)) == DB_ROW) {
		if (remember(&s->names, db_text(query, 1), db_int(query, 0)) == NULL) {
			db_reset(query);
			return store_no_memory(s);
		}
	}
	return store_list_end(s, query, result);
}

struct name *
name_by_id(struct store_sqlite *s, int64_t id)
{
	return id >= 0 && (size_t)id < s->names.id_size ? s->names.by_id[id] : NULL;
}

enum store_result
name_of(struct store_sqlite *s, const char *text, bool add, struct name **found)
{
	struct names *names = &s->names;

	*found = NULL;
	if (names->text_size > 0)
		for (struct name *name = names->by_text[hash_of(text) & (names->text_size - 1)];
		     name != NULL; name = name->next)
			if (strcmp(name->text, text) == 0) {
				*found = name;
				return STORE_OK;
			}
	if (!add)
		return STORE_NONE;
	if (store_begin(s) != STORE_OK || db_run(s->db, SQL_NAME_ADD, "t", text) != DB_DONE)
		return store_fail(s);
	if ((*found = remember(names, text, db_last_id(s->db))) == NULL)
		return store_no_memory(s);
	(*found)->fresh = true;
	names->fresh = true;
	return STORE_OK;
}

static size_t
place_of(const struct names *names, const char *text)
{
	return hash_of(text) & (names->text_size - 1);
}

static void
take_out(struct names *names, struct name *name)
{
	struct name **place = &names->by_text[place_of(names, name->text)];

	while (*place != name)
		place = &(*place)->next;
	*place = name->next;
	names->by_id[name->id] = NULL;
	names->count--;
}

static void
put_back(struct names *names, struct name *name)
{
	struct name **place = &names->by_text[place_of(names, name->text)];

	name->next = *place;
	*place = name;
	names->by_id[name->id] = name;
	names->count++;
}

static bool
has_jobs(const struct name *name)
{
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		if (name->type_states[i] != 0 || name->queue_states[i] != 0)
			return true;
	return false;
}

static enum store_result
prune_one(struct store_sqlite *s, struct name *name)
{
	struct db_query *query = db_query(s->db, SQL_NAME_USED, "i", name->id);
	enum db_result result = db_step(s->db, query);
	bool used = result == DB_ROW && db_int(query, 0) != 0;

	db_reset(query);
	if (result != DB_ROW)
		return store_fail(s);
	if (used)
		return STORE_OK;
	if (db_run(s->db, SQL_NAME_DELETE, "i", name->id) != DB_DONE)
		return store_fail(s);
	take_out(&s->names, name);
	name->next = s->names.pruned;
	s->names.pruned = name;
	return STORE_OK;
}

/* Forgets the names that nothing has any more. */
static enum store_result
prune(struct store_sqlite *s)
{
	size_t before = s->names.count;

	if (s->names.refusals++ % PRUNE_EVERY != 0)
		return STORE_OK;
	if (store_begin(s) != STORE_OK)
		return STORE_FAILED;
	for (size_t i = 0; i < s->names.id_size; i++) {
		struct name *name = s->names.by_id[i];

		if (name != NULL && !name->fresh && !has_jobs(name) &&
		    prune_one(s, name) != STORE_OK)
			return STORE_FAILED;
	}
	if (before - s->names.count >= SPARE)
		s->names.refusals = 0;
	return STORE_OK;
}

static size_t
missing(struct store_sqlite *s, const char *text)
{
	struct name *found;

	return text != NULL && name_of(s, text, false, &found) == STORE_NONE;
}

static size_t
missing_tags(struct store_sqlite *s, const char *tags)
{
	char text[JOB_NAME_MAX + 1];
	struct json_scan scan;
	struct json_piece piece;
	size_t count = 0;

	if (tags == NULL || tags[0] == '\0' || json_scan_begin(&scan, tags, strlen(tags)) == -1)
		return 0;
	while (json_scan_next(&scan, &piece) == 1) {
		if (piece.value_len < 3 || piece.value_len > JOB_NAME_MAX)
			continue;
		memcpy(text, piece.value + 1, piece.value_len - 2);
		text[piece.value_len - 2] = '\0';
		count += missing(s, text);
	}
	return count;
}

enum store_result
sqlite_names_fit(struct store *store, const char *type, const char *queue, const char *tags)
{
	struct store_sqlite *s = sqlite_self(store);
	size_t more;

	if (s->names.count + SPARE <= STORE_NAMES_MAX)
		return STORE_OK;
	more = missing(s, type) + missing(s, queue) + missing_tags(s, tags);
	if (more > 0 && s->names.count + more > STORE_NAMES_MAX && prune(s) != STORE_OK)
		return STORE_FAILED;
	return more == 0 || s->names.count + more <= STORE_NAMES_MAX ? STORE_OK : STORE_NONE;
}

static void
free_list(struct name **list)
{
	struct name *name;

	while ((name = *list) != NULL) {
		*list = name->next;
		free(name);
	}
}

/* A job that was read before may have the texts of those that were pruned. */
void
names_commit(struct store_sqlite *s)
{
	free_list(&s->names.gone);
	s->names.gone = s->names.pruned;
	s->names.pruned = NULL;
	if (!s->names.fresh)
		return;
	for (size_t i = 0; i < s->names.id_size; i++)
		if (s->names.by_id[i] != NULL)
			s->names.by_id[i]->fresh = false;
	s->names.fresh = false;
}

/* Takes the names out that the database does not know any more.  Their texts stay: a job that was
 * read in the lost transaction may have them. */
void
names_rollback(struct store_sqlite *s)
{
	struct names *names = &s->names;
	struct name *pruned;

	while ((pruned = names->pruned) != NULL) {
		names->pruned = pruned->next;
		put_back(names, pruned);
	}
	for (size_t i = 0; i < names->text_size; i++) {
		for (struct name **place = &names->by_text[i]; *place != NULL;) {
			struct name *name = *place;

			if (!name->fresh) {
				place = &name->next;
				continue;
			}
			*place = name->next;
			names->by_id[name->id] = NULL;
			names->count--;
			name->next = names->dropped;
			names->dropped = name;
		}
	}
	names->fresh = false;
}

void
names_clear(struct store_sqlite *s)
{
	struct names *names = &s->names;

	for (size_t i = 0; i < names->id_size; i++)
		free(names->by_id[i]);
	free_list(&names->dropped);
	free_list(&names->pruned);
	free_list(&names->gone);
	free(names->by_text);
	free(names->by_id);
	memset(names, 0, sizeof(*names));
}
