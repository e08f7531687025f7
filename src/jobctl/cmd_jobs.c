#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "jobctl/attempts.h"
#include "jobctl/command.h"
#include "jobctl/filter.h"
#include "jobctl/job_view.h"
#include "jobctl/listing.h"
#include "jobctl/terminal.h"
#include "proto/verbs.h"

#define LIMIT_DEFAULT 100
/* One request asks for no more; the server ends a long page at 8 MiB. */
#define PAGE_ROWS INT64_C(1000)
/* A page that is so long may have been ended by the server. */
#define PAGE_LONG_BYTES ((size_t)1024 * 1024)

/* What one page was. */
struct page {
	int64_t rows, last_seq;
	size_t bytes;
};

static int list_jobs(struct session *, struct client *, const struct call *);
static int count_jobs(struct session *, struct client *, const struct call *);
static int send_filter(
    struct client *, const char *verb, const struct option_values *, int64_t limit, int64_t after);
static int show_page(struct session *, struct client *, struct pages *, struct page *);
static bool is_last(const struct page *, int64_t asked);

int
cmd_jobs(struct session *session, struct client *client, const struct call *call)
{
	if (!filter_check(&call->options))
		return EXIT_USAGE;
	if (call->options.every && call->options.limit >= 0) {
		complain("--all and --limit exclude each other");
		return EXIT_USAGE;
	}
	return call->options.total ? count_jobs(session, client, call)
				   : list_jobs(session, client, call);
}

/* Page by page, each behind the last job of the one before: as many as there are, in little memory.
 */
static int
list_jobs(struct session *session, struct client *client, const struct call *call)
{
	struct pages pages = { .view = &jobs_view };
	struct page page = { .last_seq = -1 };
	int64_t left = call->options.limit >= 0 ? call->options.limit : LIMIT_DEFAULT, asked;

	if (call->options.every)
		left = INT64_MAX;
	do {
		asked = left < PAGE_ROWS ? left : PAGE_ROWS;
		if (send_filter(client, VERB_JOBS, &call->options, asked, page.last_seq) !=
			EXIT_OK ||
		    show_page(session, client, &pages, &page) == -1)
			return EXIT_FAILED;
		left -= page.rows;
	} while (left > 0 && !is_last(&page, asked));
	session->output->end(&pages);
	if (left == 0 && call->options.limit < 0 && terminal_width() > 0 && !session->json)
		printf(
		    "\nThese are the newest %d; 'jobctl jobs --all' lists all.\n", LIMIT_DEFAULT);
	return EXIT_OK;
}

static bool
is_last(const struct page *page, int64_t asked)
{
	return page->rows == 0 || page->last_seq < 0 ||
	       (page->rows < asked && page->bytes < PAGE_LONG_BYTES);
}

static int
send_filter(struct client *client, const char *verb, const struct option_values *given,
    int64_t limit, int64_t after)
{
	char request[4096];
	struct json json;

	json_begin(&json, request, sizeof(request));
	json_object(&json, NULL);
	filter_write(&json, given, NULL);
	if (limit >= 0)
		json_int(&json, "limit", limit);
	if (after >= 0)
		json_int(&json, "after", after);
	json_object_end(&json);
	if (json_end(&json) == -1) {
		complain("the values are too long");
		return EXIT_USAGE;
	}
	return send_line(client, "%s %s", verb, request);
}

/* Nothing is shown of a page that does not come whole. */
static int
show_page(struct session *session, struct client *client, struct pages *pages, struct page *page)
{
	struct listing listing;
	const struct value *row;
	int result = listing_begin(&listing, session, client, &jobs_view);

	if (result == 1)
		complain("%s", refusal_text(listing.refusal));
	*page = (struct page){ .last_seq = -1 };
	if (result == 0) {
		while ((result = listing_next(&listing, &row)) == 1) {
			page->rows++;
			page->bytes += strlen(listing.rows[listing.count - 1].raw);
			page->last_seq = row_number(row, "seq", -1);
		}
		if (result == 0)
			session->output->page(pages, listing.rows, listing.count);
	}
	listing_end(&listing);
	return result == 0 ? 0 : -1;
}

static int
count_jobs(struct session *session, struct client *client, const struct call *call)
{
	const struct value *states, *name;
	struct row count;

	if (send_filter(client, VERB_COUNT, &call->options, -1, -1) != EXIT_OK ||
	    receive_row(client, &count) == -1)
		return EXIT_FAILED;
	if (session->json) {
		puts(count.raw);
	} else {
		printf("%" PRId64 "\n", row_number(count.value, "count", 0));
		states = row_member(count.value, "states");
		for (name = value_first(states); name != NULL; name = value_next(states, name)) {
			const struct value *number = value_next(states, name);

			if (number == NULL)
				break;
			if (number->len > 1 || *number->text != '0')
				printf("%-10s %.*s\n", name->text, (int)number->len, number->text);
			name = number;
		}
	}
	row_free(&count);
	return EXIT_OK;
}

/* The number alone, for scripts. */
int
cmd_queue_count(struct session *session, struct client *client, const struct call *call)
{
	struct row count;

	if (!filter_check(&call->options))
		return EXIT_USAGE;
	if (send_filter(client, VERB_COUNT, &call->options, -1, -1) != EXIT_OK ||
	    receive_row(client, &count) == -1)
		return EXIT_FAILED;
	if (session->json)
		puts(count.raw);
	else
		printf("%" PRId64 "\n", row_number(count.value, "count", 0));
	row_free(&count);
	return EXIT_OK;
}

int
cmd_job(struct session *session, struct client *client, const struct call *call)
{
	struct row row;

	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	if (send_line(client, "%s %s", VERB_JOB, call->args[0]) != EXIT_OK ||
	    receive_row(client, &row) == -1)
		return EXIT_FAILED;
	session->output->record(&job_view, &row);
	if (!session->json)
		attempts_print(row.value);
	row_free(&row);
	return EXIT_OK;
}
