/*
 * How many HTTP jobs jobd-runner does in a second, as a ratio to what libcurl's multi interface
 * alone reaches against the same trivial server with the same requests, in turns in one run.
 *
 *	http_jobs [-n requests] [-r rounds] JOBD_RUNNER
 *
 * A child is the HTTP server and stands in for jobd and the scheduler; jobd-runner is the real one.
 */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/conf.h"

#define REQUESTS    5000
#define ROUNDS      9
#define ROUNDS_MAX  99
#define INPUT_BYTES 65536
#define JOB_FORMAT                                                                                 \
	"{\"jid\":\"bench-%08d\",\"queue\":\"default\",\"jobtype\":\"bench\","                     \
	"\"args\":[{\"user\":%d,\"text\":\"hello\"}],\"attempts\":1}"

enum peer_kind { PEER_LISTEN_HTTP, PEER_LISTEN_QUEUE, PEER_HTTP, PEER_QUEUE };

struct peer {
	enum peer_kind kind;
	int fd;
	char input[INPUT_BYTES];
	size_t len;
	int taking; /* jobs that its last TAKE may be answered with; 0: it waits for none */
};

/* The child's state. */
static struct {
	int epoll, report;
	int to_give, given, acknowledged;
	int64_t started;
	struct peer *taker;
} child;

static char directory[] = "/tmp/bench-http-jobs-XXXXXX";
static int64_t requests = REQUESTS, rounds = ROUNDS;

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
listen_unix(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strlcpy(address.sun_path, path_of(name), sizeof(address.sun_path));
	unlink(address.sun_path);
	if (fd == -1 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(fd, 8) == -1)
		fatal("%s", address.sun_path);
	return fd;
}

static int
listen_tcp(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(fd, 128) == -1 || getsockname(fd, (struct sockaddr *)&address, &len) == -1)
		fatal("can't listen");
	*port = ntohs(address.sin_port);
	return fd;
}

/* The child: server and scheduler. */

static void
say(int fd, const char *text, size_t len)
{
	if (fd_write_all(fd, text, len) == -1)
		fatal("write");
}

static void
peer_add(int fd, enum peer_kind kind)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };

	if (fd == -1 || peer == NULL)
		fatal("a connection");
	peer->kind = kind;
	peer->fd = fd;
	if (epoll_ctl(child.epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		fatal("epoll_ctl");
}

static void
peer_close(struct peer *peer)
{
	if (child.taker == peer)
		child.taker = NULL;
	close(peer->fd);
	free(peer);
}

static void
give(void)
{
	static char reply[1 << 20];
	struct peer *peer = child.taker;
	int count = peer == NULL ? 0 : peer->taking;
	size_t len = 0;

	if (count > child.to_give - child.given)
		count = child.to_give - child.given;
	if (count == 0)
		return;
	for (int i = 0; i < count; i++) {
		char job[300];
		int number = child.given++;
		int job_len = snprintf(job, sizeof(job), JOB_FORMAT, number, number);

		len += (size_t)snprintf(
		    reply + len, sizeof(reply) - len, "$%d\r\n%s\r\n", job_len, job);
	}
	len += (size_t)snprintf(reply + len, sizeof(reply) - len, "$-1\r\n");
	child.taker = NULL;
	say(peer->fd, reply, len);
}

static void
acknowledged(void)
{
	int64_t took;

	if (++child.acknowledged < child.to_give)
		return;
	took = now_ns() - child.started;
	say(child.report, (const char *)&took, sizeof(took));
}

static void
queue_line(struct peer *peer, const char *line)
{
	const char *max;

	if (strncmp(line, "TAKE", 4) == 0) {
		if (child.taker != NULL)
			say(child.taker->fd, "$-1\r\n", 5);
		max = strstr(line, "max=");
		peer->taking = strstr(line, "free=0") != NULL ? 0
			       : max == NULL                  ? 1
							      : (int)strtol(max + 4, NULL, 10);
		child.taker = peer;
		give();
	} else if (strncmp(line, "END", 3) == 0) {
		return;
	} else {
		say(peer->fd, "+OK\r\n", 5);
		if (strncmp(line, "ACK", 3) == 0)
			acknowledged();
		else if (strncmp(line, "HELLO", 5) != 0)
			fatalx("a job failed: %s", line);
	}
}

static void
http_requests(struct peer *peer)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	char *end;

	while ((end = memmem(peer->input, peer->len, "\r\n\r\n", 4)) != NULL) {
		const char *length =
		    memmem(peer->input, (size_t)(end - peer->input), "Content-Length: ", 16);
		size_t whole = (size_t)(end + 4 - peer->input);

		whole += length == NULL ? 0 : strtoul(length + 16, NULL, 10);
		if (peer->len < whole)
			return;
		peer->len -= whole;
		memmove(peer->input, peer->input + whole, peer->len);
		say(peer->fd, answer, sizeof(answer) - 1);
	}
}

