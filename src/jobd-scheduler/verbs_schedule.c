/* Requests about the schedules that users made: SCHEDULE SET, SCHEDULE DELETE, and their lists. */
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

#include "role.h"
#include "scope.h"
#include "server.h"

#define QUOTE              "%.200s"
#define ROUTINES_LIMIT     100
#define ROUTINES_LIMIT_MAX 1000
#define ROUTINES_BYTES_MAX ((size_t)8 * 1024 * 1024)

static const char *const catch_up_words[] = {
	[CONF_CATCH_UP_SKIP] = "skip",
	[CONF_CATCH_UP_ONCE] = "once",
	[CONF_CATCH_UP_ALL] = "all",
};
#define CATCH_UP_COUNT ((int64_t)(sizeof(catch_up_words) / sizeof(catch_up_words[0])))

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* A routine, what it has from the configuration, and its newest tick or NULL. */
struct shown {
	const struct routine *routine;
	const struct conf *conf;
	const struct tick_record *last;
};

static void
render_shown(struct json *json, const void *arg)
{
	const struct shown *shown = arg;
	const struct routine *routine = shown->routine;

	json_object(json, NULL);
	json_string(json, "name", routine->name);
	json_string(json, "job", routine->job);
	json_raw(json, "args", calendar_routine_args(shown->conf, routine));
	json_string(json, "schedule", routine->schedule);
	if (routine->frequency[0] != '\0') {
		json_string(json, "frequency", routine->frequency);
		json_string(json, "time", or_null(routine->time));
		if (routine->day > 0)
			json_int(json, "day", routine->day);
		json_string(json, "month_end", or_null(routine->month_end));
	}
	json_string(json, "timezone", or_null(routine->timezone));
	json_string(json, "zone",
	    or_null(routine->timezone[0] != '\0' ? routine->timezone
						 : shown->conf->scheduler.timezone));
	json_string(json, "queue", or_null(routine->queue));
	json_bool(json, "enabled", routine->enabled);
	json_raw(json, "tags", routine->tags[0] != '\0' ? routine->tags : "[]");
	json_string(json, "catch_up", catch_up_words[routine->catch_up]);
	render_time(json, "created_at", routine->created_at);
	render_time(json, "next_at", routine->next_at);
	if (shown->last != NULL)
		render_tick(json, "last", shown->last);
	else
		json_null(json, "last");
	json_object_end(json);
}

static enum store_result
reply_routine(struct peer *peer, const struct routine *routine)
{
	const struct scheduler *scheduler = peer->server->scheduler;
	struct shown shown = { .routine = routine, .conf = scheduler->conf };
	struct tick_record last;
	bool found;
	enum store_result result =
	    calendar_last_of_routine(scheduler->calendar, routine->name, &last, &found);

	if (result != STORE_OK)
		return result;
	shown.last = found ? &last : NULL;
	peer_json(peer, render_shown, &shown);
	return STORE_OK;
}

/* SCHEDULES with an object: a page. */

struct page {
	struct peer *peer;
	size_t count;
	enum store_result result;
};

static bool
page_add(void *arg, const struct routine *routine)
{
	struct page *page = arg;
	const struct outbuf *out = &page->peer->out;

	page->result = reply_routine(page->peer, routine);
	page->count++;
	return page->result == STORE_OK && out->len - out->kept < ROUTINES_BYTES_MAX;
}

void
schedules_page(struct peer *peer, const struct request *request)
{
	static const char *const known[] = { "after", "limit", "job", "tag", "enabled", NULL };
	struct store *store = peer->server->scheduler->store;
	struct fields *fields = verb_object(peer, request, known);
	struct page page = { .peer = peer, .result = STORE_OK };
	size_t mark = peer_list_begin(peer);
	struct routine_filter filter;

	if (fields == NULL)
		return;
	filter = (struct routine_filter){ .after = fields_text(fields, "after"),
		.job = fields_text(fields, "job"),
		.tag = fields_text(fields, "tag"),
		.scope = peer_tag(peer),
		.enabled = fields_has(fields, "enabled") && !fields_is_null(fields, "enabled")
			       ? fields_bool(fields, "enabled", true)
			       : -1,
		.limit = fields_int(fields, "limit", ROUTINES_LIMIT) };
	if (filter.limit < 1 || filter.limit > ROUTINES_LIMIT_MAX)
		peer_error(peer, "ERR", "limit is from 1 to %d", ROUTINES_LIMIT_MAX);
	else if (!scheduler_failed(peer->server->scheduler,
		     store->ops->routine_list(store, &filter, page_add, &page)) &&
		 !scheduler_failed(peer->server->scheduler, page.result))
		peer_list_end(peer, mark, page.count);
	fields_free(fields);
}

enum store_result
schedules_one(struct peer *peer, const char *name)
{
	struct store *store = peer->server->scheduler->store;
	struct routine routine;
	enum store_result result = store->ops->routine_get(store, name, &routine);

	if (result != STORE_OK)
		return result;
	result = reply_routine(peer, &routine);
	routine_clear(&routine);
	return result;
}

/* SCHEDULE SET. */

