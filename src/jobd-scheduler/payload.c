#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "payload.h"
#include "payload_private.h"

/* Members. */

/* Finds those that we know; -1 with the error. */
static int
find_members(struct payload_reader *reader, const struct part *parts, size_t count)
{
	const struct part *part;

	memset(reader->members, 0, sizeof(reader->members));
	reader->other_bytes = 0;
	for (part = parts; part < parts + count; part++) {
		if (part->member < MEMBER_COUNT)
			reader->members[part->member] =
			    payload_is_null(reader->text + part->value) ? NULL : part;
		if (part->member >= MEMBER_OWN_COUNT)
			reader->other_bytes += part->key_len + part->value_len + 4;
		if (part->member == MEMBER_DISGUISED)
			return REFUSE(reader, "invalid JSON: the name of a member has an escape");
	}
	return 0;
}

static struct json_piece
piece_of(const struct payload_reader *reader, const struct part *part)
{
	return (struct json_piece){ .key = reader->text + part->key,
		.key_len = part->key_len,
		.value = reader->text + part->value,
		.value_len = part->value_len,
		.is_plain = part->is_plain };
}

/* ,"key":value */
static char *
write_member(const struct payload_reader *reader, char *out, const struct part *part)
{
	*out++ = ',';
	*out++ = '"';
	out = mempcpy(out, reader->text + part->key, part->key_len);
	*out++ = '"';
	*out++ = ':';
	return mempcpy(out, reader->text + part->value, part->value_len);
}

/* Keeps what we do not interpret.  Before anything is ended in its place. */
static int
keep_others(struct payload_reader *reader, const struct part *parts, size_t count)
{
	char *out;

	if (reader->other_bytes == 0)
		return 0;
	if ((out = job_room(reader->job, reader->other_bytes + 1)) == NULL)
		return REFUSE(reader, "out of memory");
	reader->job->extra = out;
	for (size_t i = 0; i < count; i++)
		if (parts[i].member >= MEMBER_OWN_COUNT)
			out = write_member(reader, out, &parts[i]);
	*out = '\0';
	return 0;
}

/* Texts. */

/* So many bytes of the text as a string in their place: what is behind them was only needed to find
 * them. */
static const char *
end_text(struct payload_reader *reader, size_t begin, size_t len)
{
	reader->text[begin + len] = '\0';
	return reader->text + begin;
}

const char *
payload_text(const struct json_piece *piece, char text[WRITTEN_MAX])
{
	long len = -1;

	if (piece->value[0] == '"' && piece->value_len <= WRITTEN_MAX) {
		if (piece->is_plain) {
			len = (long)piece->value_len - 2;
			memcpy(text, piece->value + 1, (size_t)len);
		} else
			len = json_text(piece->value, piece->value_len, text);
	}
	text[len >= 0 && len <= TEXT_MAX ? len : 0] = '\0';
	return text;
}

static int
keep_copy(struct payload_reader *reader, const struct part *part, const char **field, size_t *len)
{
	struct json_piece piece = piece_of(reader, part);
	char text[WRITTEN_MAX];

	*len = strlen(payload_text(&piece, text));
	return job_set_len(reader->job, field, text, *len) == 0 ? 0
								: REFUSE(reader, "out of memory");
}

/* As a string of the job's, of *len bytes; nearly all can stay where they are. */
static int
keep_text(struct payload_reader *reader, enum member member, const char **field, size_t *len)
{
	const struct part *part = reader->members[member];

	*len = 0;
	if (part == NULL)
		return 0;
	if (!part->is_plain)
		return keep_copy(reader, part, field, len);
	*len = part->value_len - 2;
	*field = end_text(reader, part->value + 1, *len);
	return 0;
}

/* Also for the reply that says what is wrong with this one. */
static int
read_jid(struct payload_reader *reader)
{
	size_t len;

	if (keep_text(reader, MEMBER_JID, &reader->job->jid, &len) == -1)
		return -1;
	if (len >= JOB_JID_MIN && len <= JOB_JID_MAX)
		return 0;
	reader->job->jid = "";
	return REFUSE(reader, "jobs must have a reasonable jid parameter");
}

static int
read_type(struct payload_reader *reader)
{
	const struct part *type = reader->members[MEMBER_JOBTYPE];
	size_t len;

	if (keep_text(reader, MEMBER_JOBTYPE, &reader->job->type, &len) == -1)
		return -1;
	if (len > 0 && len <= JOB_NAME_MAX)
		return 0;
	return type != NULL && type->value_len > JOB_NAME_MAX + 2
		   ? REFUSE(reader, "a jobtype has at most %d bytes", JOB_NAME_MAX)
		   : REFUSE(reader, "jobs must have a jobtype parameter");
}

static int
read_args(struct payload_reader *reader)
{
	const struct part *args = reader->members[MEMBER_ARGS];

	if (args == NULL || reader->text[args->value] != '[')
		return REFUSE(reader, "jobs must have an args parameter");
	reader->job->args = end_text(reader, args->value, args->value_len);
	return 0;
}

static int
read_queue(struct payload_reader *reader)
{
	struct job *job = reader->job;
	size_t len;

	if (reader->members[MEMBER_QUEUE] == NULL) {
		job->unsaid |= JOB_UNSAID_QUEUE;
		job->queue = "default";
		return 0;
	}
	if (keep_text(reader, MEMBER_QUEUE, &job->queue, &len) == -1)
		return -1;
	if (!job_is_queue_name(job->queue))
		return REFUSE(reader,
		    "cannot get \"%.100s\" queue: queue names must match \\A[a-zA-Z0-9._-]+\\z",
		    job->queue);
	return 0;
}

