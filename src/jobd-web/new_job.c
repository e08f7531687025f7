#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_check.h"
#include "base/json_scan.h"

#include "jid.h"
#include "new_job.h"
#include "scope.h"

#define KEY_PREFIX "key-"
#define KEY_MAX    255
/* Room for what a payload has besides its body. */
#define PAYLOAD_MORE 256
/* So many bytes may stand for one in a string of JSON. */
#define ESCAPE_MAX 6

/* Where each member goes in the payload of the queue. */
enum place { PLACE_TOP, PLACE_CUSTOM, PLACE_OURS };

enum member_index {
	MEMBER_TYPE,
	MEMBER_ARGS,
	MEMBER_ID,
	MEMBER_KEY,
	MEMBER_CUSTOM,
	MEMBER_AT,
	MEMBER_AFTER,
	MEMBER_REST
};

/* clang-format off */
static const struct member {
	const char *name;
	enum place place;
} members[] = {
	[MEMBER_TYPE] =		{ "type",		PLACE_OURS },
	[MEMBER_ARGS] =		{ "args",		PLACE_OURS },
	[MEMBER_ID] =		{ "id",			PLACE_OURS },
	[MEMBER_KEY] =		{ "idempotency_key",	PLACE_OURS },
	[MEMBER_CUSTOM] =	{ "custom",		PLACE_OURS },
	[MEMBER_AT] =		{ "at",			PLACE_TOP },
	[MEMBER_AFTER] =	{ "after",		PLACE_CUSTOM },
	[MEMBER_REST] =		{ "queue",		PLACE_TOP },
	{ "priority",		PLACE_TOP },
	{ "retry",		PLACE_TOP },
	{ "reserve_for",	PLACE_TOP },
	{ "tags",		PLACE_CUSTOM },
	{ "unique_key",		PLACE_CUSTOM },
	{ "unique_for",		PLACE_CUSTOM },
	{ "unique_until",	PLACE_CUSTOM },
	{ "on_conflict",	PLACE_CUSTOM },
	{ "concurrency_key",	PLACE_CUSTOM },
	{ "parent",		PLACE_CUSTOM },
	{ "expires_at",		PLACE_CUSTOM },
	{ "track",		PLACE_CUSTOM },
	{ "bid",		PLACE_CUSTOM },
};
/* clang-format on */

#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

/* What a body has; no value: not given. */
struct given {
	struct json_piece pieces[MEMBER_COUNT];
};

static size_t
member_find(const struct json_piece *piece)
{
	size_t i = 0;

	while (i < MEMBER_COUNT && !json_piece_is(piece, members[i].name))
		i++;
	return i;
}

static bool
is_given(const struct given *given, size_t i)
{
	return given->pieces[i].value != NULL;
}

static bool
begins(const struct json_piece *piece, char letter)
{
	return piece->value != NULL && piece->value[0] == letter;
}

/*
 * The members of the body, or, with `inside`, those of its custom object that we know.  0, or the
 * status: what is there twice could be understood in two ways.
 */
static unsigned int
collect(const char *text, size_t len, bool inside, struct given *given, char why[NEW_JOB_WHY])
{
	struct json_piece piece;
	struct json_scan scan;

	*given = (struct given){ 0 };
	if (json_scan_begin(&scan, text, len) == -1)
		return MHD_HTTP_UNPROCESSABLE_CONTENT;
	while (json_scan_next(&scan, &piece) == 1) {
		size_t i = member_find(&piece);
		int shown = piece.key_len < 100 ? (int)piece.key_len : 100;

		if (i < MEMBER_COUNT && is_given(given, i)) {
			snprintf(
			    why, NEW_JOB_WHY, "there are two members '%.*s'", shown, piece.key);
			return MHD_HTTP_BAD_REQUEST;
		}
		if (i < MEMBER_COUNT)
			given->pieces[i] = piece;
		else if (!inside) {
			snprintf(
			    why, NEW_JOB_WHY, "there is no member '%.*s' here", shown, piece.key);
			return MHD_HTTP_UNPROCESSABLE_CONTENT;
		}
	}
	return 0;
}

