/*
 * What a command job costs: from the scheduler's word to its acknowledgement, as a ratio to a bare
 * fork+exec+wait of the same command, both measured in turns in one run.
 *
 *	command_job [-n rounds] [-c command] JOBD_RUNNER
 *
 * This program stands in for jobd and the scheduler; jobd-runner is the real one.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/conf.h"

#define ROUNDS         1000
#define CLIENTS        4
#define LINE_MAX_BYTES 16384

static char directory[] = "/tmp/bench-command-job-XXXXXX";
static const char *command = "/bin/true";

/* A connection of the runner: bytes that are not yet a whole line. */
struct client {
	int fd;
	char text[LINE_MAX_BYTES];
	size_t len;
};

static struct client clients[CLIENTS];
static int taker = -1; /* who has a TAKE without reply */

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static const char *
path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static int
listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strlcpy(address.sun_path, path_of(name), sizeof(address.sun_path));
	if (fd == -1 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(fd, 8) == -1)
		fatal("%s", address.sun_path);
	return fd;
}

/* The next line of a client, read as far as needed; NULL when the connection is closed. */
static char *
line_read(struct client *client)
{
	static char line[LINE_MAX_BYTES];

	for (;;) {
		char *end = memchr(client->text, '\n', client->len);
		ssize_t got;

		if (end != NULL) {
			size_t used = (size_t)(end - client->text) + 1;

			memcpy(line, client->text, used);
			line[used] = '\0';
			client->len -= used;
			memmove(client->text, client->text + used, client->len);
			return line;
		}
		got = read(
		    client->fd, client->text + client->len, sizeof(client->text) - client->len - 1);
		if (got <= 0)
			return NULL;
		client->len += (size_t)got;
	}
}

static void
say(int fd, const char *text)
{
	if (fd_write_all(fd, text, strlen(text)) == -1)
		fatal("write to the runner");
}

/* Answers HELLO and CONFIG on the control socket, once. */
static void
configure(int listener)
{
	struct client client = { .fd = accept(listener, NULL, NULL) };
	char error[CONF_ERROR_MAX], head[64], *snapshot;
	struct conf *conf;
	size_t len;
	FILE *file = fopen(path_of("jobd.conf"), "we");

	if (file == NULL)
		fatal("%s", path_of("jobd.conf"));
	fprintf(file,
	    "run_dir = \"%s\"\nstate_dir = \"%s\"\nlog_dir = \"%s\"\nrunner { concurrency = 1 }\n"
	    "job bench { command = \"%s\" }\n",
	    directory, directory, directory, command);
	fclose(file);
	if ((conf = conf_load(path_of("jobd.conf"), error, sizeof(error))) == NULL)
		fatalx("%s", error);
	if ((snapshot = conf_snapshot_write(conf, &len)) == NULL)
		fatal("snapshot");
	line_read(&client);
	say(client.fd, "+HI {\"v\":1}\r\n");
	line_read(&client);
	snprintf(head, sizeof(head), "$%zu\r\n", len);
	say(client.fd, head);
	say(client.fd, snapshot);
	say(client.fd, "\r\n");
	line_read(&client);
	close(client.fd);
	free(snapshot);
	conf_free(conf);
}

/* Both connections of the runner, with their handshake. */
static void
greet(int listener)
{
	for (int i = 0; i < 2; i++) {
		clients[i] = (struct client){ .fd = accept(listener, NULL, NULL) };
		say(clients[i].fd, "+HI {\"v\":2}\r\n");
		line_read(&clients[i]);
		say(clients[i].fd, "+OK\r\n");
	}
}

