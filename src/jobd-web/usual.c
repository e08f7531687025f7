#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "usual.h"

/* Kept for the next answers: as many as are on their way together. */
#define KEPT_MAX  64
#define ADDED_MAX 4

struct usual {
	TAILQ_ENTRY(usual) entry; /* while it is kept */
	struct MHD_Response *response;
	const char *type;
	const char *added[ADDED_MAX]; /* the names of headers that go when it is given back */
	size_t added_count;
	size_t len;
	char text[];
};

/* Those that were used last come first. */
static TAILQ_HEAD(usual_list, usual) kept = TAILQ_HEAD_INITIALIZER(kept);
static size_t kept_count;

static struct usual *
usual_new(const char *type, size_t len)
{
	struct usual *usual = malloc(sizeof(*usual) + len);

	if (usual == NULL)
		return NULL;
	*usual = (struct usual){ .type = type, .len = len };
	usual->response = MHD_create_response_from_buffer(len, usual->text, MHD_RESPMEM_PERSISTENT);
	if (usual->response != NULL)
		return usual;
	free(usual);
	return NULL;
}

static void
usual_free(struct usual *usual)
{
	MHD_destroy_response(usual->response);
	free(usual);
}

static struct usual *
take_kept(const char *type, size_t len)
{
	struct usual *usual;

	TAILQ_FOREACH (usual, &kept, entry) {
		if (usual->len != len || strcmp(usual->type, type) != 0)
			continue;
		TAILQ_REMOVE(&kept, usual, entry);
		kept_count--;
		return usual;
	}
	return NULL;
}

struct usual *
usual_take(const char *type, const char *text, size_t len, bool *is_new)
{
	struct usual *usual = take_kept(type, len);

	*is_new = usual == NULL;
	if (usual == NULL && (usual = usual_new(type, len)) == NULL)
		return NULL;
	memcpy(usual->text, text, len);
	return usual;
}

struct MHD_Response *
usual_response(struct usual *usual)
{
	return usual->response;
}

void
usual_add_header(struct usual *usual, const char *name, const char *value)
{
	MHD_add_response_header(usual->response, name, value);
	if (usual->added_count < ADDED_MAX)
		usual->added[usual->added_count] = name;
	usual->added_count++;
}

/* False: more were added than were remembered. */
static bool
remove_added(struct usual *usual)
{
	if (usual->added_count > ADDED_MAX)
		return false;
	while (usual->added_count > 0) {
		const char *name = usual->added[--usual->added_count];
		const char *value = MHD_get_response_header(usual->response, name);

		if (value == NULL ||
		    MHD_del_response_header(usual->response, name, value) != MHD_YES)
			return false;
	}
	return true;
}

void
usual_give_back(struct usual *usual)
{
	struct usual *oldest;

	if (usual == NULL)
		return;
	if (!remove_added(usual)) {
		usual_free(usual);
		return;
	}
	TAILQ_INSERT_HEAD(&kept, usual, entry);
	if (++kept_count <= KEPT_MAX)
		return;
	oldest = TAILQ_LAST(&kept, usual_list);
	TAILQ_REMOVE(&kept, oldest, entry);
	kept_count--;
	usual_free(oldest);
}