static void
queue_lines(struct peer *peer)
{
	char *line = peer->input, *end;

	while ((end = memchr(line, '\n', peer->len - (size_t)(line - peer->input))) != NULL) {
		*end = '\0';
		queue_line(peer, line);
		line = end + 1;
	}
	peer->len -= (size_t)(line - peer->input);
	memmove(peer->input, line, peer->len);
}

static void
peer_ready(struct peer *peer)
{
	ssize_t got;
	int fd, on = 1;

	if (peer->kind == PEER_LISTEN_HTTP || peer->kind == PEER_LISTEN_QUEUE) {
		fd = accept(peer->fd, NULL, NULL);
		peer_add(fd, peer->kind == PEER_LISTEN_HTTP ? PEER_HTTP : PEER_QUEUE);
		if (peer->kind == PEER_LISTEN_QUEUE)
			say(fd, "+HI {\"v\":2}\r\n", 13);
		else
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		return;
	}
	got = read(peer->fd, peer->input + peer->len, sizeof(peer->input) - peer->len);
	if (got <= 0) {
		peer_close(peer);
		return;
	}
	peer->len += (size_t)got;
	if (peer->kind == PEER_HTTP)
		http_requests(peer);
	else
		queue_lines(peer);
}

/* The parent writes how many jobs there are; it reads the nanoseconds that they took. */
static _Noreturn void
child_main(int http, int queue, int orders, int report)
{
	struct epoll_event events[64], order = { .events = EPOLLIN };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	child.epoll = epoll_create1(EPOLL_CLOEXEC);
	child.report = report;
	peer_add(http, PEER_LISTEN_HTTP);
	peer_add(queue, PEER_LISTEN_QUEUE);
	if (epoll_ctl(child.epoll, EPOLL_CTL_ADD, orders, &order) == -1)
		fatal("epoll_ctl");
	for (;;) {
		int count = epoll_wait(child.epoll, events, 64, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr != NULL) {
				peer_ready(events[i].data.ptr);
				continue;
			}
			if (read(orders, &child.to_give, sizeof(child.to_give)) <= 0)
				_exit(EXIT_SUCCESS);
			child.given = child.acknowledged = 0;
			child.started = now_ns();
			give();
		}
	}
}

/* Microseconds of CPU time that a process has used; it is more reliable where others work, too. */
static double
cpu_us(pid_t pid)
{
	char path[64], text[1024];
	long long user = 0, system = 0;
	const char *rest;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((file = fopen(path, "re")) == NULL || fgets(text, sizeof(text), file) == NULL ||
	    (rest = strrchr(text, ')')) == NULL ||
	    sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user,
		&system) != 2)
		fatal("%s", path);
	fclose(file);
	return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

/* The floor. */

static size_t
drop(char *data, size_t size, size_t count, void *arg)
{
	(void)data;
	(void)arg;
	return size * count;
}

/* A request with the body and the headers that a job's has. */
static void
floor_begin(CURLM *multi, CURL *easy, int port, int number)
{
	char url[100], body[300], jid[100], key[100];
	const char *const lines[] = { "Content-Type: application/json", jid, "X-Jobd-Attempt: 1",
		key, "User-Agent: jobd/0.1.0", "Expect:" };
	struct curl_slist *headers = NULL;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/push", port);
	snprintf(body, sizeof(body), JOB_FORMAT, number, number);
	snprintf(jid, sizeof(jid), "X-Jobd-Jid: bench-%08d", number);
	snprintf(key, sizeof(key), "Idempotency-Key: bench-%08d", number);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		headers = curl_slist_append(headers, lines[i]);
	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
	curl_multi_add_handle(multi, easy);
}

static double
floor_rate(int port, int concurrency)
{
	CURLM *multi = curl_multi_init();
	int begun = 0, ended = 0, running, left;
	int64_t start = now_ns();
	CURLMsg *message;

	for (; begun < concurrency; begun++)
		floor_begin(multi, curl_easy_init(), port, begun);
	while (ended < requests) {
		curl_multi_perform(multi, &running);
		while ((message = curl_multi_info_read(multi, &left)) != NULL) {
			CURL *easy = message->easy_handle;
			struct curl_slist *headers = NULL;

			if (message->data.result != CURLE_OK)
				fatalx("floor: %s", curl_easy_strerror(message->data.result));
			curl_easy_getinfo(easy, CURLINFO_PRIVATE, &headers);
			curl_multi_remove_handle(multi, easy);
			curl_slist_free_all(headers);
			ended++;
			if (begun < requests)
				floor_begin(multi, easy, port, begun++);
			else
				curl_easy_cleanup(easy);
		}
		if (ended < requests)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	start = now_ns() - start;
	curl_multi_cleanup(multi);
	return (double)requests * 1e9 / (double)start;
}

/* The runner. */

static void
configure(int listener, int port, int concurrency)
{
	char error[CONF_ERROR_MAX], head[64], line[200], *snapshot;
	int fd = accept(listener, NULL, NULL);
	struct conf *conf;
	size_t len;
	FILE *file = fopen(path_of("jobd.conf"), "we");

	if (fd == -1 || file == NULL)
		fatal("%s", path_of("jobd.conf"));
	fprintf(file,
	    "run_dir = \"%s\"\nstate_dir = \"%s\"\nlog_dir = \"%s\"\n"
	    "runner { concurrency = %d }\njob bench { post = \"http://127.0.0.1:%d/push\" }\n",
	    directory, directory, directory, concurrency, port);
	fclose(file);
	if ((conf = conf_load(path_of("jobd.conf"), error, sizeof(error))) == NULL)
		fatalx("%s", error);
	if ((snapshot = conf_snapshot_write(conf, &len)) == NULL)
		fatal("snapshot");
	if (read(fd, line, sizeof(line)) <= 0)
		fatal("HELLO");
	say(fd, "+HI {\"v\":1}\r\n", 13);
	if (read(fd, line, sizeof(line)) <= 0)
		fatal("CONFIG");
	say(fd, head, (size_t)snprintf(head, sizeof(head), "$%zu\r\n", len));
	say(fd, snapshot, len);
	say(fd, "\r\n", 2);
	if (read(fd, line, sizeof(line)) < 0)
		fatal("END");
	close(fd);
	free(snapshot);
	conf_free(conf);
}

static pid_t
runner_start(const char *path)
{
	char *const argv[] = { (char *)(uintptr_t)path, (char[]){ "-r" }, directory, NULL };
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv(path, argv);
		fatal("%s", path);
	}
	return pid;
}

