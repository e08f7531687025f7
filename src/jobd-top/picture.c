#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_numbers.h"
#include "proto/client.h"
#include "proto/verbs.h"

#include "picture.h"

#define DEADLINE_MS 5000
#define JOBS_MAX    "200"

static struct client *
open_socket(const char *run_dir, const char *socket)
{
	char path[4096];
	const char *errstr;

	if (snprintf(path, sizeof(path), "%s/%s", run_dir, socket) >= (int)sizeof(path))
		return NULL;
	return client_open(path, DEADLINE_MS, &errstr);
}

/* A number that is too large for it is a string of its digits. */
static json_t *
read_item(const struct resp_item *item)
{
	json_t *json = json_loadb(item->data, item->len, 0, NULL);
	char *copy;

	if (json != NULL || (copy = json_quote_large(item->data, item->len)) == NULL)
		return json;
	json = json_loads(copy, 0, NULL);
	free(copy);
	return json;
}

/* A list of objects, or the object itself; NULL: no answer, or an error. */
static json_t *
ask(struct client *client, const char *line)
{
	struct resp_item item;
	const char *errstr;
	json_t *list;

	if (client == NULL || client_send(client, &errstr, "%s", line) == -1 ||
	    client_receive(client, &item, &errstr) == -1)
		return NULL;
	if (item.kind == RESP_BULK)
		return read_item(&item);
	if (item.kind != RESP_ARRAY)
		return NULL;
	list = json_array();
	for (int64_t left = item.number; left > 0; left--) {
		if (client_receive(client, &item, &errstr) == -1)
			break;
		/* What went away meanwhile leaves a gap. */
		if (item.kind == RESP_BULK)
			json_array_append_new(list, read_item(&item));
	}
	return list;
}

static json_t *
or_empty(json_t *list)
{
	return list != NULL ? list : json_array();
}

static int
by_name(const void *a, const void *b)
{
	json_t *const *left = a, *const *right = b;

	return strcmp(member_text(*left, "name"), member_text(*right, "name"));
}

static json_t *
sorted(json_t *list)
{
	size_t count = json_array_size(list);
	json_t **rows = calloc(count > 0 ? count : 1, sizeof(*rows)), *result = json_array();

	for (size_t i = 0; rows != NULL && i < count; i++)
		rows[i] = json_array_get(list, i);
	if (rows != NULL)
		qsort(rows, count, sizeof(*rows), by_name);
	for (size_t i = 0; rows != NULL && i < count; i++)
		json_array_append(result, rows[i]);
	free(rows);
	json_decref(list);
	return result;
}

static void
take_queue(struct picture *picture, const char *run_dir)
{
	struct client *queue = open_socket(run_dir, PROTO_QUEUE_SOCKET);

	picture->stats = ask(queue, VERB_STATS " hours=24");
	picture->lists[LIST_QUEUES] = or_empty(ask(queue, VERB_QUEUES));
	picture->lists[LIST_JOBS] =
	    or_empty(ask(queue, VERB_JOBS " {\"state\":\"running\",\"limit\":" JOBS_MAX "}"));
	if (queue != NULL)
		client_close(queue);
}

static int64_t
rate(const struct picture *now, const struct picture *before)
{
	int64_t ms = monotime_diff_ms(now->taken, before->taken);
	int64_t ended =
	    member_int(now->stats, "processed") - member_int(before->stats, "processed");

	return before->stats == NULL || ms <= 0 || ended < 0 ? 0 : ended * 1000 / ms;
}

int
picture_take(struct picture *picture, const char *run_dir)
{
	struct client *control = open_socket(run_dir, PROTO_CONTROL_SOCKET);
	struct picture now = { .taken = monotime_now() };
	json_t *programs = ask(control, VERB_STATUS " all=1");

	if (control != NULL)
		client_close(control);
	if (programs == NULL)
		return -1;
	now.lists[LIST_PROGRAMS] = sorted(programs);
	take_queue(&now, run_dir);
	now.took_ms = monotime_diff_ms(monotime_now(), now.taken);
	now.per_second = rate(&now, picture);
	picture_free(picture);
	*picture = now;
	return 0;
}

void
picture_free(struct picture *picture)
{
	for (size_t i = 0; i < LIST_COUNT; i++)
		json_decref(picture->lists[i]);
	json_decref(picture->stats);
	*picture = (struct picture){ 0 };
}

/* Of a list of results the first one. */
static int
read_result(struct client *client, char *text, size_t size)
{
	struct resp_item item;
	const char *errstr;
	json_t *result;
	int code;

	if (client_receive(client, &item, &errstr) == -1)
		return -1;
	if (item.kind == RESP_ARRAY &&
	    (item.number < 1 || client_receive(client, &item, &errstr) == -1))
		return -1;
	if (item.kind != RESP_BULK) {
		snprintf(text, size, "%.*s", (int)item.len, item.data);
		return item.kind == RESP_OK ? 0 : -1;
	}
	result = read_item(&item);
	code = strcmp(member_text(result, "result"), "error") == 0 ? -1 : 0;
	snprintf(text, size, "%s", member_text(result, code == -1 ? "message" : "result"));
	json_decref(result);
	return code;
}

int
picture_act(const char *run_dir, const char *socket, const char *line, char *text, size_t size)
{
	struct client *client = open_socket(run_dir, socket);
	const char *errstr;
	int result = -1;

	snprintf(text, size, "no answer");
	if (client == NULL)
		return -1;
	if (client_send(client, &errstr, "%s", line) == 0)
		result = read_result(client, text, size);
	client_close(client);
	return result;
}
