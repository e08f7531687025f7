#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/args.h"
#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "jobctl/results.h"
#include "jobctl/terminal.h"
#include "proto/verbs.h"

/* Of those that users made, unless more are asked for. */
#define LIMIT_DEFAULT 100
/* One request asks for no more. */
#define PAGE_ROWS INT64_C(1000)

/* What one page was. */
struct page {
	int64_t rows;
	char last[300]; /* name of its last row */
};

static int show_configured(struct session *, struct client *, const struct call *, struct pages *);
static int show_made(
    struct session *, struct client *, const struct call *, struct pages *, int64_t *left);
static int send_page(struct client *, const struct option_values *, int64_t limit, const char *);
static int show_page(
    struct session *, struct client *, struct pages *, const char *type, struct page *);
static bool is_wanted(const struct value *row, const char *type);
static const char *render_job(const struct value *row, char *buf, size_t size);
static const char *render_last(const struct value *row, char *buf, size_t size);
static const char *render_state(const struct value *row, char *buf, size_t size);
static char *make_schedule(const struct call *, const char *args);

/* clang-format off */
static const struct column schedules_columns[] = {
	{ "NAME",     "name",     CELL_ANY,   0, 2, NULL },
	{ "TYPE",     "job",      CELL_ANY,   0, 2, render_job },
	{ "SCHEDULE", "schedule", CELL_ANY,   0, 2, NULL },
	{ "ZONE",     "timezone", CELL_ANY,   0, 2, NULL },
	{ "LAST",     "last",     CELL_ANY,   0, 2, render_last },
	{ "NEXT",     "next_at",  CELL_TIME,  0, 2, NULL },
	{ "STATE",    "paused",   CELL_STATE, 0, 0, render_state },
	{ NULL,       NULL,       CELL_ANY,   0, 0, NULL },
};
/* clang-format on */
/* Those of the configuration and those that users made differ. */
static const char *const rare[] = { "job", "args", "frequency", "time", "day", "month_end", "zone",
	"tags", "catch_up", "created_at", "dst_gap", "dst_overlap", "description", "paused",
	"manual_only", "role", NULL };
static const struct view schedules_view = {
	.member = "schedules",
	.columns = schedules_columns,
	.rare = rare,
	.headings = true,
	.fits = true,
	.empty = "No schedules",
};

/* Those of the configuration first, then those that users made, by name. */
int
cmd_schedules(struct session *session, struct client *client, const struct call *call)
{
	struct pages pages = { .view = &schedules_view };
	int64_t left = call->options.limit >= 0 ? call->options.limit : LIMIT_DEFAULT;

	if (call->options.every && call->options.limit >= 0) {
		complain("--all and --limit exclude each other");
		return EXIT_USAGE;
	}
	if (call->options.every)
		left = INT64_MAX;
	if (show_configured(session, client, call, &pages) == -1 ||
	    show_made(session, client, call, &pages, &left) == -1)
		return EXIT_FAILED;
	session->output->end(&pages);
	if (left == 0 && call->options.limit < 0 && terminal_width() > 0 && !session->json)
		puts("\nThere may be more; 'jobctl schedules --all' lists all.");
	return EXIT_OK;
}

/* They have no tags. */
static int
show_configured(
    struct session *session, struct client *client, const struct call *call, struct pages *pages)
{
	struct page page;

	if (call->options.tag != NULL)
		return 0;
	if (send_line(client, "%s", VERB_SCHEDULES) != EXIT_OK)
		return -1;
	return show_page(session, client, pages, call->options.type, &page);
}

static int
show_made(struct session *session, struct client *client, const struct call *call,
    struct pages *pages, int64_t *left)
{
	struct page page = { 0 };
	int64_t asked;

	while (*left > 0) {
		asked = *left < PAGE_ROWS ? *left : PAGE_ROWS;
		if (send_page(client, &call->options, asked, page.last) != EXIT_OK ||
		    show_page(session, client, pages, NULL, &page) == -1)
			return -1;
		if (page.rows == 0)
			break;
		*left -= page.rows;
	}
	return 0;
}

static int
send_page(
    struct client *client, const struct option_values *given, int64_t limit, const char *after)
{
	char request[4096];
	struct json json;

	json_begin(&json, request, sizeof(request));
	json_object(&json, NULL);
	json_int(&json, "limit", limit);
	if (*after != '\0')
		json_string(&json, "after", after);
	if (given->type != NULL)
		json_string(&json, "job", given->type);
	if (given->tag != NULL)
		json_string(&json, "tag", given->tag);
	json_object_end(&json);
	if (json_end(&json) == -1) {
		complain("the values are too long");
		return EXIT_USAGE;
	}
	return send_line(client, "%s %s", VERB_SCHEDULES, request);
}

