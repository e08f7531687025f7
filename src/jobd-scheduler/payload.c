#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "conf/conf.h"
#include "payload.h"

/* The longest text that is read, escapes resolved; a character may be written with six bytes. */
#define TEXT_MAX    255
#define WRITTEN_MAX ((size_t)TEXT_MAX * 6 + 2)
/* Words of a list in `custom`. */
#define WORDS_MAX 1000

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

/* A job's text on its way into a struct job. */
struct reader {
	struct job *job;
	struct json_piece members[MEMBER_COUNT]; /* value NULL: not there, or null */
	char *error;
	size_t error_size;
};

#define REFUSE(reader, ...) (snprintf((reader)->error, (reader)->error_size, __VA_ARGS__), -1)

static bool
is_null(const struct json_piece *piece)
{
	return piece->value_len == 4 && memcmp(piece->value, "null", 4) == 0;
}

static int
member_index(const struct json_piece *piece)
{
	for (int i = 0; i < MEMBER_COUNT; i++)
		if (piece->key_len == member_names[i].len &&
		    memcmp(piece->key, member_names[i].name, piece->key_len) == 0)
			return i;
	return -1;
}

/* A name of ours that is written with escapes: whoever reads the job would take it for ours. */
static bool
is_disguised(const struct json_piece *piece)
{
	char text[WRITTEN_MAX];
	struct json_piece plain = { .key = text };

	if (memchr(piece->key, '\\', piece->key_len) == NULL || piece->key_len + 2 > sizeof(text) ||
	    json_text(piece->key - 1, piece->key_len + 2, text) == -1)
		return false;
	plain.key_len = strlen(text);
	return member_index(&plain) >= 0;
}

/* Walks the members: notes those that we know, and copies the others; -1 with the error. */
static int
split(struct reader *reader, const char *text, size_t len)
{
	char small[1024], *extra = len <= sizeof(small) ? small : malloc(len), *end = extra;
	struct json_scan scan;
	struct json_piece piece;
	int result, index;

	if (extra == NULL)
		return REFUSE(reader, "out of memory");
	json_scan_begin(&scan, text, len);
	result = 0;
	while (result == 0 && json_scan_next(&scan, &piece) == 1) {
		index = member_index(&piece);
		if (index == -1 && is_disguised(&piece))
			result = REFUSE(reader, "invalid JSON: the name of a member has an escape");
		if (index >= 0)
			reader->members[index] = is_null(&piece) ? (struct json_piece){ 0 } : piece;
		if (index >= 0 && index < MEMBER_OWN_COUNT)
			continue;
		/* ,"key":value takes no more room than it took in the text */
		*end++ = ',';
		*end++ = '"';
		end = mempcpy(end, piece.key, piece.key_len);
		*end++ = '"';
		*end++ = ':';
		end = mempcpy(end, piece.value, piece.value_len);
	}
	if (result == 0 &&
	    job_set_len(reader->job, &reader->job->extra, extra, (size_t)(end - extra)) == -1)
		result = REFUSE(reader, "out of memory");
	if (extra != small)
		free(extra);
	return result;
}

/* The piece's text; "" if it is none, or longer than TEXT_MAX. */
static const char *
text_of(const struct json_piece *piece, char text[WRITTEN_MAX])
{
	if (piece->value == NULL || piece->value_len > WRITTEN_MAX ||
	    json_text(piece->value, piece->value_len, text) == -1 || strlen(text) > TEXT_MAX)
		text[0] = '\0';
	return text;
}

static int
read_words(struct reader *reader)
{
	const struct json_piece *members = reader->members;
	char jid[WRITTEN_MAX], type[WRITTEN_MAX], queue[WRITTEN_MAX] = "default";
	struct job *job = reader->job;

	text_of(&members[MEMBER_JID], jid);
	text_of(&members[MEMBER_JOBTYPE], type);
	if (members[MEMBER_QUEUE].value != NULL)
		text_of(&members[MEMBER_QUEUE], queue);
	else
		job->unsaid |= JOB_UNSAID_QUEUE;
	if (strlen(jid) < JOB_JID_MIN || strlen(jid) > JOB_JID_MAX)
		return REFUSE(reader, "jobs must have a reasonable jid parameter");
	/* Also for the reply that says what is wrong with this one. */
	if (job_set(job, &job->jid, jid) == -1)
		return REFUSE(reader, "out of memory");
	if (members[MEMBER_JOBTYPE].value_len > JOB_NAME_MAX + 2 &&
	    (type[0] == '\0' || strlen(type) > JOB_NAME_MAX))
		return REFUSE(reader, "a jobtype has at most %d bytes", JOB_NAME_MAX);
	if (type[0] == '\0')
		return REFUSE(reader, "jobs must have a jobtype parameter");
	if (members[MEMBER_ARGS].value == NULL || members[MEMBER_ARGS].value[0] != '[')
		return REFUSE(reader, "jobs must have an args parameter");
	if (!job_is_queue_name(queue))
		return REFUSE(reader,
		    "cannot get \"%.100s\" queue: queue names must match \\A[a-zA-Z0-9._-]+\\z",
		    queue);
	if (job_set(job, &job->type, type) == -1 || job_set(job, &job->queue, queue) == -1 ||
	    job_set_len(
		job, &job->args, members[MEMBER_ARGS].value, members[MEMBER_ARGS].value_len) == -1)
		return REFUSE(reader, "out of memory");
	return 0;
}

