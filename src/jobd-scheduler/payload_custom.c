/* What a job's `custom` object says that decides about the job. */
#include <string.h>

#include "base/json_check.h"
#include "base/json_scan.h"
#include "conf/conf.h"
#include "payload_private.h"

/* Words of a list in `custom`. */
#define WORDS_MAX 1000

static int
custom_text(struct payload_reader *reader, const struct json_piece *piece, const char **field)
{
	char text[WRITTEN_MAX];

	if (payload_text(piece, text)[0] == '\0')
		return REFUSE(reader, "custom.%.*s is not a text of 1 to %d bytes",
		    (int)piece->key_len, piece->key, TEXT_MAX);
	return job_set(reader->job, field, text) == 0 ? 0 : REFUSE(reader, "out of memory");
}

static int
custom_words(struct payload_reader *reader, const struct json_piece *piece, const char **field)
{
	struct json_scan scan;
	struct json_piece word;
	char text[WRITTEN_MAX];
	size_t count = 0;
	bool good =
	    piece->value[0] == '[' && json_scan_begin(&scan, piece->value, piece->value_len) == 0;

	while (good && json_scan_next(&scan, &word) == 1)
		good = payload_text(&word, text)[0] != '\0' && ++count <= WORDS_MAX;
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
custom_choice(struct payload_reader *reader, const struct json_piece *piece,
    const char *const *words, int64_t *choice)
{
	char text[WRITTEN_MAX];

	payload_text(piece, text);
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
custom_unique_for(struct payload_reader *reader, const struct json_piece *piece)
{
	double sec;

	if (!json_number(piece->value, piece->value_len, &sec) || sec < 0)
		return REFUSE(reader, "custom.unique_for is not a number of seconds");
	reader->job->unique_for_ms = (int64_t)((sec < 1e9 ? sec : 1e9) * 1000);
	return 0;
}

static int
custom_unique_until(struct payload_reader *reader, const struct json_piece *piece)
{
	static const char *const words[] = { [CONF_UNIQUE_UNTIL_SUCCESS] = "success",
		[CONF_UNIQUE_UNTIL_START] = "start",
		[CONF_UNIQUE_UNTIL_TIME] = "time",
		NULL };

	return custom_choice(reader, piece, words, &reader->job->unique_until);
}

static int
custom_on_conflict(struct payload_reader *reader, const struct json_piece *piece)
{
	static const char *const words[] = { [CONF_ON_CONFLICT_REJECT] = "reject",
		[CONF_ON_CONFLICT_REPLACE] = "replace",
		[CONF_ON_CONFLICT_KEEP] = "keep",
		NULL };

	return custom_choice(reader, piece, words, &reader->job->on_conflict);
}

static int
custom_unique_key(struct payload_reader *reader, const struct json_piece *piece)
{
	return custom_text(reader, piece, &reader->job->unique_key);
}

static int
custom_expires_at(struct payload_reader *reader, const struct json_piece *piece)
{
	return payload_time(reader, piece, "expires_at", &reader->job->expires_at);
}

/* Faktory's clients write 1. */
static int
custom_track(struct payload_reader *reader, const struct json_piece *piece)
{
	double number = 0;

	reader->job->track = *piece->value == 't' ||
			     (json_number(piece->value, piece->value_len, &number) && number != 0);
	return 0;
}

static int
custom_bid(struct payload_reader *reader, const struct json_piece *piece)
{
	return custom_text(reader, piece, &reader->job->bid);
}

static int
custom_concurrency_key(struct payload_reader *reader, const struct json_piece *piece)
{
	return custom_text(reader, piece, &reader->job->concurrency_key);
}

static int
custom_after(struct payload_reader *reader, const struct json_piece *piece)
{
	return custom_words(reader, piece, &reader->job->after);
}

static int
custom_parent(struct payload_reader *reader, const struct json_piece *piece)
{
	return custom_text(reader, piece, &reader->job->parent);
}

static int
custom_tags(struct payload_reader *reader, const struct json_piece *piece)
{
	return custom_words(reader, piece, &reader->job->tags);
}

/* clang-format off */
static const struct {
	const char *name;
	int (*read)(struct payload_reader *, const struct json_piece *);
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

int
payload_custom(struct payload_reader *reader, const struct json_piece *custom)
{
	struct json_scan scan;
	struct json_piece piece;
	int result = 0;

	if (custom->value[0] != '{')
		return REFUSE(reader, "invalid JSON: 'custom' is not an object");
	json_scan_begin(&scan, custom->value, custom->value_len);
	while (result == 0 && json_scan_next(&scan, &piece) == 1)
		for (size_t i = 0; i < sizeof(customs) / sizeof(customs[0]); i++)
			if (json_piece_is(&piece, customs[i].name) && !payload_is_null(piece.value))
				result = customs[i].read(reader, &piece);
	return result;
}
