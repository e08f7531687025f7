#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "jobctl/filter.h"
#include "jobctl/session.h"

#define WORD_MAX 32

#define WORD_PENDING "pending"

const char *const filter_states[] = { "scheduled", "ready", "blocked", "running", "retry", "done",
	"dead", "cancelled", WORD_PENDING, NULL };
/* Those that have not ended. */
static const char *const pending_states[] = { "scheduled", "ready", "blocked", "running", "retry",
	NULL };

static const char *next_state(const char *list, char word[WORD_MAX]);
static bool is_state(const char *word);
static void write_states(struct json *, const char *list);
static void write_state(struct json *, const char *word);

/* The first word of "S,S,..."; returns what is behind it, or NULL at the end. */
static const char *
next_state(const char *list, char word[WORD_MAX])
{
	size_t len = strcspn(list, ",");

	snprintf(word, WORD_MAX, "%.*s", (int)len, list);
	return list[len] == ',' ? list + len + 1 : NULL;
}

static bool
is_state(const char *word)
{
	for (const char *const *state = filter_states; *state != NULL; state++)
		if (strcmp(word, *state) == 0)
			return true;
	return false;
}

bool
filter_check(const struct option_values *given)
{
	const char *list = given->state;
	char word[WORD_MAX];

	while (list != NULL) {
		const char *nearest;

		list = next_state(list, word);
		if (is_state(word))
			continue;
		nearest = words_nearest(word, filter_states);
		if (nearest != NULL)
			complain(
			    "--state: there is no state '%s': did you mean '%s'?", word, nearest);
		else
			complain(
			    "--state: there is no state '%s': it is scheduled, ready, blocked, "
			    "running, retry, done, dead or cancelled, or pending for those that "
			    "have not ended",
			    word);
		return false;
	}
	return true;
}

bool
filter_is_given(const struct option_values *given)
{
	return given->state != NULL || given->type != NULL || given->queue != NULL ||
	       given->tag != NULL;
}

/* One state is a word, several are a list of words. */
static void
write_states(struct json *json, const char *list)
{
	char word[WORD_MAX];

	if (strchr(list, ',') == NULL && strcmp(list, WORD_PENDING) != 0) {
		json_string(json, "state", list);
		return;
	}
	json_array(json, "state");
	while (list != NULL) {
		list = next_state(list, word);
		write_state(json, word);
	}
	json_array_end(json);
}

static void
write_state(struct json *json, const char *word)
{
	if (strcmp(word, WORD_PENDING) != 0)
		json_string(json, NULL, word);
	for (size_t i = 0; strcmp(word, WORD_PENDING) == 0 && pending_states[i] != NULL; i++)
		json_string(json, NULL, pending_states[i]);
}

void
filter_write(struct json *json, const struct option_values *given, const char *state)
{
	if (given->state != NULL || state != NULL)
		write_states(json, given->state != NULL ? given->state : state);
	if (given->type != NULL)
		json_string(json, "type", given->type);
	if (given->queue != NULL)
		json_string(json, "queue", given->queue);
	if (given->tag != NULL)
		json_string(json, "tag", given->tag);
}