/* The string without its escapes; its length, or -1: it is none, or longer. */
static long
plain_text(const struct json_piece *piece, char *text, size_t max)
{
	char *whole;
	long len = -1;

	if (!begins(piece, '"') || piece->value_len > max * ESCAPE_MAX + 2 ||
	    (whole = malloc(piece->value_len + 1)) == NULL)
		return -1;
	len = json_text(piece->value, piece->value_len, whole);
	if (len > (long)max)
		len = -1;
	if (len >= 0)
		memcpy(text, whole, (size_t)len + 1);
	free(whole);
	return len;
}

/* The same key is the same id, whenever it comes: the queue has no two jobs with one id. */
static const char *
id_of_key(const struct request *request, const char *key, struct new_job *job)
{
	struct buf own = { 0 };
	bool failed;

	if (key[0] == '\0' || strlen(key) > KEY_MAX)
		return "an idempotency key has from 1 to 255 bytes";
	scope_own_name(request, key, &own);
	if (!(failed = own.failed))
		jid_of_key(KEY_PREFIX, own.data, own.len, job->id);
	buf_free(&own);
	return failed ? "no memory" : NULL;
}

/* The id: as given, from the key, or a new one.  NULL or what is wrong. */
static const char *
choose_id(const struct request *request, const struct given *given, const char *header_key,
    struct new_job *job)
{
	const struct json_piece *id = &given->pieces[MEMBER_ID], *key = &given->pieces[MEMBER_KEY];
	char text[KEY_MAX + 1];

	if ((id->value != NULL && !begins(id, '"')) || (key->value != NULL && !begins(key, '"')))
		return "id and idempotency_key are texts";
	if (id->value != NULL)
		return plain_text(id, job->id, NEW_JOB_ID_MAX) >= 0
			   ? NULL
			   : "an id has at most 128 bytes, and no NUL";
	if (key->value != NULL)
		return id_of_key(request, plain_text(key, text, KEY_MAX) > 0 ? text : "", job);
	if (header_key != NULL)
		return id_of_key(request, header_key, job);
	jid_random(job->id);
	return NULL;
}

static void
put_member(struct buf *out, const struct json_piece *piece)
{
	if (out->data[out->len - 1] != '{')
		buf_add(out, ",", 1);
	buf_add(out, "\"", 1);
	buf_add(out, piece->key, piece->key_len);
	buf_add(out, "\":", 2);
	buf_add(out, piece->value, piece->value_len);
}

static void
put_members(struct buf *out, const struct given *given, enum place place)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if (members[i].place == place && is_given(given, i))
			put_member(out, &given->pieces[i]);
}

/* What is given beside the custom object wins over what is in it. */
static void
put_custom(struct buf *out, const struct given *given)
{
	const struct json_piece *custom = &given->pieces[MEMBER_CUSTOM];
	size_t before = out->len, begin;
	struct json_piece piece;
	struct json_scan scan;

	buf_text(out, ",\"custom\":{");
	begin = out->len;
	if (begins(custom, '{') && json_scan_begin(&scan, custom->value, custom->value_len) == 0)
		while (json_scan_next(&scan, &piece) == 1) {
			size_t i = member_find(&piece);

			if (i == MEMBER_COUNT || members[i].place != PLACE_CUSTOM ||
			    !is_given(given, i))
				put_member(out, &piece);
		}
	put_members(out, given, PLACE_CUSTOM);
	if (out->len == begin)
		out->len = before;
	else
		buf_add(out, "}", 1);
}

/* What is no list becomes the only argument, so that its members have names in templates. */
static void
put_args(struct buf *out, const struct json_piece *args)
{
	bool is_list = begins(args, '[');

	buf_text(out, is_list ? ",\"args\":" : ",\"args\":[");
	if (args->value != NULL)
		buf_add(out, args->value, args->value_len);
	buf_text(out, is_list ? "" : "]");
}

static bool
is_later(const struct json_piece *at)
{
	char text[WALLTIME_TEXT_MAX];
	const char *errstr;
	struct walltime when;

	return plain_text(at, text, sizeof(text) - 1) > 0 &&
	       walltime_parse(text, &when, &errstr) == 0 && when.us > walltime_now().us;
}