static double
runner_rate(int orders, int reports)
{
	int count = (int)requests;
	int64_t took;

	if (write(orders, &count, sizeof(count)) != sizeof(count) ||
	    read(reports, &took, sizeof(took)) != sizeof(took))
		fatal("the server");
	return (double)requests * 1e9 / (double)took;
}

static int
compare(const void *one, const void *other)
{
	double a, b;

	memcpy(&a, one, sizeof(a));
	memcpy(&b, other, sizeof(b));
	return (a > b) - (a < b);
}

static void
measure(const char *path, int control, int port, int concurrency, int orders, int reports)
{
	double floors[ROUNDS_MAX], jobs[ROUNDS_MAX], ratios[ROUNDS_MAX], floor_cpu, job_cpu;
	pid_t runner = runner_start(path);

	configure(control, port, concurrency);
	runner_rate(orders, reports); /* until its connections and memory are there */
	floor_cpu = cpu_us(getpid());
	job_cpu = cpu_us(runner);
	for (int64_t i = 0; i < rounds; i++) {
		floors[i] = floor_rate(port, concurrency);
		jobs[i] = runner_rate(orders, reports);
		ratios[i] = jobs[i] / floors[i];
	}
	floor_cpu = (cpu_us(getpid()) - floor_cpu) / (double)(rounds * requests);
	job_cpu = (cpu_us(runner) - job_cpu) / (double)(rounds * requests);
	kill(runner, SIGKILL);
	waitpid(runner, NULL, 0);
	qsort(floors, (size_t)rounds, sizeof(floors[0]), compare);
	qsort(jobs, (size_t)rounds, sizeof(jobs[0]), compare);
	qsort(ratios, (size_t)rounds, sizeof(ratios[0]), compare);
	printf("concurrency %2d: libcurl multi %6.0f/s, jobd-runner %6.0f/s, ratio %.2f (target "
	       "0.7); CPU %.1f and %.1f us each, ratio %.2f\n",
	    concurrency, floors[rounds / 2], jobs[rounds / 2], ratios[rounds / 2], floor_cpu,
	    job_cpu, floor_cpu / job_cpu);
}

int
main(int argc, char *argv[])
{
	static const char *const names[] = { "jobd.conf", "control.sock", "queue.sock" };
	const char *errstr;
	int option, control, queue, http, port, orders[2], reports[2];
	pid_t server;

	log_init("http_jobs");
	while ((option = getopt(argc, argv, "n:r:")) != -1)
		if ((option != 'n' ||
			text_to_int(optarg, 100, 10000000, &requests, &errstr) == -1) &&
		    (option != 'r' || text_to_int(optarg, 1, ROUNDS_MAX, &rounds, &errstr) == -1))
			fatalx("usage: http_jobs [-n requests] [-r rounds] JOBD_RUNNER");
	if (optind + 1 != argc || mkdtemp(directory) == NULL)
		fatalx("usage: http_jobs [-n requests] [-r rounds] JOBD_RUNNER");
	control = listen_unix("control.sock");
	queue = listen_unix("queue.sock");
	http = listen_tcp(&port);
	if (pipe(orders) == -1 || pipe(reports) == -1)
		fatal("pipe");
	if ((server = fork()) == 0) {
		close(orders[1]);
		child_main(http, queue, orders[0], reports[1]);
	}
	curl_global_init(CURL_GLOBAL_ALL);
	measure(argv[optind], control, port, 10, orders[1], reports[0]);
	measure(argv[optind], control, port, 50, orders[1], reports[0]);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(directory);
	return EXIT_SUCCESS;
}
