/*
 * Feeds bytes to two clients of the control socket while programs come, go and change, and checks
 * what it promises: every reply is RESP, and nobody is remembered who is gone.
 *
 * A byte below 0x80 is sent to the present client; one from 0x80 on is an event, chosen by its
 * lower bits.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "proto/resp.h"

#include "jobd/journal.h"

#include "../unit/control_fake.h"

#define CLIENTS       2
#define INSTANCES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct fuzz_client {
	int fd;
	char out[256];
	size_t out_len;
	char in[1 << 20];
	size_t in_len;
} clients[CLIENTS];

static void run_loop(void);
static void client_connect(struct fuzz_client *);
static void client_flush(struct fuzz_client *);
static void client_check(struct fuzz_client *);
static void move_program(unsigned which);
static void finish_plan(void);
static void remove_program(void);
static void event(unsigned what, struct fuzz_client **);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char text[] = "program db { command = db }\n"
				   "program web { command = web instances = 3 }\n"
				   "program off { command = off enabled = no }\n"
				   "job mail { command = mail }\n";
	char path[] = "/tmp/jobd-fuzz-XXXXXX", error[CONF_ERROR_MAX];
	int fd = mkstemp(path);
	struct conf *conf;

	(void)argc;
	(void)argv;
	if (fd == -1 || fd_write_all(fd, text, sizeof(text) - 1) == -1)
		abort();
	close(fd);
	conf = conf_load(path, error, sizeof(error));
	unlink(path);
	if (conf == NULL) {
		fprintf(stderr, "%s\n", error);
		abort();
	}
	log_set_level(LOG_LEVEL_ERROR);
	fake_begin(conf);
	return 0;
}

static void
run_loop(void)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(supervisor_base(), EVLOOP_NONBLOCK);
}

static void
client_connect(struct fuzz_client *client)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strlcpy(addr.sun_path, fake_path(), sizeof(addr.sun_path));
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (client->fd == -1 || connect(client->fd, (struct sockaddr *)&addr, sizeof(addr)) == -1)
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
		    resp_parse(client->in + start, client->in_len - start, 1 << 19, &item, &used);

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
move_program(unsigned which)
{
	struct program *program = TAILQ_FIRST(supervisor_programs());

	for (unsigned i = 0; i < which / STATE_COUNT && TAILQ_NEXT(program, entry) != NULL; i++)
		program = TAILQ_NEXT(program, entry);
	fake_move(program->name, (enum state)(which % STATE_COUNT));
}

static void
finish_plan(void)
{
	const struct conf *conf = supervisor_generation()->conf;

	if (fake_plan_is_asked())
		fake_plan_done(plan_make(conf, conf), NULL);
}

static void
remove_program(void)
{
	struct program *program = TAILQ_LAST(supervisor_programs(), program_list);

	/* One that somebody waits for comes to rest before it goes. */
	if (TAILQ_FIRST(supervisor_programs()) == program)
		return;
	fake_move(program->name, STATE_STOPPED);
	fake_remove(program->name);
}

static void
event(unsigned what, struct fuzz_client **client)
{
	const char *first = TAILQ_FIRST(supervisor_programs())->name;

	client_flush(*client);
	if (what < 4 * STATE_COUNT) {
		move_program(what);
		return;
	}
	switch (what - 4 * STATE_COUNT) {
	case 0:
		*client = *client == &clients[0] ? &clients[1] : &clients[0];
		break;
	case 1:
		shutdown((*client)->fd, SHUT_WR);
		break;
	case 2:
		fd_clear(&(*client)->fd);
		client_connect(*client);
		break;
	case 3:
		finish_plan();
		break;
	case 4:
		if (fake_plan_is_asked())
			fake_plan_done(NULL, "jobd.conf:1: bad\njobd.conf:2: worse");
		break;
	case 5:
		remove_program();
		break;
	case 6:
		fake_exit(first, EXIT_REASON_CODE, 3);
		break;
	case 7:
		fake_timed_out(first);
		break;
	default:
		run_loop();
		client_check(*client);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_client *client = &clients[0];

	fake_reset(INSTANCES_MAX);
	for (int i = 0; i < CLIENTS; i++)
		client_connect(&clients[i]);
	for (size_t i = 0; i < size; i++) {
		if (data[i] >= 0x80) {
			event(data[i] & 0x7f, &client);
			continue;
		}
		client->out[client->out_len++] = (char)data[i];
		if (client->out_len == sizeof(client->out))
			client_flush(client);
	}
	for (int i = 0; i < CLIENTS; i++) {
		client_flush(&clients[i]);
		run_loop();
		client_check(&clients[i]);
		fd_clear(&clients[i].fd);
	}
	if (fake_plan_is_asked())
		finish_plan();
	run_loop();
	if (fake_remembers_clients())
		abort();
	return 0;
}