/* A member that is missing is `initial`. */
static int
read_number(struct reader *reader, const struct json_piece *piece, const char *name, double initial,
    double *number)
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
read_numbers(struct reader *reader)
{
	const struct json_piece *members = reader->members;
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

static int
read_time(
    struct reader *reader, const struct json_piece *piece, const char *name, struct walltime *when)
{
	char text[WRITTEN_MAX];
	const char *errstr;

	when->us = 0;
	if (piece->value == NULL)
		return 0;
	if (piece->value[0] != '"')
		return REFUSE(reader, "invalid JSON: '%s' is not a string", name);
	if (text_of(piece, text)[0] == '\0' && piece->value_len == 2)
		return 0;
	if (walltime_parse(text, when, &errstr) == -1)
		return REFUSE(
		    reader, "invalid timestamp for '%s': \"%.60s\": %s", name, text, errstr);
	return 0;
}

static int
read_times(struct reader *reader)
{
	const struct json_piece *created = &reader->members[MEMBER_CREATED_AT];
	char text[WRITTEN_MAX];
	const char *errstr;

	if (walltime_parse(text_of(created, text), &reader->job->created_at, &errstr) == -1)
		reader->job->created_at.us = 0;
	return read_time(reader, &reader->members[MEMBER_AT], "at", &reader->job->run_at);
}

/* What `custom` says that decides about the job. */

static int
custom_text(struct reader *reader, const struct json_piece *piece, const char **field)
{
	char text[WRITTEN_MAX];

	if (text_of(piece, text)[0] == '\0')
		return REFUSE(reader, "custom.%.*s is not a text of 1 to %d bytes",
		    (int)piece->key_len, piece->key, TEXT_MAX);
	return job_set(reader->job, field, text) == 0 ? 0 : REFUSE(reader, "out of memory");
}

static int
custom_words(struct reader *reader, const struct json_piece *piece, const char **field)
{
	struct json_scan scan;
	struct json_piece word;
	char text[WRITTEN_MAX];
	size_t count = 0;
	bool good =
	    piece->value[0] == '[' && json_scan_begin(&scan, piece->value, piece->value_len) == 0;

	while (good && json_scan_next(&scan, &word) == 1)
		good = text_of(&word, text)[0] != '\0' && ++count <= WORDS_MAX;
	if (!good)
		return REFUSE(
		    reader, "custom.%.*s is not a list of texts", (int)piece->key_len, piece->key);
	if (count == 0)
		return 0;
	return job_set_len(reader->job, field, piece->value, piece->value_len) == 0
		   ? 0
		   : REFUSE(reader, "out of memory");
}

static int
custom_choice(struct reader *reader, const struct json_piece *piece, const char *const *words,
    int64_t *choice)
{
	char text[WRITTEN_MAX];

	text_of(piece, text);
	for (int64_t i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], text) == 0) {
			*choice = i;
			return 0;
		}
	}
	return REFUSE(reader, "custom.%.*s is not one of %s, %s, %s", (int)piece->key_len,
	    piece->key, words[0], words[1], words[2]);
}

static int
custom_unique_for(struct reader *reader, const struct json_piece *piece)
{
	double sec;

	if (!json_number(piece->value, piece->value_len, &sec) || sec < 0)
		return REFUSE(reader, "custom.unique_for is not a number of seconds");
	reader->job->unique_for_ms = (int64_t)(between(0, sec, 1e9) * 1000);
	return 0;
}

