#include <stdio.h>
#include <string.h>

#include "jid.h"
#include "new_job.h"
#include "scope.h"

#define KEY_PREFIX "key-"
#define BULK_MAX   1000

/* Where each member goes in the payload of the queue. */
enum place { PLACE_TOP, PLACE_CUSTOM, PLACE_OURS };

/* clang-format off */
static const struct member {
	const char *name, *there;
	enum place place;
} members[] = {
	{ "type",		"jobtype",	PLACE_OURS },
	{ "args",		"args",		PLACE_OURS },
	{ "id",			"jid",		PLACE_OURS },
	{ "idempotency_key",	"",		PLACE_OURS },
	{ "queue",		"queue",	PLACE_TOP },
	{ "at",			"at",		PLACE_TOP },
	{ "priority",		"priority",	PLACE_TOP },
	{ "retry",		"retry",	PLACE_TOP },
	{ "reserve_for",	"reserve_for",	PLACE_TOP },
	{ "custom",		"custom",	PLACE_OURS },
	{ "tags",		"tags",		PLACE_CUSTOM },
	{ "unique_key",		"unique_key",	PLACE_CUSTOM },
	{ "unique_for",		"unique_for",	PLACE_CUSTOM },
	{ "unique_until",	"unique_until",	PLACE_CUSTOM },
	{ "on_conflict",	"on_conflict",	PLACE_CUSTOM },
	{ "concurrency_key",	"concurrency_key", PLACE_CUSTOM },
	{ "after",		"after",	PLACE_CUSTOM },
	{ "parent",		"parent",	PLACE_CUSTOM },
	{ "expires_at",		"expires_at",	PLACE_CUSTOM },
	{ "track",		"track",	PLACE_CUSTOM },
	{ "bid",		"bid",		PLACE_CUSTOM },
};
/* clang-format on */

const char *
new_job_id(const json_t *job)
{
	return json_string_value(json_object_get(job, "jid"));
}

/* The same key is the same id, whenever it comes: the queue has no two jobs with one id. */
static int
key_jid(const struct request *request, const char *key, char jid[JID_MAX])
{
	struct buf own = { 0 };
	int result = -1;

	scope_own_name(request, key, &own);
	if (!own.failed)
		result = jid_of_key(KEY_PREFIX, own.data, own.len, jid);
	buf_free(&own);
	return result;
}

/* The id: as given, from the key, or a new one.  NULL or what is wrong. */
static const char *
set_jid(const struct request *request, const json_t *body, const char *header_key, json_t *job)
{
	const json_t *id = json_object_get(body, "id"),
		     *key = json_object_get(body, "idempotency_key");
	const char *key_text = key != NULL ? json_string_value(key) : header_key;
	char jid[JID_MAX];

	if ((id != NULL && !json_is_string(id)) || (key != NULL && !json_is_string(key)))
		return "id and idempotency_key are texts";
	if (id != NULL) {
		json_object_set(job, "jid", (json_t *)(uintptr_t)id);
		return NULL;
	}
	if (key_text != NULL && (key_text[0] == '\0' || strlen(key_text) > 255))
		return "an idempotency key has from 1 to 255 bytes";
	if (key_text == NULL)
		jid_random(jid);
	else if (key_jid(request, key_text, jid) == -1)
		return "no memory";
	json_object_set_new(job, "jid", json_string(jid));
	return NULL;
}

/* What is no list becomes the only argument, so that its members have names in templates. */
static void
set_args(json_t *args, json_t *job)
{
	json_t *list;

	if (json_is_array(args)) {
		json_object_set(job, "args", args);
		return;
	}
	list = json_array();
	if (args != NULL)
		json_array_append(list, args);
	json_object_set_new(job, "args", list);
}

static const struct member *
member_find(const char *name)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

/* One job's payload, or NULL with what is wrong. */
json_t *
new_job_read(
    const struct request *request, json_t *body, const char *header_key, char *why, size_t size)
{
	json_t *job = json_object(), *custom = json_object_get(body, "custom"), *value;
	const char *type = json_string_value(json_object_get(body, "type")), *name, *wrong;

	custom = json_is_object(custom) ? json_deep_copy(custom) : json_object();
	why[0] = '\0';
	json_object_foreach(body, name, value)
	{
		const struct member *member = member_find(name);

		if (member == NULL)
			snprintf(why, size, "there is no member '%.100s' here", name);
		else if (member->place == PLACE_TOP)
			json_object_set(job, member->there, value);
		else if (member->place == PLACE_CUSTOM)
			json_object_set(custom, member->there, value);
	}
	if (type == NULL || type[0] == '\0')
		snprintf(why, size, "'type' is missing: the name of a type of job");
	json_object_set_new(job, "jobtype", json_string(type != NULL ? type : ""));
	set_args(json_object_get(body, "args"), job);
	if ((wrong = set_jid(request, body, header_key, job)) != NULL)
		snprintf(why, size, "%s", wrong);
	if (json_object_size(custom) > 0)
		json_object_set(job, "custom", custom);
	json_decref(custom);
	if (why[0] == '\0')
		return job;
	json_decref(job);
	return NULL;
}

/* A list of bodies becomes a list of payloads; false: answered. */
bool
new_jobs_read(struct request *request, const json_t *bodies, json_t *jobs)
{
	char why[256];

	if (json_array_size(bodies) == 0 || json_array_size(bodies) > BULK_MAX) {
		respond_problem(
		    request, MHD_HTTP_UNPROCESSABLE_CONTENT, "from 1 to %d jobs", BULK_MAX);
		return false;
	}
	for (size_t i = 0; i < json_array_size(bodies); i++) {
		json_t *body = json_array_get(bodies, i);
		json_t *job = NULL;

		if (json_is_object(body))
			job = new_job_read(request, body, NULL, why, sizeof(why));
		else
			snprintf(why, sizeof(why), "a job is a JSON object");
		if (job == NULL) {
			respond_problem(
			    request, MHD_HTTP_UNPROCESSABLE_CONTENT, "job %zu: %s", i, why);
			return false;
		}
		json_array_append_new(jobs, job);
	}
	return true;
}
