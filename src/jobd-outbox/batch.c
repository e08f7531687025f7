#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"

#include "answer.h"
#include "batch.h"

/* What is pushed at once, if it is more than one job. */
#define REQUEST_BYTES ((size_t)2 * 1024 * 1024)

static void note_refused(void *batch, const char *jid, const char *why);

int
batch_begin(struct batch *batch, size_t count)
{
	batch_clear(batch);
	if ((batch->rows = calloc(count, sizeof(*batch->rows))) == NULL)
		return -1;
	batch->count = count;
	return 0;
}

void
batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		free(batch->rows[i].jid);
		free(batch->rows[i].why);
	}
	free(batch->rows);
	*batch = (struct batch){ 0 };
}

static void
refuse(struct batch *batch, struct batch_row *row, enum fate fate, const char *why)
{
	free(row->why);
	row->why = strdup(why);
	row->fate = fate;
	batch->failed |= row->why == NULL;
}

/* Adds the row's job to the list; its bytes, 0 if it is none. */
static size_t
put_row(struct batch *batch, const struct batch_source *source, size_t index, FILE *out, bool first)
{
	struct batch_row *row = &batch->rows[index];
	char jid[ROW_JID_MAX], why[ROW_WHY_MAX];
	size_t len = 0;
	char *job = row_job(
	    source->columns, source->rules, source->values(source->arg, index), &len, jid, why);

	free(row->jid);
	row->jid = strdup(jid);
	batch->failed |= row->jid == NULL;
	if (job == NULL) {
		refuse(batch, row, FATE_REFUSED, why);
		return 0;
	}
	if (!first)
		fputc(',', out);
	fwrite(job, 1, len, out);
	row->fate = FATE_SENT;
	free(job);
	return len;
}

char *
batch_request(struct batch *batch, const struct batch_source *source, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	size_t bytes = 0;

	if (out == NULL) {
		batch->failed = true;
		return NULL;
	}
	fputs(VERB_PUSHB " [", out);
	while (batch->next < batch->count && !batch->failed && bytes < REQUEST_BYTES &&
	       (bytes == 0 || !batch->single))
		bytes += put_row(batch, source, batch->next++, out, bytes == 0);
	fputc(']', out);
	batch->failed |= fclose(out) != 0;
	if (!batch->failed && bytes > 0)
		return text;
	free(text);
	return NULL;
}

static void
note_refused(void *arg, const char *jid, const char *why)
{
	struct batch *batch = arg;

	for (size_t i = 0; i < batch->next; i++) {
		struct batch_row *row = &batch->rows[i];

		if (row->fate != FATE_SENT || strcmp(row->jid, jid) != 0)
			continue;
		if (answer_is_known(why))
			row->fate = FATE_KNOWN;
		else
			refuse(batch, row, FATE_UNSURE, why);
	}
}

static void
settle_sent(struct batch *batch, enum fate fate, const char *why)
{
	for (size_t i = 0; i < batch->next; i++) {
		if (batch->rows[i].fate != FATE_SENT)
			continue;
		batch->rows[i].fate = fate;
		if (why != NULL)
			refuse(batch, &batch->rows[i], fate, why);
	}
}

/* The list is no list of jobs to the queue: one row is to blame, and the others are not to wait. */
static void
answer_bad(struct batch *batch, const char *why)
{
	size_t sent = 0;

	for (size_t i = 0; i < batch->next; i++)
		sent += batch->rows[i].fate == FATE_SENT;
	if (sent == 1) {
		settle_sent(batch, FATE_REFUSED, why);
		return;
	}
	for (size_t i = batch->next; i-- > 0;) {
		if (batch->rows[i].fate != FATE_SENT)
			continue;
		batch->rows[i].fate = FATE_WAITS;
		batch->next = i;
	}
	batch->single = true;
}

int
batch_answer(struct batch *batch, const struct resp_item *item, char why[ROW_WHY_MAX])
{
	enum answer answer = answer_read(item, why);

	if (answer == ANSWER_TROUBLE)
		return -1;
	if (answer == ANSWER_BAD)
		answer_bad(batch, why);
	else if (!answer_each(item, note_refused, batch)) {
		snprintf(why, ROW_WHY_MAX, "the queue's answer makes no sense");
		return -1;
	} else
		settle_sent(batch, FATE_DONE, NULL);
	return 0;
}

size_t
batch_unsure(const struct batch *batch)
{
	size_t i = 0;

	while (i < batch->count && batch->rows[i].fate != FATE_UNSURE)
		i++;
	return i;
}

void
batch_settle(struct batch *batch, size_t row, bool is_known)
{
	batch->rows[row].fate = is_known ? FATE_KNOWN : FATE_REFUSED;
}

bool
batch_is_known(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->rows[i].fate != FATE_KNOWN)
			return false;
	return true;
}
