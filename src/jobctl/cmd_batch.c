#include <stdio.h>

#include "jobctl/command.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

static const char *render_callback(const struct value *row, const char *path);
static const char *render_complete(const struct value *row, char *buf, size_t size);
static const char *render_success(const struct value *row, char *buf, size_t size);

/* clang-format off */
static const struct column batch_columns[] = {
	{ "id",          "bid",         CELL_ANY,  0, 0, NULL },
	{ "parent",      "parent_bid",  CELL_ANY,  0, 0, NULL },
	{ "description", "description", CELL_ANY,  0, 0, NULL },
	{ "created",     "created_at",  CELL_TIME, 0, 0, NULL },
	{ "jobs",        "total",       CELL_ANY,  0, 0, NULL },
	{ "pending",     "pending",     CELL_ANY,  0, 0, NULL },
	{ "failed",      "failed",      CELL_ANY,  0, 0, NULL },
	{ "complete",    "complete_st", CELL_ANY,  0, 0, render_complete },
	{ "success",     "success_st",  CELL_ANY,  0, 0, render_success },
	{ NULL,          NULL,          CELL_ANY,  0, 0, NULL },
};
/* clang-format on */
static const struct view batch_view = { .columns = batch_columns };

int
cmd_batch(struct session *session, struct client *client, const struct call *call)
{
	struct row batch;

	if (!check_word(call->args[0]))
		return EXIT_USAGE;
	if (send_line(client, "%s STATUS %s", VERB_BATCH, call->args[0]) != EXIT_OK ||
	    receive_row(client, &batch) == -1)
		return EXIT_FAILED;
	session->output->record(&batch_view, &batch);
	row_free(&batch);
	return EXIT_OK;
}

/* Faktory's "", "1" and "2". */
static const char *
render_callback(const struct value *row, const char *path)
{
	static const char *const words[] = { "its callback waits", "its callback is in the queue",
		"its callback is done" };
	const char *state = row_text(row, path);

	return words[*state == '1' ? 1 : *state == '2' ? 2 : 0];
}

static const char *
render_complete(const struct value *row, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return render_callback(row, "complete_st");
}

static const char *
render_success(const struct value *row, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return render_callback(row, "success_st");
}
