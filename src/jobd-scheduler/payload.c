#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "payload.h"
#include "payload_private.h"

/* Members beyond these are looked for once more. */
#define OTHERS_MAX 16

enum member {
	MEMBER_JID,
	MEMBER_JOBTYPE,
	MEMBER_QUEUE,
	MEMBER_ARGS,
	MEMBER_PRIORITY,
	MEMBER_CREATED_AT,
	MEMBER_ENQUEUED_AT,
	MEMBER_FAILURE,
	/* Up to here we write them ourselves; everything else goes through untouched. */
	MEMBER_OWN_COUNT,
	MEMBER_RETRY = MEMBER_OWN_COUNT,
	MEMBER_RESERVE_FOR,
	MEMBER_AT,
	MEMBER_CUSTOM,
	MEMBER_COUNT,
};

#define MEMBER(name)                                                                               \
	{                                                                                          \
		name, sizeof(name) - 1                                                             \
	}

static const struct {
	const char *name;
	size_t len;
} member_names[MEMBER_COUNT] = {
	[MEMBER_JID] = MEMBER("jid"),
	[MEMBER_JOBTYPE] = MEMBER("jobtype"),
	[MEMBER_QUEUE] = MEMBER("queue"),
	[MEMBER_ARGS] = MEMBER("args"),
	[MEMBER_PRIORITY] = MEMBER("priority"),
	[MEMBER_CREATED_AT] = MEMBER("created_at"),
	[MEMBER_ENQUEUED_AT] = MEMBER("enqueued_at"),
	[MEMBER_FAILURE] = MEMBER("failure"),
	[MEMBER_RETRY] = MEMBER("retry"),
	[MEMBER_RESERVE_FOR] = MEMBER("reserve_for"),
	[MEMBER_AT] = MEMBER("at"),
	[MEMBER_CUSTOM] = MEMBER("custom"),
};

/* A job's text, taken apart. */
struct parts {
	const char *text;
	size_t len;
	struct json_piece members[MEMBER_COUNT]; /* value NULL: not there, or null */
	struct json_piece others[OTHERS_MAX];    /* those that go through untouched */
	size_t other_count;                      /* more than OTHERS_MAX if there are */
	size_t other_bytes;                      /* that they need in struct job's `extra` */
	bool disguised;
};

/* A text of the client's: within its JSON, or with its escapes resolved. */
struct text {
	const char *at;
	size_t len;
	char room[WRITTEN_MAX];
};

bool
payload_is_null(const struct json_piece *piece)
{
	return piece->value_len == 4 && memcmp(piece->value, "null", 4) == 0;
}

static int
member_index(const char *key, size_t len)
{
	for (int i = 0; i < MEMBER_COUNT; i++)
		if (len == member_names[i].len && key[0] == member_names[i].name[0] &&
		    memcmp(key, member_names[i].name, len) == 0)
			return i;
	return -1;
}

/* A name of ours that is written with escapes: whoever reads the job would take it for ours. */
static bool
is_disguised(const struct json_piece *piece)
{
	char text[WRITTEN_MAX];

	if (memchr(piece->key, '\\', piece->key_len) == NULL || piece->key_len + 2 > sizeof(text) ||
	    json_text(piece->key - 1, piece->key_len + 2, text) == -1)
		return false;
	return member_index(text, strlen(text)) >= 0;
}

/* Notes the members that we know and those that go through; to the end, also of a bad one. */
static void
take_apart(struct parts *parts, struct json_scan *scan)
{
	struct json_piece piece;
	int index;

	while (json_scan_next(scan, &piece) == 1) {
		index = member_index(piece.key, piece.key_len);
		if (index >= 0)
			parts->members[index] =
			    payload_is_null(&piece) ? (struct json_piece){ 0 } : piece;
		else if (is_disguised(&piece))
			parts->disguised = true;
		if (index >= 0 && index < MEMBER_OWN_COUNT)
			continue;
		if (parts->other_count < OTHERS_MAX)
			parts->others[parts->other_count] = piece;
		parts->other_count++;
		parts->other_bytes += piece.key_len + piece.value_len + 4;
	}
}

/* ,"key":value */
static char *
put_member(char *at, const struct json_piece *piece)
{
	*at++ = ',';
	*at++ = '"';
	at = mempcpy(at, piece->key, piece->key_len);
	*at++ = '"';
	*at++ = ':';
	return mempcpy(at, piece->value, piece->value_len);
}

static char *
put_all(char *at, const struct parts *parts)
{
	struct json_scan scan;
	struct json_piece piece;
	int index;

	json_scan_begin(&scan, parts->text, parts->len);
	while (json_scan_next(&scan, &piece) == 1) {
		index = member_index(piece.key, piece.key_len);
		if (index == -1 || index >= MEMBER_OWN_COUNT)
			at = put_member(at, &piece);
	}
	return at;
}

