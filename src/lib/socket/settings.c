#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "socket/connection.h"
#include "proto/verbs.h"
#include "socket/settings.h"

#define SNAPSHOT_MAX_BYTES (64 * 1024 * 1024)

struct settings {
	struct connection *connection;
	void (*loaded)(void *arg, struct conf *);
	void *arg;
	bool again; /* a reload came after the request was sent */
};

static void ready(void *settings);
static bool reply(void *settings, const struct resp_item *);
static void lost(void *settings);

static const struct connection_kind kind = {
	.name = "control socket",
	.greeting = false,
	.reply_max = SNAPSHOT_MAX_BYTES,
	.hello = connection_hello,
	.ready = ready,
	.reply = reply,
	.lost = lost,
};

struct settings *
settings_new(struct event_base *base, const char *socket_path,
    void (*loaded)(void *, struct conf *), void *arg)
{
	struct settings *settings = calloc(1, sizeof(*settings));

	if (settings == NULL)
		return NULL;
	settings->loaded = loaded;
	settings->arg = arg;
	settings->connection = connection_new(base, &kind, socket_path, settings);
	if (settings->connection == NULL) {
		free(settings);
		errno = ENOMEM;
		return NULL;
	}
	return settings;
}

void
settings_free(struct settings *settings)
{
	if (settings == NULL)
		return;
	connection_free(settings->connection);
	free(settings);
}

void
settings_fetch(struct settings *settings)
{
	if (connection_is_ready(settings->connection)) {
		settings->again = true;
		return;
	}
	connection_close(settings->connection);
	connection_open(settings->connection);
}

void
settings_give_up(struct settings *settings)
{
	connection_close(settings->connection);
}

static void
ready(void *arg)
{
	struct settings *settings = arg;
	static const char request[] = VERB_CONFIG "\r\n";

	settings->again = false;
	connection_send(settings->connection, request, sizeof(request) - 1);
}

static void
lost(void *arg)
{
	(void)arg; /* the next connection asks again */
}

static bool
reply(void *arg, const struct resp_item *item)
{
	struct settings *settings = arg;
	char error[CONF_ERROR_MAX];
	struct conf *conf;

	if (item->kind != RESP_BULK) {
		log_warnx("control socket: no configuration: %.*s", (int)item->len,
		    item->kind == RESP_ERROR ? item->data : "");
		return false;
	}
	if ((conf = conf_snapshot_read(item->data, item->len, error, sizeof(error))) == NULL) {
		log_errx("the configuration from jobd can't be read: %s", error);
		return false;
	}
	connection_finish(settings->connection);
	settings->loaded(settings->arg, conf);
	if (settings->again)
		connection_open(settings->connection);
	settings->again = false;
	return true;
}
