/*
 * Feeds bytes to clients of the queue's server over a store in memory, and checks what it promises:
 * every reply is RESP, and nobody is remembered who is gone.
 *
 * A byte 0xff and the one behind it are an event; all others are sent to the present client.
 */
#include <sys/socket.h>

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "proto/resp.h"

#include "jobd-scheduler/server.h"

#define CLIENTS  3
#define EVENT    0xff
#define ITEM_MAX (1 << 20)
#define TURNS    4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char snapshot_error[CONF_ERROR_MAX];
static char *snapshot;
static size_t snapshot_len;
static struct scheduler scheduler;
static struct store_ops failing;
static bool fail_commit;
static enum store_result (*real_commit)(struct store *);

static struct fuzz_client {
	int fd;
	char out[4096];
	size_t out_len;
	char in[1 << 21];
	size_t in_len;
} clients[CLIENTS];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char text[] = "scheduler { password = secret }\n"
				   "queue limited { concurrency = 1 rate = \"2/s\" weight = 3 }\n"
				   "job hello { command = \"true\" schedule = \"@daily\" }\n"
				   "job one { command = \"true\" overlap = queue retries = 1 }\n"
				   "job Foreign { unique_for = 1h concurrency = 1 }\n";
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	char path[] = "/tmp/jobd-fuzz-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;

	(void)argc;
	(void)argv;
	if (fd == -1 || fd_write_all(fd, text, sizeof(text) - 1) == -1)
		abort();
	close(fd);
	conf = conf_load(path, snapshot_error, sizeof(snapshot_error));
	unlink(path);
	if (conf == NULL) {
		fprintf(stderr, "%s\n", snapshot_error);
		abort();
	}
	snapshot = conf_snapshot_write(conf, &snapshot_len);
	conf_free(conf);
	log_set_level(LOG_LEVEL_ERROR);
	sigaction(SIGPIPE, &ignore, NULL);
	return 0;
}

static enum store_result
commit(struct store *store)
{
	if (!fail_commit)
		return real_commit(store);
	fail_commit = false;
	snprintf(store->error, sizeof(store->error), "the disk is full");
	return STORE_FAILED;
}

static void
run_turns(void)
{
	for (int i = 0; i < TURNS; i++)
		scheduler_turn(&scheduler, false);
}

static void
client_connect(struct fuzz_client *client, bool from_net)
{
	struct arrival arrival = { .right = from_net ? RIGHT_ALL : RIGHT_OWN,
		.asks_password = from_net };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == -1)
		abort();
	client->fd = pair[0];
	arrival.fd = pair[1];
	if (peer_new(scheduler.server, &arrival) == NULL)
		abort();
	client->in_len = client->out_len = 0;
}

static void
client_flush(struct fuzz_client *client)
{
	if (client->out_len > 0)
		(void)send(client->fd, client->out, client->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
	client->out_len = 0;
}

/* Takes what has come and looks whether it is whole items. */
static void
client_check(struct fuzz_client *client)
{
	struct resp_item item;
	size_t used, start = 0;
	ssize_t len;

	len = recv(client->fd, client->in + client->in_len, sizeof(client->in) - client->in_len,
	    MSG_DONTWAIT);
	if (len > 0)
		client->in_len += (size_t)len;
	for (;;) {
		enum resp_kind kind =
		    resp_parse(client->in + start, client->in_len - start, ITEM_MAX, &item, &used);

		if (kind == RESP_BROKEN)
			abort();
		if (kind == RESP_MORE)
			break;
		start += used;
	}
	memmove(client->in, client->in + start, client->in_len - start);
	client->in_len -= start;
}

static void
event(unsigned what, struct fuzz_client **client)
{
	client_flush(*client);
	switch (what % 8) {
	case 0:
		*client = *client == &clients[CLIENTS - 1] ? &clients[0] : *client + 1;
		break;
	case 1:
		shutdown((*client)->fd, SHUT_WR);
		break;
	case 2:
	case 3:
		fd_clear(&(*client)->fd);
		client_connect(*client, what % 8 == 3);
		break;
	case 4:
		fail_commit = true;
		break;
	case 5: /* the disk is well again */
		event_active(scheduler.trouble_event, EV_TIMEOUT, 0);
		break;
	default:
		run_turns();
		client_check(*client);
		break;
	}
}

static void
begin(void)
{
	struct store *store = store_memory_open();

	if (store == NULL)
		abort();
	failing = *store->ops;
	real_commit = failing.commit;
	failing.commit = commit;
	store->ops = &failing;
	fail_commit = false;
	memset(&scheduler, 0, sizeof(scheduler));
	scheduler_open(&scheduler,
	    conf_snapshot_read(snapshot, snapshot_len, snapshot_error, sizeof(snapshot_error)),
	    store, NULL, 0);
	for (int i = 0; i < CLIENTS; i++)
		client_connect(&clients[i], false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_client *client = &clients[0];

	begin();
	for (size_t i = 0; i < size; i++) {
		if (data[i] == EVENT && i + 1 < size) {
			event(data[++i], &client);
			continue;
		}
		client->out[client->out_len++] = (char)data[i];
		if (client->out_len == sizeof(client->out))
			client_flush(client);
	}
	for (int i = 0; i < CLIENTS; i++) {
		client_flush(&clients[i]);
		run_turns();
		client_check(&clients[i]);
		fd_clear(&clients[i].fd);
	}
	run_turns();
	if (scheduler.server->client_count != 0 || scheduler.server->input_bytes != 0 ||
	    scheduler.server->output_bytes != 0)
		abort();
	scheduler_close(&scheduler);
	return 0;
}
