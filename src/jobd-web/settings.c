#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/client.h"
#include "proto/verbs.h"

#include "settings.h"
#include "upstream.h"

#define TIMEOUT_MS 10000

static struct conf *read_snapshot(const char *text, size_t len);
static void on_reply(void *arg, struct reply *);

static void (*on_loaded)(struct conf *);

static struct conf *
read_snapshot(const char *text, size_t len)
{
	char error[CONF_ERROR_MAX];
	struct conf *conf = conf_snapshot_read(text, len, error, sizeof(error));

	if (conf == NULL)
		log_errx("the configuration from jobd can't be read: %s", error);
	return conf;
}

struct conf *
settings_fetch(void)
{
	const char *errstr;
	struct client *client = client_open(PROTO_CONTROL_SOCKET, TIMEOUT_MS, &errstr);
	struct conf *conf = NULL;
	struct resp_item item;

	if (client == NULL || client_send(client, &errstr, "%s", VERB_CONFIG) == -1 ||
	    client_receive(client, &item, &errstr) == -1)
		log_errx("no configuration: %s", errstr);
	else if (item.kind != RESP_BULK)
		log_errx("no configuration: %.*s", (int)item.len, item.data);
	else
		conf = read_snapshot(item.data, item.len);
	client_close(client);
	return conf;
}

void
settings_fetch_later(void (*loaded)(struct conf *))
{
	on_loaded = loaded;
	if (upstream_ask(UPSTREAM_CONTROL, NULL, VERB_CONFIG, strlen(VERB_CONFIG), TIMEOUT_MS,
		on_reply, NULL) == NULL)
		log_errx("no memory for the new configuration");
}

static void
on_reply(void *arg, struct reply *reply)
{
	struct conf *conf = NULL;
	size_t len;
	const char *text = reply_item(reply, 0, &len);

	(void)arg;
	if (reply->kind == REPLY_BULK)
		conf = read_snapshot(text, len);
	else
		log_warnx("jobd does not give its new configuration: %s", text);
	reply_free(reply);
	if (conf != NULL)
		on_loaded(conf);
}
