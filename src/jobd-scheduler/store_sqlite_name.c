#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

#define FIRST_SIZE 64

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

	if (name == NULL || grow_by_id(names, id) == -1 ||
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

void
names_commit(struct store_sqlite *s)
{
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
	struct name *next;

	for (size_t i = 0; i < names->id_size; i++)
		free(names->by_id[i]);
	for (struct name *name = names->dropped; name != NULL; name = next) {
		next = name->next;
		free(name);
	}
	free(names->by_text);
	free(names->by_id);
	memset(names, 0, sizeof(*names));
}
