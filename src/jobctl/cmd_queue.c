#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "base/words.h"
#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/queue_view.h"
#include "jobctl/results.h"
#include "proto/verbs.h"

/* Gives an option of a queue back to the configuration. */
#define WORD_DEFAULT "default"

static int begin_queues(struct session *, struct client *, const struct call *, struct listing *);
static int set_paused(
    struct session *, struct client *, const struct call *, const char *word, const char *done);
static bool is_unused(const struct value *queue);
static bool is_mistyped(const char *name);
static void warn_of_unused(const char *name);
static void look_for(struct session *, struct client *, const char *name);
static bool is_meant(const char *name);
static int clear(struct session *, struct client *, const char *name);
static int write_limit(struct json *, const char *member, const char *text);
static int write_rate(struct json *, const char *text);

/* Asks for the queues that are named, or for all; EXIT_OK, or the exit code after a complaint. */
static int
begin_queues(struct session *session, struct client *client, const struct call *call,
    struct listing *listing)
{
	int code = send_names(client, VERB_QUEUES, "", call, 0), result;

	if (code != EXIT_OK)
		return code;
	result = listing_begin(listing, session, client, &queues_view);
	if (result == 0)
		return EXIT_OK;
	if (result == 1)
		complain("%s", refusal_text(listing->refusal));
	listing_end(listing);
	return EXIT_FAILED;
}

int
cmd_queue(struct session *session, struct client *client, const struct call *call)
{
	struct listing listing;
	const struct value *row;
	int code = begin_queues(session, client, call, &listing), result;

	if (code != EXIT_OK)
		return code;
	while ((result = listing_next(&listing, &row)) == 1) {
		if (call->arg_count == 0 || row_is(row, "paused", VALUE_TRUE) || !is_unused(row))
			continue;
		if (is_mistyped(row_text(row, "name")))
			code = EXIT_FAILED;
		else
			warn_of_unused(row_text(row, "name"));
	}
	if (result == 0 && code == EXIT_OK)
		listing_show(&listing);
	listing_end(&listing);
	return result == 0 ? code : EXIT_FAILED;
}

/* Any name is that of a queue; this one is in no configuration and no job's. */
static bool
is_unused(const struct value *queue)
{
	static const char *const numbers[] = { "size", "running", "scheduled", "retry", "blocked",
		"dead", "weight", "concurrency", "rate" };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (row_number(queue, numbers[i], 0) != 0)
			return false;
	return true;
}

/* "jobctl queue puase mailers" must not look like success. */
static bool
is_mistyped(const char *name)
{
	static const char *const words[] = { "pause", "resume", "clear", "limit", "size", "count",
		NULL };
	const char *nearest = words_nearest(name, words);

	if (nearest != NULL)
		complain("there is no queue '%s': is 'queue %s' meant?", name, nearest);
	return nearest != NULL;
}

/* It is no error: a queue is there when its first job is. */
static void
warn_of_unused(const char *name)
{
	complain("the queue '%s' has neither jobs nor settings: is the name right?", name);
}

/* The number alone, for scripts. */
int
cmd_queue_size(struct session *session, struct client *client, const struct call *call)
{
	struct listing listing;
	const struct value *row;
	int code = begin_queues(session, client, call, &listing), result;

	if (code != EXIT_OK)
		return code;
	while ((result = listing_next(&listing, &row)) == 1) {
		if (is_unused(row))
			warn_of_unused(row_text(row, "name"));
		if (session->json)
			continue;
		printf("%" PRId64, row_number(row, "size", 0));
		printf(call->arg_count > 1 ? " %s\n" : "\n", row_text(row, "name"));
	}
	if (result == 0 && session->json)
		listing_show(&listing);
	listing_end(&listing);
	return result == 0 ? EXIT_OK : EXIT_FAILED;
}

int
cmd_queue_pause(struct session *session, struct client *client, const struct call *call)
{
	return set_paused(session, client, call, "PAUSE", "paused");
}

int
cmd_queue_resume(struct session *session, struct client *client, const struct call *call)
{
	return set_paused(session, client, call, "RESUME", "resumed");
}

static int
set_paused(struct session *session, struct client *client, const struct call *call,
    const char *word, const char *done)
{
	struct listing listing = { .session = session, .client = client, .view = &results_view };
	int code = EXIT_OK;

	for (size_t i = 0; i < call->arg_count; i++) {
		const char *name = call->args[i];
		int one = EXIT_FAILED;

		if (check_word(name) && send_line(client, "%s %s %s", VERB_QUEUE, word,
					    strcmp(name, "all") == 0 ? "*" : name) == EXIT_OK)
			one = results_receive(&listing, name, done);
		if (one != EXIT_OK)
			code = one;
		else if (strcmp(word, "PAUSE") == 0 && strcmp(name, "all") != 0)
			look_for(session, client, name);
	}
	listing_show(&listing);
	listing_end(&listing);
	return code;
}