/* Keeps what we do not interpret. */
static int
keep_others(struct payload_reader *reader, const struct parts *parts)
{
	char small[1024], *extra = small, *end;
	int result = 0;

	if (parts->other_count == 0)
		return 0;
	if (parts->other_bytes > sizeof(small) && (extra = malloc(parts->other_bytes)) == NULL)
		return REFUSE(reader, "out of memory");
	end = extra;
	if (parts->other_count > OTHERS_MAX)
		end = put_all(end, parts);
	else
		for (size_t i = 0; i < parts->other_count; i++)
			end = put_member(end, &parts->others[i]);
	if (job_set_len(reader->job, &reader->job->extra, extra, (size_t)(end - extra)) == -1)
		result = REFUSE(reader, "out of memory");
	if (extra != small)
		free(extra);
	return result;
}

/* Nothing if it is no text, or longer than TEXT_MAX. */
static void
read_text(const struct json_piece *piece, struct text *text)
{
	long len = 0;

	text->at = text->room;
	if (piece->value != NULL && piece->value[0] == '"' && piece->value_len <= WRITTEN_MAX) {
		if (memchr(piece->value, '\\', piece->value_len) == NULL) {
			text->at = piece->value + 1;
			len = (long)piece->value_len - 2;
		} else
			len = json_text(piece->value, piece->value_len, text->room);
	}
	text->len = len > 0 && len <= TEXT_MAX ? (size_t)len : 0;
}

const char *
payload_text(const struct json_piece *piece, char text[WRITTEN_MAX])
{
	struct text found;

	read_text(piece, &found);
	memcpy(text, found.at, found.len);
	text[found.len] = '\0';
	return text;
}

/* Also for the reply that says what is wrong with this one. */
static int
read_jid(struct payload_reader *reader, const struct json_piece *piece)
{
	struct job *job = reader->job;
	struct text jid;

	read_text(piece, &jid);
	if (jid.len < JOB_JID_MIN || jid.len > JOB_JID_MAX)
		return REFUSE(reader, "jobs must have a reasonable jid parameter");
	return job_set_len(job, &job->jid, jid.at, jid.len) == 0 ? 0
								 : REFUSE(reader, "out of memory");
}

static int
read_type(struct payload_reader *reader, const struct json_piece *piece)
{
	struct job *job = reader->job;
	struct text type;

	read_text(piece, &type);
	if (piece->value_len > JOB_NAME_MAX + 2 && (type.len == 0 || type.len > JOB_NAME_MAX))
		return REFUSE(reader, "a jobtype has at most %d bytes", JOB_NAME_MAX);
	if (type.len == 0)
		return REFUSE(reader, "jobs must have a jobtype parameter");
	return job_set_len(job, &job->type, type.at, type.len) == 0
		   ? 0
		   : REFUSE(reader, "out of memory");
}

static int
read_args(struct payload_reader *reader, const struct json_piece *piece)
{
	struct job *job = reader->job;

	if (piece->value == NULL || piece->value[0] != '[')
		return REFUSE(reader, "jobs must have an args parameter");
	return job_set_len(job, &job->args, piece->value, piece->value_len) == 0
		   ? 0
		   : REFUSE(reader, "out of memory");
}

static int
read_queue(struct payload_reader *reader, const struct json_piece *piece)
{
	struct job *job = reader->job;
	struct text queue;

	if (piece->value == NULL) {
		job->unsaid |= JOB_UNSAID_QUEUE;
		job->queue = "default";
		return 0;
	}
	read_text(piece, &queue);
	if (job_set_len(job, &job->queue, queue.at, queue.len) == -1)
		return REFUSE(reader, "out of memory");
	if (!job_is_queue_name(job->queue))
		return REFUSE(reader,
		    "cannot get \"%.100s\" queue: queue names must match \\A[a-zA-Z0-9._-]+\\z",
		    job->queue);
	return 0;
}

static int
read_words(struct payload_reader *reader, const struct json_piece *members)
{
	return read_jid(reader, &members[MEMBER_JID]) == 0 &&
		       read_type(reader, &members[MEMBER_JOBTYPE]) == 0 &&
		       read_args(reader, &members[MEMBER_ARGS]) == 0 &&
		       read_queue(reader, &members[MEMBER_QUEUE]) == 0
		   ? 0
		   : -1;
}

/* A member that is missing is `initial`. */
static int
read_number(struct payload_reader *reader, const struct json_piece *piece, const char *name,
    double initial, double *number)
{
	*number = initial;
	if (piece->value == NULL || json_number(piece->value, piece->value_len, number))
		return 0;
	return REFUSE(reader, "invalid JSON: '%s' is not a number", name);
}

static double
between(double least, double number, double most)
{
	return number < least ? least : number > most ? most : number;
}