/* Nothing is shown of a page that does not come whole. */
static int
show_page(struct session *session, struct client *client, struct pages *pages, const char *type,
    struct page *page)
{
	struct listing listing;
	const struct value *row;
	int result = listing_begin(&listing, session, client, &schedules_view);

	if (result == 1)
		complain("%s", refusal_text(listing.refusal));
	*page = (struct page){ 0 };
	if (result == 0) {
		while ((result = listing_next(&listing, &row)) == 1) {
			page->rows++;
			snprintf(page->last, sizeof(page->last), "%s", row_text(row, "name"));
			if (!is_wanted(row, type))
				row_free(&listing.rows[--listing.count]);
		}
		if (result == 0)
			session->output->page(pages, listing.rows, listing.count);
	}
	listing_end(&listing);
	return result == 0 ? 0 : -1;
}

/* A job of the configuration that only runs by hand has no schedule. */
static bool
is_wanted(const struct value *row, const char *type)
{
	return row_member(row, "schedule") != NULL &&
	       (type == NULL || strcmp(row_text(row, "name"), type) == 0);
}

/* One of the configuration is its own type. */
static const char *
render_job(const struct value *row, char *buf, size_t size)
{
	const char *job = row_text(row, "job");

	(void)buf;
	(void)size;
	return *job != '\0' ? job : row_text(row, "name");
}

/* Its last tick, and what became of it unless it ran. */
static const char *
render_last(const struct value *row, char *buf, size_t size)
{
	const struct value *last = row_member(row, "last");
	const char *reason = row_text(last, "reason");
	char at[64];

	if (*row_text(last, "due_at") == '\0')
		return "";
	snprintf(buf, size, "%s%s%s%s", row_cell(last, "due_at", CELL_TIME, at, sizeof(at)),
	    strcmp(row_text(last, "result"), "ran") == 0 ? "" : " skipped",
	    *reason == '\0' ? "" : ", ", reason);
	return buf;
}

static const char *
render_state(const struct value *row, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return row_is(row, "enabled", VALUE_FALSE)      ? "disabled"
	       : row_is(row, "paused", VALUE_TRUE)      ? "paused"
	       : row_is(row, "manual_only", VALUE_TRUE) ? "by hand"
							: "";
}

int
cmd_schedule_set(struct session *session, struct client *client, const struct call *call)
{
	char *args, *request, text[400];
	struct row schedule;
	int code;

	if (call->options.schedule == NULL) {
		complain("schedule set takes --schedule");
		return EXIT_USAGE;
	}
	args = args_array("arguments", call->arg_count > 2 ? call->args[2] : "[]");
	if (args == NULL)
		return EXIT_USAGE;
	request = make_schedule(call, args);
	free(args);
	if (request == NULL)
		return EXIT_FAILED;
	code = send_line(client, "%s SET %s", VERB_SCHEDULE, request);
	free(request);
	if (code != EXIT_OK || receive_row(client, &schedule) == -1)
		return EXIT_FAILED;
	if (session->json) {
		puts(schedule.raw);
	} else {
		char next[64];

		snprintf(text, sizeof(text), "%s: next at %s", call->args[0],
		    row_cell(schedule.value, "next_at", CELL_TIME, next, sizeof(next)));
		session->output->fact("result", text);
	}
	row_free(&schedule);
	return EXIT_OK;
}

/* Allocated; NULL after a complaint. */
static char *
make_schedule(const struct call *call, const char *args)
{
	const struct option_values *given = &call->options;
	const struct {
		const char *member, *value;
	} texts[] = {
		{"name",      call->args[0]  },
		{ "job",      call->args[1]  },
		{ "schedule", given->schedule},
		{ "timezone", given->timezone},
		{ "queue",    given->queue   },
	};
	size_t size = strlen(args) + 256;
	struct json json;
	char *request;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		size += texts[i].value == NULL ? 0 : strlen(texts[i].value) * 6;
	for (size_t i = 0; given->tags[i] != NULL; i++)
		size += strlen(given->tags[i]) * 6 + 4;
	request = malloc(size);
	if (request == NULL) {
		complain("out of memory");
		return NULL;
	}
	json_begin(&json, request, size);
	json_object(&json, NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].value != NULL)
			json_string(&json, texts[i].member, texts[i].value);
	json_raw(&json, "args", args);
	json_array(&json, "tags");
	for (size_t i = 0; given->tags[i] != NULL; i++)
		json_string(&json, NULL, given->tags[i]);
	json_array_end(&json);
	json_object_end(&json);
	json_end(&json);
	return request;
}

int
cmd_schedule_delete(struct session *session, struct client *client, const struct call *call)
{
	return results_of_each(session, client, call, VERB_SCHEDULE " DELETE", "deleted");
}