/* What it becomes, as far as it says. */
static const char *
first_state(const struct given *given, const struct given *custom)
{
	const struct json_piece *after = is_given(given, MEMBER_AFTER)
					     ? &given->pieces[MEMBER_AFTER]
					     : &custom->pieces[MEMBER_AFTER];

	if (is_later(&given->pieces[MEMBER_AT]))
		return "scheduled";
	return begins(after, '[') && after->value_len > 2 ? "blocked" : "ready";
}

/* NULL or what is wrong. */
static const char *
check(const struct given *given)
{
	const struct json_piece *type = &given->pieces[MEMBER_TYPE];
	const struct json_piece *custom = &given->pieces[MEMBER_CUSTOM];

	if (!begins(type, '"') || type->value_len == 2)
		return "'type' is missing: the name of a type of job";
	if (custom->value != NULL && !begins(custom, '{') && !begins(custom, 'n'))
		return "'custom' is an object";
	return NULL;
}

static void
put_payload(struct buf *out, const struct given *given, const char *id)
{
	const struct json_piece *type = &given->pieces[MEMBER_TYPE];

	buf_text(out, "{\"jid\":");
	buf_json(out, id);
	buf_text(out, ",\"jobtype\":");
	buf_add(out, type->value, type->value_len);
	put_args(out, &given->pieces[MEMBER_ARGS]);
	put_members(out, given, PLACE_TOP);
	put_custom(out, given);
	buf_add(out, "}", 1);
}

unsigned int
new_job_write(const struct request *request, const char *text, size_t len, const char *header_key,
    struct buf *out, struct new_job *job, char why[NEW_JOB_WHY])
{
	struct given given, custom = { 0 };
	const struct json_piece *inside = &given.pieces[MEMBER_CUSTOM];
	const char *wrong;
	unsigned int status;

	why[0] = '\0';
	status = collect(text, len, false, &given, why);
	if (status == 0 && begins(inside, '{'))
		status = collect(inside->value, inside->value_len, true, &custom, why);
	if (status != 0)
		return status;
	if ((wrong = check(&given)) == NULL)
		wrong = choose_id(request, &given, header_key, job);
	buf_reserve(out, len + PAYLOAD_MORE);
	if (wrong != NULL || out->failed) {
		strlcpy(why, wrong != NULL ? wrong : "no memory", NEW_JOB_WHY);
		return MHD_HTTP_UNPROCESSABLE_CONTENT;
	}
	put_payload(out, &given, job->id);
	job->state = first_state(&given, &custom);
	return 0;
}

/* With JSON that is taken apart. */

const char *
new_job_id(const json_t *job)
{
	return json_string_value(json_object_get(job, "jid"));
}

json_t *
new_job_read(const struct request *request, const json_t *body, char why[NEW_JOB_WHY])
{
	char *text = json_dumps(body, JSON_COMPACT);
	struct buf payload = { 0 };
	struct new_job made;
	json_t *job = NULL;

	strlcpy(why, "no memory", NEW_JOB_WHY);
	if (text != NULL &&
	    new_job_write(request, text, strlen(text), NULL, &payload, &made, why) == 0 &&
	    !payload.failed)
		job = json_loadb(payload.data, payload.len, 0, NULL);
	buf_free(&payload);
	free(text);
	return job;
}

/* A list of bodies becomes a list of payloads; false: answered. */
bool
new_jobs_read(struct request *request, const json_t *bodies, json_t *jobs)
{
	char why[NEW_JOB_WHY];

	if (json_array_size(bodies) == 0 || json_array_size(bodies) > NEW_JOBS_MAX) {
		respond_problem(
		    request, MHD_HTTP_UNPROCESSABLE_CONTENT, "from 1 to %d jobs", NEW_JOBS_MAX);
		return false;
	}
	for (size_t i = 0; i < json_array_size(bodies); i++) {
		const json_t *body = json_array_get(bodies, i);
		json_t *job = NULL;

		if (json_is_object(body))
			job = new_job_read(request, body, why);
		else
			strlcpy(why, "a job is a JSON object", sizeof(why));
		if (job == NULL) {
			respond_problem(
			    request, MHD_HTTP_UNPROCESSABLE_CONTENT, "job %zu: %s", i, why);
			return false;
		}
		json_array_append_new(jobs, job);
	}
	return true;
}
