#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "glob.h"
#include "notify.h"
#include "queue_private.h"
#include "render.h"

#define NOTE_CURSOR "notify/cursor"

/* A job that is to be pushed. */
struct pending {
	const char *type; /* of the configuration */
	char *args;
};

/* How far jobd's events were seen. */
struct cursor {
	int64_t boot, seq;
};

struct notifier {
	struct scheduler *scheduler;
	struct pending *list;
	size_t count, size;
	struct cursor seen, stored; /* by this turn; by the store */
	int64_t boot;               /* of the jobd that speaks */
	bool failed;                /* no memory: the turn is lost */
};

struct notifier *
notifier_new(struct scheduler *scheduler)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (notifier != NULL)
		notifier->scheduler = scheduler;
	return notifier;
}

static void
forget(struct notifier *notifier)
{
	for (size_t i = 0; i < notifier->count; i++)
		free(notifier->list[i].args);
	notifier->count = 0;
}

void
notifier_free(struct notifier *notifier)
{
	if (notifier == NULL)
		return;
	forget(notifier);
	free(notifier->list);
	free(notifier);
}

/* How far. */

static bool
take_cursor(void *arg, const char *key, const char *text)
{
	struct cursor *cursor = arg;

	(void)key;
	if (sscanf(text, "%" SCNd64 " %" SCNd64, &cursor->boot, &cursor->seq) != 2)
		*cursor = (struct cursor){ 0, 0 };
	return false;
}

static enum store_result
keep_cursor(struct notifier *notifier)
{
	struct store *store = notifier->scheduler->store;
	char text[NOTE_TEXT_MAX];

	snprintf(
	    text, sizeof(text), "%" PRId64 " %" PRId64, notifier->seen.boot, notifier->seen.seq);
	return store->ops->note_put(store, NOTE_CURSOR, text);
}

static enum store_result
keep_cursor_if_new(struct notifier *notifier)
{
	enum store_result result;

	if (notifier->scheduler->conf->notify_count == 0 ||
	    (notifier->seen.boot == notifier->stored.boot &&
		notifier->seen.seq == notifier->stored.seq))
		return STORE_OK;
	if ((result = keep_cursor(notifier)) == STORE_OK)
		notifier->stored = notifier->seen;
	return result;
}

enum store_result
notifier_load(struct notifier *notifier)
{
	struct store *store = notifier->scheduler->store;
	struct cursor stored = { 0, 0 };
	enum store_result result = store->ops->note_list(store, NOTE_CURSOR, take_cursor, &stored);

	/* What was seen while nobody was to be told of it is not told later. */
	notifier->stored = stored;
	if (notifier->seen.seq == 0 || result != STORE_OK)
		notifier->seen = stored;
	return result == STORE_OK ? keep_cursor_if_new(notifier) : result;
}

/* Whether it is to be told. */

/* Of the types that tell nothing is told: it would go round in circles. */
static bool
is_teller(const struct conf *conf, const char *type)
{
	for (size_t i = 0; i < conf->notify_count; i++)
		if (strcmp(conf->notifies[i].job, type) == 0)
			return true;
	return false;
}

static bool
is_listed(char *const *patterns, const char *text)
{
	if (patterns[0] == NULL)
		return true;
	for (; *patterns != NULL; patterns++)
		if (glob_match(*patterns, text, strlen(text)))
			return true;
	return false;
}

static bool
is_asked_for(const struct conf_notify *notify, enum conf_event event)
{
	if (!notify->enabled)
		return false;
	for (char *const *word = notify->events; *word != NULL; word++)
		if (strcmp(*word, conf_event_words[event]) == 0)
			return true;
	return false;
}

static void
add(struct notifier *notifier, const char *type, char *args)
{
	size_t size = notifier->size == 0 ? 16 : 2 * notifier->size;
	struct pending *longer;

	if (args != NULL && notifier->count == notifier->size) {
		if ((longer = reallocarray(notifier->list, size, sizeof(*longer))) == NULL) {
			free(args);
			args = NULL;
		} else {
			notifier->list = longer;
			notifier->size = size;
		}
	}
	if (args == NULL)
		notifier->failed = true;
	else
		notifier->list[notifier->count++] = (struct pending){ type, args };
}

/* Jobs. */

static enum conf_event
job_event_of(const struct job *job, const char *from)
{
	static const enum conf_event events[JOB_STATE_COUNT] = {
		[JOB_SCHEDULED] = CONF_EVENT_COUNT,
		[JOB_READY] = CONF_EVENT_COUNT,
		[JOB_BLOCKED] = CONF_EVENT_COUNT,
		[JOB_RUNNING] = CONF_EVENT_JOB_STARTED,
		[JOB_RETRY] = CONF_EVENT_JOB_FAILED,
		[JOB_DONE] = CONF_EVENT_JOB_DONE,
		[JOB_DEAD] = CONF_EVENT_JOB_DEAD,
		[JOB_CANCELLED] = CONF_EVENT_JOB_CANCELLED,
	};

	return from[0] == '\0' ? CONF_EVENT_JOB_PUSHED : events[job->state];
}

struct saying {
	const struct job *job;
	const char *from, *word;
	struct walltime at;
	/* Of a program: the event as it came. */
	const char *text;
};

static void
render_job_event(struct json *json, const void *arg)
{
	const struct saying *saying = arg;
	const struct job *job = saying->job;

	json_array(json, NULL);
	json_object(json, NULL);
	json_string(json, "event", saying->word);
	render_time(json, "at", saying->at);
	json_string(json, "jid", job->jid);
	json_string(json, "type", job->type);
	json_string(json, "queue", job->queue);
	json_string(json, "from", saying->from[0] != '\0' ? saying->from : NULL);
	json_string(json, "to", job_state_word(job->state));
	json_string(json, "reason", job->reason[0] != '\0' ? job->reason : NULL);
	json_int(json, "attempts", job->attempts);
	json_int(json, "failures", job->failures);
	json_raw(json, "tags", job->tags[0] != '\0' ? job->tags : "[]");
	json_raw(json, "failure", job->failure[0] != '\0' ? job->failure : "null");
	json_object_end(json);
	json_array_end(json);
}