/* False: an error was replied. */
static bool
read_texts(struct peer *peer, const struct fields *fields, struct routine *routine)
{
	const struct {
		const char *key;
		const char **text;
	} texts[] = {
		{"name",       &routine->name     },
		{ "job",       &routine->job      },
		{ "schedule",  &routine->schedule },
		{ "frequency", &routine->frequency},
		{ "time",      &routine->time     },
		{ "month_end", &routine->month_end},
		{ "timezone",  &routine->timezone },
		{ "queue",     &routine->queue    },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = fields_text(fields, texts[i].key);

		if (text != NULL) {
			*texts[i].text = text;
		} else if (fields_has(fields, texts[i].key) &&
			   !fields_is_null(fields, texts[i].key)) {
			peer_error(peer, "ERR", "%s is not a text", texts[i].key);
			return false;
		}
	}
	return true;
}

static bool
read_catch_up(struct peer *peer, const struct fields *fields, struct routine *routine)
{
	const char *word = fields_text(fields, "catch_up");

	if (!fields_has(fields, "catch_up"))
		return true;
	for (int64_t i = 0; word != NULL && i < CATCH_UP_COUNT; i++) {
		if (strcmp(catch_up_words[i], word) == 0) {
			routine->catch_up = i;
			return true;
		}
	}
	peer_error(peer, "ERR", "catch_up is skip, once or all");
	return false;
}

static bool
is_word_list(const struct fields *fields, const char *key)
{
	if (!fields_is_list(fields, key))
		return false;
	for (size_t i = 0; i < fields_count(fields, key); i++)
		if (fields_element(fields, key, i) == NULL)
			return false;
	return true;
}

/* args and tags are kept as they are written: `copies` has room for them. */
static void
read_lists(const char *json, struct routine *routine, char *copies)
{
	struct json_scan scan;
	struct json_piece piece;

	json_scan_begin(&scan, json, strlen(json));
	while (json_scan_next(&scan, &piece) == 1) {
		bool args = json_piece_is(&piece, "args");

		if ((!args && !json_piece_is(&piece, "tags")) || piece.value[0] != '[')
			continue;
		*(args ? &routine->args : &routine->tags) = copies;
		copies = mempcpy(copies, piece.value, piece.value_len);
		*copies++ = '\0';
	}
}

static bool
read_routine(struct peer *peer, const struct fields *fields, struct routine *routine)
{
	if (!read_texts(peer, fields, routine) || !read_catch_up(peer, fields, routine))
		return false;
	routine->day = fields_int(fields, "day", 0);
	routine->enabled = fields_bool(fields, "enabled", true);
	if (routine->name[0] == '\0' || routine->job[0] == '\0')
		peer_error(peer, "ERR", "SCHEDULE SET needs {\"name\":NAME,\"job\":TYPE}");
	else if (fields_has(fields, "args") && !fields_is_list(fields, "args"))
		peer_error(peer, "ERR", "args is no list");
	else if (fields_has(fields, "tags") && !is_word_list(fields, "tags"))
		peer_error(peer, "ERR", "tags is not a list of texts");
	else
		return true;
	return false;
}

static void
set(struct peer *peer, struct request *request)
{
	static const char *const known[] = { "name", "job", "args", "schedule", "frequency", "time",
		"day", "month_end", "timezone", "queue", "enabled", "tags", "catch_up", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	struct fields *fields = verb_object(peer, request, known);
	char why[QUEUE_WHY_MAX] = "", *copies = NULL, *tags = NULL;
	struct routine routine;
	enum queue_answer answer;

	if (fields == NULL)
		return;
	routine_init(&routine);
	if (!read_routine(peer, fields, &routine))
		goto out;
	if (!role_may(peer, routine.job, why, sizeof(why))) {
		peer_error(peer, "DENIED", "%s", why);
		goto out;
	}
	if ((copies = malloc(2 * strlen(request->json) + 2)) == NULL) {
		peer_error(peer, "ERR", "out of memory");
		goto out;
	}
	read_lists(request->json, &routine, copies);
	if (peer_tag(peer) != NULL) {
		tags = scope_add_tag(routine.tags, peer_tag(peer), why, sizeof(why));
		if (tags == NULL) {
			peer_error(peer, "ERR", "%s", why);
			goto out;
		}
		routine.tags = tags;
	}
	answer = calendar_set_routine(scheduler->calendar, &routine, why);
	if (answer == QUEUE_OK)
		scheduler_failed(scheduler, reply_routine(peer, &routine));
	else
		verb_answer(peer, routine.name, answer, why);
out:
	routine_clear(&routine);
	free(tags);
	free(copies);
	fields_free(fields);
}

static void
delete_one(struct peer *peer, struct request *request)
{
	struct scheduler *scheduler = peer->server->scheduler;
	const char *name = request->arg_count == 2 ? request->args[1] : "";
	enum queue_answer answer;

	if (name[0] == '\0') {
		peer_error(peer, "ERR", "SCHEDULE DELETE takes one name");
		return;
	}
	answer = calendar_delete_routine(scheduler->calendar, name);
	if (answer == QUEUE_NO_JOB && conf_find_job(scheduler->conf, name) != NULL)
		peer_error(
		    peer, "ERR", "the schedule '" QUOTE "' stands in the configuration", name);
	else if (answer == QUEUE_NO_JOB)
		peer_error(peer, "ERR", "no such schedule: '" QUOTE "'", name);
	else
		verb_answer(peer, name, answer, "it can't be deleted");
}

void
verb_schedule(struct peer *peer, struct request *request)
{
	const char *word = request->arg_count > 0 ? request->args[0] : "";

	if (strcmp(word, "SET") == 0)
		set(peer, request);
	else if (strcmp(word, "DELETE") == 0)
		delete_one(peer, request);
	else
		peer_error(peer, "ERR", "no such SCHEDULE subcommand: %.64s", word);
}
