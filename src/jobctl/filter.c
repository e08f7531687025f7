#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "jobctl/filter.h"
#include "jobctl/session.h"

#define WORD_MAX 32

const char *const filter_states[] = { "scheduled", "ready", "blocked", "running", "retry", "done",
	"dead", "cancelled", NULL };

static const char *next_state(const char *list, char word[WORD_MAX]);
static bool is_state(const char *word);
static void write_states(struct json *, const char *list);

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
			    "running, retry, done, dead or cancelled",
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

	if (strchr(list, ',') == NULL) {
		json_string(json, "state", list);
		return;
	}
	json_array(json, "state");
	while (list != NULL) {
		list = next_state(list, word);
		json_string(json, NULL, word);
	}
	json_array_end(json);
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