void
notifier_job(struct notifier *notifier, const struct job *job, const char *from)
{
	const struct conf *conf = notifier->scheduler->conf;
	struct saying saying = { .job = job, .from = from, .at = notifier->scheduler->queue.now };
	enum conf_event event;
	size_t len;

	if (conf->notify_count == 0 || (event = job_event_of(job, from)) == CONF_EVENT_COUNT ||
	    is_teller(conf, job->type))
		return;
	saying.word = conf_event_words[event];
	for (size_t i = 0; i < conf->notify_count; i++) {
		const struct conf_notify *notify = &conf->notifies[i];

		if (is_asked_for(notify, event) && is_listed(notify->types, job->type) &&
		    is_listed(notify->queues, job->queue))
			add(notifier, notify->job, render(render_job_event, &saying, &len));
	}
}

/* Programs. */

void
notifier_boot(struct notifier *notifier, int64_t boot)
{
	notifier->boot = boot;
}

static bool
is_program_event(enum conf_event event, const char *from, const char *to, bool has_exit)
{
	static const char *const states[CONF_EVENT_COUNT] = {
		[CONF_EVENT_PROGRAM_STARTED] = "RUNNING",
		[CONF_EVENT_PROGRAM_STOPPED] = "STOPPED",
		[CONF_EVENT_PROGRAM_FATAL] = "FATAL",
	};

	if (event == CONF_EVENT_PROGRAM_EXITED)
		return has_exit && strcmp(from, "STOPPING") != 0;
	return states[event] != NULL && strcmp(states[event], to) == 0 && strcmp(from, to) != 0;
}

static void
render_program_event(struct json *json, const void *arg)
{
	const struct saying *saying = arg;

	json_array(json, NULL);
	json_object(json, NULL);
	json_string(json, "event", saying->word);
	/* Its members, without the braces. */
	json_raw(json, NULL, saying->text);
	json_object_end(json);
	json_array_end(json);
}

static void
tell_program(struct notifier *notifier, enum conf_event event, const char *members,
    const char *program, const char *name)
{
	const struct conf *conf = notifier->scheduler->conf;
	struct saying saying = { .word = conf_event_words[event], .text = members };
	size_t len;

	for (size_t i = 0; i < conf->notify_count; i++) {
		const struct conf_notify *notify = &conf->notifies[i];

		if (is_asked_for(notify, event) &&
		    (is_listed(notify->programs, program) || is_listed(notify->programs, name)))
			add(notifier, notify->job, render(render_program_event, &saying, &len));
	}
}

static const char *
text_of(const struct fields *fields, const char *key)
{
	const char *text = fields_text(fields, key);

	return text != NULL ? text : "";
}

bool
notifier_program(
    struct notifier *notifier, const char *text, size_t len, const struct fields *fields)
{
	const char *from = text_of(fields, "from"), *to = text_of(fields, "to"),
		   *name = text_of(fields, "name");
	const char *program = fields_text(fields, "program");
	struct cursor now = { notifier->boot, fields_int(fields, "seq", 0) };
	bool has_exit = fields_object(fields, "exit") != NULL;
	char *members;

	if (now.boot == notifier->seen.boot && now.seq <= notifier->seen.seq)
		return false;
	notifier->seen = now;
	if (notifier->scheduler->conf->notify_count == 0 || len < 2)
		return false;
	if ((members = strndup(text + 1, len - 2)) == NULL) {
		notifier->failed = true;
		return true;
	}
	for (int event = CONF_EVENT_PROGRAM_STARTED; event < CONF_EVENT_COUNT; event++)
		if (is_program_event((enum conf_event)event, from, to, has_exit))
			tell_program(notifier, (enum conf_event)event, members,
			    program != NULL ? program : name, name);
	free(members);
	return true;
}

/* The turn. */

static enum store_result
push_one(struct queue *queue, const struct pending *pending)
{
	enum queue_answer answer;
	char why[QUEUE_WHY_MAX];
	struct job job;

	if (queue_make_named(queue, pending->type, pending->args, &job) == -1)
		return queue_no_memory(queue);
	answer = queue_push_made(queue, &job, why);
	if (answer == QUEUE_REFUSED || answer == QUEUE_NOT_UNIQUE)
		log_warnx("a job %s can't tell what happened: %s", pending->type, why);
	job_clear(&job);
	return answer == QUEUE_FAILED ? STORE_FAILED : STORE_OK;
}

enum store_result
notifier_push(struct notifier *notifier)
{
	struct scheduler *scheduler = notifier->scheduler;
	enum store_result result = notifier->count == 0 ? STORE_NONE : STORE_OK;

	if (notifier->failed)
		return queue_no_memory(&scheduler->queue);
	for (size_t i = 0; i < notifier->count && result == STORE_OK; i++)
		result = push_one(&scheduler->queue, &notifier->list[i]);
	forget(notifier);
	if (result != STORE_FAILED && keep_cursor_if_new(notifier) != STORE_OK)
		return STORE_FAILED;
	return result;
}

void
notifier_settle(struct notifier *notifier, bool committed)
{
	if (committed)
		return;
	forget(notifier);
	notifier->failed = false;
	/* They are asked for again. */
	notifier->seen = (struct cursor){ 0, 0 };
	notifier->stored = notifier->seen;
}
