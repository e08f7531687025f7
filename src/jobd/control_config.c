/*
 * CONFIG, PLAN and RELOAD: what is asked about whole configurations.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control_client.h"
#include "control_rows.h"

static enum reply_step more_config(struct control_client *);
static const char *snapshot_for(const struct control_client *, size_t *len);
static enum reply_step more_plan(struct control_client *);
static void plan_done(void *arg, struct plan *, const char *error);
static void add_error(struct control_client *, const char *error);

void
config_begin(struct control_client *client)
{
	size_t snapshot_len;
	char head[32];
	int len;

	client->reply.generation = generation_ref(supervisor_generation());
	snapshot_for(client, &snapshot_len);
	len = snprintf(head, sizeof(head), "$%zu\r\n", snapshot_len);
	(void)client_add_bytes(client, head, (size_t)len);
	client->reply.more = more_config;
}

/* A web side that has just been switched off gets an empty one. */
static const char *
snapshot_for(const struct control_client *client, size_t *len)
{
	const struct generation *generation = client->reply.generation;

	if (!client->peer.is_web) {
		*len = generation->snapshot_len;
		return generation->snapshot;
	}
	*len = generation->web_snapshot != NULL ? generation->web_snapshot_len : 0;
	return generation->web_snapshot != NULL ? generation->web_snapshot : "";
}

/* Also when a reload is done meanwhile: the reference keeps what was begun. */
static enum reply_step
more_config(struct control_client *client)
{
	struct reply *reply = &client->reply;
	size_t len;
	const char *snapshot = snapshot_for(client, &len);

	reply->offset += client_add_bytes(client, snapshot + reply->offset, len - reply->offset);
	if (reply->offset < len || client_room(client) < 2)
		return REPLY_FULL;
	(void)client_add_bytes(client, "\r\n", 2);
	return REPLY_DONE;
}

void
config_begin_plan(struct control_client *client)
{
	bool apply = strcmp(client->reply.verb->name, VERB_RELOAD) == 0;
	/* The client may be gone when the answer comes, and its place taken by another one. */
	void *arg = (void *)(uintptr_t)client->serial;

	client->reply.more = more_plan;
	if (supervisor_reload(apply, plan_done, arg) == 0)
		return;
	client->reply.more = NULL;
	if (errno == EBUSY)
		client_add_error(
		    client, "BUSY", "the configuration is being read for somebody else: try again");
	else if (errno == ESHUTDOWN)
		client_add_error(client, "SHUTDOWN", "jobd is shutting down");
	else
		client_add_error(
		    client, "ERR", "the configuration can't be read now: %s", strerror(errno));
}

static void
plan_done(void *arg, struct plan *plan, const char *error)
{
	struct control_client *client = client_find((uint64_t)(uintptr_t)arg);

	if (client == NULL || client->reply.more != more_plan) {
		plan_free(plan);
		return;
	}
	client->reply.plan = plan;
	client->reply.plan_done = true;
	if (plan == NULL)
		add_error(client, error);
	else if (plan->refused != NULL)
		add_error(client, plan->refused);
	else
		client_add_array(client, plan->count);
	client_wake(client);
}

/* Several errors come as lines; an error reply is one. */
static void
add_error(struct control_client *client, const char *error)
{
	char text[CONF_ERROR_MAX * 2];
	size_t len = 0;

	for (; *error != '\0' && len < sizeof(text) - 3; error++) {
		if (*error == '\n' && error[1] != '\0')
			text[len++] = ';';
		text[len++] = *error == '\n' ? ' ' : *error;
	}
	text[len] = '\0';
	client_add_error(client, "CONFIG", "%s", text);
}

static enum reply_step
more_plan(struct control_client *client)
{
	struct reply *reply = &client->reply;
	char row[CONTROL_REPLY_MAX - 64];

	if (!reply->plan_done)
		return REPLY_WAITS;
	while (reply->items_left > 0) {
		if (client_room(client) < CONTROL_REPLY_MAX)
			return REPLY_FULL;
		client_add_row(
		    client, row, row_plan(&reply->plan->items[reply->offset++], row, sizeof(row)));
	}
	return REPLY_DONE;
}