/* Numbers and times. */

/* *number stays as it is if the member is missing. */
static int
read_number(struct payload_reader *reader, enum member member, double *number)
{
	const struct part *part = reader->members[member];

	if (part == NULL || json_number(reader->text + part->value, part->value_len, number))
		return 0;
	return REFUSE(reader, "invalid JSON: '%s' is not a number", member_name(member));
}

static int64_t
between(double least, double number, double most)
{
	return (int64_t)(number < least ? least : number > most ? most : number);
}

static int
read_retry(struct payload_reader *reader)
{
	double retry = PAYLOAD_RETRIES;

	if (reader->members[MEMBER_RETRY] == NULL)
		reader->job->unsaid |= JOB_UNSAID_RETRY;
	if (read_number(reader, MEMBER_RETRY, &retry) == -1)
		return -1;
	reader->job->retries = between(-1, retry, 1000000);
	return 0;
}

static int
read_reserve_for(struct payload_reader *reader)
{
	double sec = 0;

	if (reader->members[MEMBER_RESERVE_FOR] == NULL)
		reader->job->unsaid |= JOB_UNSAID_RESERVE;
	if (read_number(reader, MEMBER_RESERVE_FOR, &sec) == -1)
		return -1;
	reader->job->reserve_ms = sec == 0 ? PAYLOAD_RESERVE_MS : between(60, sec, 86400) * 1000;
	return sec > 86400 ? REFUSE(reader, "jobs cannot be reserved for more than one day") : 0;
}

static int
read_priority(struct payload_reader *reader)
{
	double priority = JOB_PRIORITY;

	if (read_number(reader, MEMBER_PRIORITY, &priority) == -1)
		return -1;
	reader->job->priority = between(JOB_PRIORITY_MIN, priority, JOB_PRIORITY_MAX);
	return 0;
}

int
payload_time(struct payload_reader *reader, const struct json_piece *piece, const char *name,
    struct walltime *when)
{
	char text[WRITTEN_MAX];
	const char *errstr;

	when->us = 0;
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
read_at(struct payload_reader *reader)
{
	const struct part *at = reader->members[MEMBER_AT];
	struct json_piece piece;

	if (at == NULL)
		return 0;
	piece = piece_of(reader, at);
	return payload_time(reader, &piece, "at", &reader->job->run_at);
}

/* One that can't be read is as good as none. */
static int
read_created_at(struct payload_reader *reader)
{
	const struct part *created = reader->members[MEMBER_CREATED_AT];
	char text[WRITTEN_MAX];
	struct json_piece piece;
	const char *errstr;

	if (created == NULL)
		return 0;
	piece = piece_of(reader, created);
	if (walltime_parse(payload_text(&piece, text), &reader->job->created_at, &errstr) == -1)
		reader->job->created_at.us = 0;
	return 0;
}

static int
read_custom(struct payload_reader *reader)
{
	const struct part *custom = reader->members[MEMBER_CUSTOM];
	struct json_piece piece;

	if (custom == NULL)
		return 0;
	piece = piece_of(reader, custom);
	return payload_custom(reader, &piece);
}

/* Jobs. */

int
payload_read_parts(struct payload_reader *reader, const struct part *parts, size_t count)
{
	return find_members(reader, parts, count) == 0 && keep_others(reader, parts, count) == 0 &&
		       read_jid(reader) == 0 && read_type(reader) == 0 && read_args(reader) == 0 &&
		       read_queue(reader) == 0 && read_retry(reader) == 0 &&
		       read_priority(reader) == 0 && read_reserve_for(reader) == 0 &&
		       read_created_at(reader) == 0 && read_at(reader) == 0
		   ? read_custom(reader)
		   : -1;
}

/* With more members than few: they are looked for once more, with room for all of them. */
static int
read_many(struct payload_reader *reader, struct json_scan *scan, size_t count)
{
	struct part *parts = reallocarray(NULL, count, sizeof(*parts));
	int result;

	if (parts == NULL)
		return REFUSE(reader, "out of memory");
	parts_scan(scan, reader->text, parts, count, &count);
	result = payload_read_parts(reader, parts, count);
	free(parts);
	return result;
}

int
payload_take(struct job *job, char *text, size_t len, char *error, size_t size)
{
	struct payload_reader reader = {
		.job = job, .error = error, .error_size = size, .text = text
	};
	struct json_scan scan, again;
	struct part parts[PARTS_FEW];
	const char *wrong;
	size_t count;

	if (len > PAYLOAD_MAX)
		return REFUSE(&reader, "the job is larger than %zu bytes", PAYLOAD_MAX);
	if (json_scan_begin(&scan, text, len) == -1 || scan.close != '}') {
		wrong = json_check(text, len);
		return REFUSE(
		    &reader, "invalid JSON: %s", wrong != NULL ? wrong : "a job is an object");
	}
	again = scan;
	if (parts_scan(&scan, text, parts, PARTS_FEW, &count) == -1)
		return REFUSE(&reader, "invalid JSON: %s", scan.error);
	return count <= PARTS_FEW ? payload_read_parts(&reader, parts, count)
				  : read_many(&reader, &again, count);
}

int
payload_read(struct job *job, const char *text, size_t len, char *error, size_t size)
{
	char *copy;

	/* One that is too large is refused unseen. */
	if (len > PAYLOAD_MAX)
		return payload_take(job, NULL, len, error, size);
	if ((copy = job_room(job, len + 1)) == NULL) {
		snprintf(error, size, "out of memory");
		return -1;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	return payload_take(job, copy, len, error, size);
}
