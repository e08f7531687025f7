#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/follow.h"
#include "jobctl/listing.h"

static int receive(struct client *, struct resp_item *);
static int unexpected(const struct resp_item *);
static int add_row(struct listing *, struct row *, const struct value **value);

static int
receive(struct client *client, struct resp_item *item)
{
	const char *errstr;

	if (client_receive(client, item, &errstr) == 0)
		return 0;
	complain("%s", errstr);
	return -1;
}

/* Complains about an item that can't stand here; an error reply is passed on to people. */
static int
unexpected(const struct resp_item *item)
{
	char text[1024];

	if (item->kind == RESP_ERROR) {
		snprintf(text, sizeof(text), "%.*s", (int)item->len, item->data);
		complain("%s", refusal_text(text));
	} else {
		complain("the server's answer is not what was asked for");
	}
	return -1;
}

const char *
refusal_text(const char *refusal)
{
	size_t len = 0;

	while (isupper((unsigned char)refusal[len]) || refusal[len] == '_')
		len++;
	return len > 0 && refusal[len] == ' ' ? refusal + len + 1 : refusal;
}

bool
refusal_is(const char *refusal, const char *code)
{
	size_t len = strlen(code);

	return strncmp(refusal, code, len) == 0 && (refusal[len] == ' ' || refusal[len] == '\0');
}

int
listing_begin(struct listing *listing, struct session *session, struct client *client,
    const struct view *view)
{
	struct resp_item item;

	*listing = (struct listing){ .session = session, .client = client, .view = view };
	if (receive(listing->client, &item) == -1)
		return -1;
	if (item.kind == RESP_ERROR) {
		snprintf(
		    listing->refusal, sizeof(listing->refusal), "%.*s", (int)item.len, item.data);
		return 1;
	}
	if (item.kind == RESP_ARRAY)
		listing->expected = item.number;
	else if (item.kind == RESP_OK && listing->view->endless)
		listing->expected = -1;
	else
		return unexpected(&item);
	return 0;
}

int
listing_next(struct listing *listing, const struct value **row)
{
	struct resp_item item;

	*row = NULL;
	do {
		if (listing->expected == 0)
			return 0;
		if (listing->view->endless && !follow_wait(listing->client))
			return -1;
		if (receive(listing->client, &item) == -1)
			return -1;
		if (item.kind == RESP_NIL && listing->expected == -1)
			return 0;
		listing->expected -= listing->expected > 0;
		/* A nil in a counted list stands for what vanished while it was written. */
	} while (item.kind == RESP_NIL);
	if (item.kind != RESP_BULK)
		return unexpected(&item);
	return listing_add(listing, item.data, item.len, row) == -1 ? -1 : 1;
}

int
listing_add(struct listing *listing, const char *text, size_t len, const struct value **value)
{
	struct row row;

	if (row_read(&row, text, len) == -1) {
		complain("the server's answer is not a JSON object");
		return -1;
	}
	if (add_row(listing, &row, value) == -1) {
		complain("%s", strerror(errno));
		row_free(&row);
		return -1;
	}
	listing->session->output->row(listing->view, &row);
	/* Nobody reads any more: main() says so. */
	return ferror(stdout) ? -1 : 0;
}

static int
add_row(struct listing *listing, struct row *row, const struct value **value)
{
	if (listing->view->endless) {
		row_free(&listing->passing);
		listing->passing = *row;
		*value = row->value;
		return 0;
	}
	if (listing->count == listing->room) {
		size_t room = listing->room == 0 ? 64 : listing->room * 2;
		struct row *rows = realloc(listing->rows, room * sizeof(*rows));

		if (rows == NULL)
			return -1;
		listing->rows = rows;
		listing->room = room;
	}
	listing->rows[listing->count++] = *row;
	*value = row->value;
	return 0;
}

void
listing_show(struct listing *listing)
{
	output_list(listing->session->output, listing->view, listing->rows, listing->count);
}

static int
compare_rows(const void *one, const void *other, void *member)
{
	const struct row *row = one, *other_row = other;

	return strverscmp(row_text(row->value, member), row_text(other_row->value, member));
}

void
listing_sort(struct listing *listing, const char *member)
{
	char path[64];

	snprintf(path, sizeof(path), "%s", member);
	if (listing->count > 1)
		qsort_r(listing->rows, listing->count, sizeof(*listing->rows), compare_rows, path);
}

void
listing_end(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		row_free(&listing->rows[i]);
	free(listing->rows);
	row_free(&listing->passing);
	listing->rows = NULL;
	listing->count = listing->room = 0;
}

int
listing_run(struct session *session, struct client *client, const struct view *view)
{
	struct listing listing;
	const struct value *row;
	int result = listing_begin(&listing, session, client, view);

	if (result == 1)
		complain("%s", refusal_text(listing.refusal));
	if (result == 0) {
		do
			result = listing_next(&listing, &row);
		while (result == 1);
		if (result == 0)
			listing_show(&listing);
	}
	listing_end(&listing);
	return result == 0 ? EXIT_OK : EXIT_FAILED;
}

int
receive_ok_text(struct client *client, char *text, size_t size)
{
	struct resp_item item;

	if (receive(client, &item) == -1)
		return -1;
	if (item.kind != RESP_OK)
		return unexpected(&item);
	snprintf(text, size, "%.*s", (int)item.len, item.data);
	return 0;
}

int
receive_ok(struct client *client)
{
	char text[8];

	return receive_ok_text(client, text, sizeof(text));
}

int
receive_row(struct client *client, struct row *row)
{
	struct resp_item item;

	if (receive(client, &item) == -1)
		return -1;
	if (item.kind != RESP_BULK)
		return unexpected(&item);
	if (row_read(row, item.data, item.len) == -1) {
		complain("the server's answer is not a JSON object");
		return -1;
	}
	return 0;
}