static int
read_numbers(struct payload_reader *reader, const struct json_piece *members)
{
	double retry, reserve_sec, priority;
	struct job *job = reader->job;

	if (read_number(reader, &members[MEMBER_RETRY], "retry", PAYLOAD_RETRIES, &retry) == -1 ||
	    read_number(reader, &members[MEMBER_RESERVE_FOR], "reserve_for", 0, &reserve_sec) ==
		-1 ||
	    read_number(reader, &members[MEMBER_PRIORITY], "priority", JOB_PRIORITY, &priority) ==
		-1)
		return -1;
	if (reserve_sec > 86400)
		return REFUSE(reader, "jobs cannot be reserved for more than one day");
	if (members[MEMBER_RETRY].value == NULL)
		job->unsaid |= JOB_UNSAID_RETRY;
	if (members[MEMBER_RESERVE_FOR].value == NULL)
		job->unsaid |= JOB_UNSAID_RESERVE;
	job->retries = (int64_t)between(-1, retry, 1000000);
	job->priority = (int64_t)between(JOB_PRIORITY_MIN, priority, JOB_PRIORITY_MAX);
	job->reserve_ms =
	    reserve_sec == 0 ? PAYLOAD_RESERVE_MS : (int64_t)between(60, reserve_sec, 86400) * 1000;
	return 0;
}

int
payload_time(struct payload_reader *reader, const struct json_piece *piece, const char *name,
    struct walltime *when)
{
	char text[WRITTEN_MAX];
	const char *errstr;

	when->us = 0;
	if (piece->value == NULL)
		return 0;
	if (piece->value[0] != '"')
		return REFUSE(reader, "invalid JSON: '%s' is not a string", name);
	if (payload_text(piece, text)[0] == '\0' && piece->value_len == 2)
		return 0;
	if (walltime_parse(text, when, &errstr) == -1)
		return REFUSE(
		    reader, "invalid timestamp for '%s': \"%.60s\": %s", name, text, errstr);
	return 0;
}

static int
read_times(struct payload_reader *reader, const struct json_piece *members)
{
	const struct json_piece *created = &members[MEMBER_CREATED_AT];
	char text[WRITTEN_MAX];
	const char *errstr;

	if (created->value != NULL &&
	    walltime_parse(payload_text(created, text), &reader->job->created_at, &errstr) == -1)
		reader->job->created_at.us = 0;
	return payload_time(reader, &members[MEMBER_AT], "at", &reader->job->run_at);
}

static int
read_parts(struct payload_reader *reader, const struct parts *parts)
{
	const struct json_piece *members = parts->members;

	if (parts->len > PAYLOAD_MAX)
		return REFUSE(reader, "the job is larger than %zu bytes", PAYLOAD_MAX);
	/* One block for all of it: what is kept of a text is no longer than the text. */
	if (job_reserve(reader->job, parts->len + 64) == -1)
		return REFUSE(reader, "out of memory");
	if (parts->disguised)
		return REFUSE(reader, "invalid JSON: the name of a member has an escape");
	if (keep_others(reader, parts) == -1 || read_words(reader, members) == -1 ||
	    read_numbers(reader, members) == -1 || read_times(reader, members) == -1)
		return -1;
	return payload_custom(reader, &members[MEMBER_CUSTOM]);
}

/* What may be no object. */
static int
read_value(struct payload_reader *reader, const char *text, size_t len)
{
	struct parts parts = { .text = text, .len = len };
	struct json_scan scan;

	if (len > PAYLOAD_MAX)
		return REFUSE(reader, "the job is larger than %zu bytes", PAYLOAD_MAX);
	if (text[strspn(text, " \t\r\n")] != '{')
		return REFUSE(reader, "invalid JSON: a job is an object");
	json_scan_begin(&scan, text, len);
	take_apart(&parts, &scan);
	return read_parts(reader, &parts);
}

int
payload_read(struct job *job, const char *text, size_t len, char *error, size_t size)
{
	struct payload_reader reader = { job, error, size };
	const char *wrong = len <= PAYLOAD_MAX ? json_check(text, len) : NULL;

	return wrong != NULL ? REFUSE(&reader, "invalid JSON: %s", wrong)
			     : read_value(&reader, text, len);
}

int
payload_next(struct json_scan *list, struct job *job, bool *good, char *error, size_t size)
{
	struct payload_reader reader = { job, error, size };
	struct parts parts = { .len = 0 };
	struct json_scan scan;
	struct json_piece piece;
	int more;

	if (json_scan_enter(list, &scan)) {
		parts.text = list->at;
		take_apart(&parts, &scan);
		parts.len = (size_t)(scan.at - parts.text);
		json_scan_leave(list, &scan);
		*good = read_parts(&reader, &parts) == 0;
		return 1;
	}
	if ((more = json_scan_next(list, &piece)) == 1)
		*good = read_value(&reader, piece.value, piece.value_len) == 0;
	return more;
}