static int
custom_unique_until(struct reader *reader, const struct json_piece *piece)
{
	static const char *const words[] = { [CONF_UNIQUE_UNTIL_SUCCESS] = "success",
		[CONF_UNIQUE_UNTIL_START] = "start",
		[CONF_UNIQUE_UNTIL_TIME] = "time",
		NULL };

	return custom_choice(reader, piece, words, &reader->job->unique_until);
}

static int
custom_on_conflict(struct reader *reader, const struct json_piece *piece)
{
	static const char *const words[] = { [CONF_ON_CONFLICT_REJECT] = "reject",
		[CONF_ON_CONFLICT_REPLACE] = "replace",
		[CONF_ON_CONFLICT_KEEP] = "keep",
		NULL };

	return custom_choice(reader, piece, words, &reader->job->on_conflict);
}

static int
custom_unique_key(struct reader *reader, const struct json_piece *piece)
{
	return custom_text(reader, piece, &reader->job->unique_key);
}

static int
custom_expires_at(struct reader *reader, const struct json_piece *piece)
{
	return read_time(reader, piece, "expires_at", &reader->job->expires_at);
}

/* Faktory's clients write 1. */
static int
custom_track(struct reader *reader, const struct json_piece *piece)
{
	double number = 0;

	reader->job->track = *piece->value == 't' ||
			     (json_number(piece->value, piece->value_len, &number) && number != 0);
	return 0;
}

static int
custom_bid(struct reader *reader, const struct json_piece *piece)
{
	return custom_text(reader, piece, &reader->job->bid);
}

static int
custom_concurrency_key(struct reader *reader, const struct json_piece *piece)
{
	return custom_text(reader, piece, &reader->job->concurrency_key);
}

static int
custom_after(struct reader *reader, const struct json_piece *piece)
{
	return custom_words(reader, piece, &reader->job->after);
}

static int
custom_parent(struct reader *reader, const struct json_piece *piece)
{
	return custom_text(reader, piece, &reader->job->parent);
}

static int
custom_tags(struct reader *reader, const struct json_piece *piece)
{
	return custom_words(reader, piece, &reader->job->tags);
}

/* clang-format off */
static const struct {
	const char *name;
	int (*read)(struct reader *, const struct json_piece *);
} customs[] = {
	{ "unique_for",		custom_unique_for },
	{ "unique_until",	custom_unique_until },
	{ "unique_key",		custom_unique_key },
	{ "on_conflict",	custom_on_conflict },
	{ "expires_at",		custom_expires_at },
	{ "track",		custom_track },
	{ "bid",		custom_bid },
	{ "concurrency_key",	custom_concurrency_key },
	{ "after",		custom_after },
	{ "parent",		custom_parent },
	{ "tags",		custom_tags },
};
/* clang-format on */

static int
read_custom(struct reader *reader)
{
	const struct json_piece *custom = &reader->members[MEMBER_CUSTOM];
	struct json_scan scan;
	struct json_piece piece;
	int result = 0;

	if (custom->value == NULL)
		return 0;
	if (custom->value[0] != '{')
		return REFUSE(reader, "invalid JSON: 'custom' is not an object");
	json_scan_begin(&scan, custom->value, custom->value_len);
	while (result == 0 && json_scan_next(&scan, &piece) == 1)
		for (size_t i = 0; i < sizeof(customs) / sizeof(customs[0]); i++)
			if (json_piece_is(&piece, customs[i].name) && !is_null(&piece))
				result = customs[i].read(reader, &piece);
	return result;
}

int
payload_read(struct job *job, const char *text, size_t len, char *error, size_t size)
{
	const char *wrong = len <= PAYLOAD_MAX ? json_check(text, len) : NULL;

	if (wrong == NULL)
		return payload_take(job, text, len, error, size);
	snprintf(error, size, "invalid JSON: %s", wrong);
	return -1;
}

int
payload_take(struct job *job, const char *text, size_t len, char *error, size_t size)
{
	struct reader reader = { .job = job, .error = error, .error_size = size };

	if (len > PAYLOAD_MAX)
		return REFUSE(&reader, "the job is larger than %zu bytes", PAYLOAD_MAX);
	if (text[0] != '{' && text[strspn(text, " \t\r\n")] != '{')
		return REFUSE(&reader, "invalid JSON: a job is an object");
	/* One block for all of it: what is kept of a text is no longer than the text. */
	if (job_reserve(job, len + 64) == -1)
		return REFUSE(&reader, "out of memory");
	if (split(&reader, text, len) == -1 || read_words(&reader) == -1 ||
	    read_numbers(&reader) == -1 || read_times(&reader) == -1)
		return -1;
	return read_custom(&reader);
}
