#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/verbs.h"

#include "outbox_private.h"

#define NO_QUEUE "the queue can't be asked"

static void look_for_unsure(struct outbox *);

static const char *const *
values_of(void *arg, size_t row)
{
	struct outbox *outbox = arg;

	for (size_t i = 0; i < outbox->columns.count; i++)
		outbox->values[i] = database_value(outbox->database, (int)row, (int)i);
	return outbox->values;
}

/* A row without an id can't be marked: it is found again, and that is trouble. */
static void
mark(struct outbox *outbox)
{
	const struct batch *batch = &outbox->batch;

	outbox->state = STATE_MARKING;
	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_row *row = &batch->rows[i];
		const char *id = row_id(&outbox->columns, values_of(outbox, i));
		const char *why = row->fate == FATE_REFUSED ? row->why : NULL;

		if (why != NULL)
			log_warnx("outbox '%s': the row %s can't be pushed: %s", outbox->own->name,
			    id != NULL ? id : "without an id", why);
		if (id != NULL)
			database_mark(outbox->database, id, why);
	}
	log_debug("outbox '%s': %zu rows", outbox->own->name, batch->count);
	database_commit(outbox->database);
}

static void
ask(struct outbox *outbox, const char *line, size_t len, pusher_answer *answer)
{
	if (pusher_ask(outbox->pusher, line, len, answer, outbox) == -1)
		outbox_fail(outbox, NO_QUEUE);
}

static void
pushed(void *arg, const struct resp_item *item)
{
	struct outbox *outbox = arg;
	char why[ROW_WHY_MAX];

	if (item == NULL)
		outbox_fail(outbox, "the connection to the queue was lost");
	else if (batch_answer(&outbox->batch, item, why) == -1)
		outbox_fail(outbox, why);
	else
		outbox_push(outbox);
}

void
outbox_push(struct outbox *outbox)
{
	struct batch_source source = { &outbox->columns, &outbox->rules, values_of, outbox };
	size_t len;
	char *line = batch_request(&outbox->batch, &source, &len);

	if (outbox->batch.failed)
		outbox_fail(outbox, "out of memory");
	else if (line != NULL)
		ask(outbox, line, len, pushed);
	else
		look_for_unsure(outbox);
	free(line);
}

static void
looked(void *arg, const struct resp_item *item)
{
	struct outbox *outbox = arg;

	if (item == NULL ||
	    (item->kind == RESP_ERROR && item->len > 6 && strncmp(item->data, "STORE ", 6) == 0)) {
		outbox_fail(outbox, NO_QUEUE);
		return;
	}
	batch_settle(&outbox->batch, outbox->unsure, item->kind == RESP_BULK);
	look_for_unsure(outbox);
}

/* A refusal counts only where the queue has no such job: it may have been pushed before. */
static void
look_for_unsure(struct outbox *outbox)
{
	char line[ROW_JID_MAX + 16];
	int len;

	outbox->unsure = batch_unsure(&outbox->batch);
	if (outbox->unsure == outbox->batch.count) {
		mark(outbox);
		return;
	}
	len = snprintf(line, sizeof(line), VERB_JOB " %s", outbox->batch.rows[outbox->unsure].jid);
	ask(outbox, line, (size_t)len, looked);
}
