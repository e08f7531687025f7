#include <stdio.h>

#include "proto/client.h"
#include "proto/verbs.h"
#include "snapshot.h"

#define TIMEOUT_MS 5000

struct conf *
snapshot_fetch(const char *run_dir, char *error, size_t size)
{
	struct client *client;
	struct resp_item item;
	struct conf *conf = NULL;
	const char *errstr = "";
	char path[4096];

	snprintf(path, sizeof(path), "%s/" PROTO_CONTROL_SOCKET, run_dir);
	if ((client = client_open(path, TIMEOUT_MS, &errstr)) == NULL ||
	    client_send(client, &errstr, VERB_CONFIG) == -1 ||
	    client_receive(client, &item, &errstr) == -1)
		snprintf(error, size, "%s", errstr);
	else if (item.kind == RESP_BULK)
		conf = conf_snapshot_read(item.data, item.len, error, size);
	else
		snprintf(error, size, "jobd refused %s: %.*s", VERB_CONFIG,
		    (int)(item.kind == RESP_ERROR ? item.len : 0),
		    item.kind == RESP_ERROR ? item.data : "");
	client_close(client);
	return conf;
}