/* Who pauses "mailer" believes that "mailers" is paused. */
static void
look_for(struct session *session, struct client *client, const char *name)
{
	struct listing listing;
	const struct value *row;

	if (send_line(client, "%s %s", VERB_QUEUES, name) != EXIT_OK)
		return;
	if (listing_begin(&listing, session, client, &queues_view) == 0)
		while (listing_next(&listing, &row) == 1)
			if (is_unused(row))
				warn_of_unused(name);
	listing_end(&listing);
}

int
cmd_queue_clear(struct session *session, struct client *client, const struct call *call)
{
	const char *name = call->args[0];

	if (!check_word(name))
		return EXIT_USAGE;
	if (!call->options.yes && !is_meant(name))
		return EXIT_USAGE;
	return clear(session, client, name);
}

/* A person at a terminal is asked; nobody else can be. */
static bool
is_meant(const char *name)
{
	char answer[16];

	if (!isatty(STDIN_FILENO)) {
		complain("queue clear removes all ready jobs of '%s': it takes --yes", name);
		return false;
	}
	printf("Really remove all ready jobs of '%s'? y/N ", name);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

/* However many they are: the server does it in turns. */
static int
clear(struct session *session, struct client *client, const char *name)
{
	struct row row;
	char text[300];
	int64_t removed;

	if (send_line(client, "%s CLEAR %s", VERB_QUEUE, name) != EXIT_OK)
		return EXIT_FAILED;
	client_set_timeout(client, -1);
	if (receive_row(client, &row) == -1)
		return EXIT_FAILED;
	removed = row_number(row.value, "removed", 0);
	if (session->json) {
		puts(row.raw);
	} else {
		snprintf(text, sizeof(text), "%s: %" PRId64 " job%s removed", name, removed,
		    removed == 1 ? "" : "s");
		session->output->fact("result", text);
	}
	row_free(&row);
	return EXIT_OK;
}

int
cmd_queue_limit(struct session *session, struct client *client, const struct call *call)
{
	const struct option_values *given = &call->options;
	char request[1024], text[300];
	struct json json;

	if (given->weight == NULL && given->concurrency == NULL && given->rate == NULL) {
		complain("queue limit takes --weight, --concurrency or --rate");
		return EXIT_USAGE;
	}
	json_begin(&json, request, sizeof(request));
	json_object(&json, NULL);
	json_string(&json, "queue", call->args[0]);
	if (write_limit(&json, "weight", given->weight) == -1 ||
	    write_limit(&json, "concurrency", given->concurrency) == -1 ||
	    write_rate(&json, given->rate) == -1)
		return EXIT_USAGE;
	json_object_end(&json);
	if (json_end(&json) == -1) {
		complain("the name is too long");
		return EXIT_USAGE;
	}
	if (send_line(client, "%s %s", VERB_LIMIT, request) != EXIT_OK || receive_ok(client) == -1)
		return EXIT_FAILED;
	snprintf(text, sizeof(text), "%s: changed", call->args[0]);
	session->output->fact("result", text);
	return EXIT_OK;
}

static int
write_limit(struct json *json, const char *member, const char *text)
{
	const char *errstr;
	int64_t number;

	if (text == NULL)
		return 0;
	if (strcmp(text, WORD_DEFAULT) == 0) {
		json_null(json, member);
		return 0;
	}
	if (text_to_int(text, 0, INT32_MAX, &number, &errstr) == -1) {
		complain("--%s: '%s' %s", member, text, errstr);
		return -1;
	}
	json_int(json, member, number);
	return 0;
}

/* "50/s", "100/10min", "0". */
static int
write_rate(struct json *json, const char *text)
{
	char count_text[32], period_text[64];
	const char *slash, *errstr;
	int64_t count, period_ms = 1000;

	if (text == NULL)
		return 0;
	if (strcmp(text, WORD_DEFAULT) == 0) {
		json_null(json, "rate");
		return 0;
	}
	slash = strchr(text, '/');
	snprintf(count_text, sizeof(count_text), "%.*s",
	    slash == NULL ? (int)strlen(text) : (int)(slash - text), text);
	if (slash != NULL)
		snprintf(period_text, sizeof(period_text), "%s%s",
		    isdigit((unsigned char)slash[1]) ? "" : "1", slash + 1);
	if (text_to_int(count_text, 0, INT32_MAX, &count, &errstr) == -1 ||
	    (slash == NULL ? count != 0 : slash[1] == '\0') ||
	    (slash != NULL && text_to_duration_ms(period_text, &period_ms, &errstr) == -1) ||
	    period_ms <= 0) {
		complain("--rate: '%s' is not a rate such as 50/s or 100/10min", text);
		return -1;
	}
	json_int(json, "rate", count);
	json_int(json, "rate_period_ms", period_ms);
	return 0;
}