/* Waits for one request and answers it; returns its verb's first letter. */
static char
serve(void)
{
	struct pollfd waiting[2] = {
		{.fd = clients[0].fd,  .events = POLLIN},
                { .fd = clients[1].fd, .events = POLLIN}
	};
	const char *line;
	int which;

	if (clients[0].len == 0 && clients[1].len == 0 && poll(waiting, 2, -1) == -1)
		fatal("poll");
	which = clients[0].len > 0 || waiting[0].revents != 0 ? 0 : 1;
	if ((line = line_read(&clients[which])) == NULL)
		fatalx("the runner closed its connection");
	if (line[0] == 'T') {
		if (taker != -1)
			say(clients[which].fd, "$-1\r\n");
		taker = strstr(line, "free=0") == NULL ? which : -1;
		if (taker == -1)
			taker = which + CLIENTS; /* orders only, but it must be answered */
	} else {
		if (line[0] != 'A')
			fatalx("a job failed: %s", line);
		say(clients[which].fd, "+OK\r\n");
	}
	return line[0];
}

static void
job_run(int number)
{
	char job[200], reply[256];

	while (taker == -1 || taker >= CLIENTS)
		serve();
	snprintf(job, sizeof(job),
	    "{\"jid\":\"bench-%08d\",\"jobtype\":\"bench\",\"args\":[],\"queue\":\"default\"}",
	    number);
	snprintf(reply, sizeof(reply), "$%zu\r\n%s\r\n$-1\r\n", strlen(job), job);
	say(clients[taker].fd, reply);
	taker = -1;
	while (serve() != 'A')
		continue;
}

static void
bare_run(void)
{
	char *const argv[] = { (char *)(uintptr_t)command, NULL };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execv(command, argv);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0)
		fatal("%s", command);
}

static int
compare(const void *one, const void *other)
{
	int64_t a, b;

	memcpy(&a, one, sizeof(a));
	memcpy(&b, other, sizeof(b));
	return (a > b) - (a < b);
}

static double
median_us(int64_t *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare);
	return (double)times[count / 2] / 1000;
}

static pid_t
runner_start(const char *path)
{
	char *const argv[] = { (char *)(uintptr_t)path, (char[]){ "-r" }, directory, NULL };
	pid_t pid = fork();

	if (pid == 0) {
		execv(path, argv);
		fatal("%s", path);
	}
	return pid;
}

static void
measure(int rounds)
{
	int64_t *jobs = calloc((size_t)rounds, sizeof(*jobs));
	int64_t *bare = calloc((size_t)rounds, sizeof(*bare));
	double job_us, bare_us;

	if (jobs == NULL || bare == NULL)
		fatalx("out of memory");
	for (int i = -20; i < rounds; i++) {
		int64_t start = now_ns(), middle;

		bare_run();
		middle = now_ns();
		job_run(i + 20);
		if (i >= 0) {
			bare[i] = middle - start;
			jobs[i] = now_ns() - middle;
		}
	}
	bare_us = median_us(bare, (size_t)rounds);
	job_us = median_us(jobs, (size_t)rounds);
	printf("command job       %8.1f us (p90 %.1f)\n", job_us,
	    (double)jobs[rounds * 9 / 10] / 1000);
	printf("bare fork+exec    %8.1f us (p90 %.1f)\n", bare_us,
	    (double)bare[rounds * 9 / 10] / 1000);
	printf("ratio             %8.2f (target 1.5)\n", job_us / bare_us);
	free(jobs);
	free(bare);
}

int
main(int argc, char *argv[])
{
	static const char *const names[] = { "jobd.conf", "control.sock", "queue.sock" };
	const char *errstr;
	int64_t rounds = ROUNDS;
	int option, control, queue;
	pid_t runner;

	log_init("command_job");
	while ((option = getopt(argc, argv, "c:n:")) != -1) {
		if (option == 'c')
			command = optarg;
		else if (option != 'n' || text_to_int(optarg, 1, 1000000, &rounds, &errstr) == -1)
			fatalx("usage: command_job [-n rounds] [-c command] JOBD_RUNNER");
	}
	if (optind + 1 != argc || mkdtemp(directory) == NULL)
		fatalx("usage: command_job [-n rounds] [-c command] JOBD_RUNNER");
	control = listen_at("control.sock");
	queue = listen_at("queue.sock");
	runner = runner_start(argv[optind]);
	configure(control);
	greet(queue);
	measure((int)rounds);
	kill(runner, SIGKILL);
	waitpid(runner, NULL, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(directory);
	return EXIT_SUCCESS;
}
