/*
 * How many HTTP jobs jobd-runner does in a second, as a ratio to what libcurl's multi interface
 * alone reaches against the same trivial server with the same requests, in turns in one run.
 *
 *	http_jobs [-c concurrency] [-n requests] [-r rounds] JOBD_RUNNER
 *
 * A child is the HTTP server and stands in for the scheduler; jobd-runner is the real one.  Both
 * keep their connections and send the same headers and body.  The floor knows its requests
 * beforehand, has no time-outs and forgets the answers; the runner takes each job from the
 * scheduler, has its time-outs, and tells each result.  The server's CPU time is shown because it
 *is the other half of what takes time: for the runner it hands out jobs as well, one write for all
 * that came in one read, as the scheduler's turns do.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http_jobs_server.h"

#define REQUESTS        5000
#define ROUNDS          9
#define ROUNDS_MAX      99
#define CONCURRENCY_MAX 50

#define USAGE "usage: http_jobs [-c concurrency] [-n requests] [-r rounds] JOBD_RUNNER"

static char directory[] = "/tmp/bench-http-jobs-XXXXXX";
static int64_t requests = REQUESTS, rounds = ROUNDS;
static struct {
	pid_t server;
	int port, control; /* of HTTP; a listening socket */
	int orders, reports;
} ends;

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

static void
say(int fd, const char *text, size_t len)
{
	if (fd_write_all(fd, text, len) == -1)
		fatal("write");
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
floor_begin(CURLM *multi, CURL *easy, int number)
{
	char url[100], body[300], jid[100], key[100];
	const char *const lines[] = { "Content-Type: application/json", jid, "X-Jobd-Attempt: 1",
		key, "User-Agent: jobd/0.1.0", "Expect:" };
	struct curl_slist *headers = NULL;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/push", ends.port);
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

/* Made once for each concurrency, so that its connections are kept as the runner's are. */
struct floor {
	CURLM *multi;
	CURL *easies[CONCURRENCY_MAX];
	int concurrency;
};

static void
floor_set_up(struct floor *floor, int concurrency)
{
	floor->multi = curl_multi_init();
	floor->concurrency = concurrency;
	for (int i = 0; i < concurrency; i++)
		floor->easies[i] = curl_easy_init();
}

static void
floor_clean_up(struct floor *floor)
{
	for (int i = 0; i < floor->concurrency; i++)
		curl_easy_cleanup(floor->easies[i]);
	curl_multi_cleanup(floor->multi);
}

static void
floor_end(CURLM *multi, const CURLMsg *message)
{
	struct curl_slist *headers = NULL;

	if (message->data.result != CURLE_OK)
		fatalx("floor: %s", curl_easy_strerror(message->data.result));
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &headers);
	curl_multi_remove_handle(multi, message->easy_handle);
	curl_slist_free_all(headers);
}

static double
floor_rate(const struct floor *floor)
{
	int begun = 0, ended = 0, running, left;
	int64_t start = now_ns();
	CURLMsg *message;

	for (; begun < floor->concurrency; begun++)
		floor_begin(floor->multi, floor->easies[begun], begun);
	while (ended < requests) {
		curl_multi_perform(floor->multi, &running);
		while ((message = curl_multi_info_read(floor->multi, &left)) != NULL) {
			CURL *easy = message->easy_handle;

			floor_end(floor->multi, message);
			ended++;
			if (begun < requests)
				floor_begin(floor->multi, easy, begun++);
		}
		if (ended < requests)
			curl_multi_poll(floor->multi, NULL, 0, 1000, NULL);
	}
	return (double)requests * 1e9 / (double)(now_ns() - start);
}

/* The runner. */

static void
configure(int concurrency)
{
	char error[CONF_ERROR_MAX], head[64], line[200], *snapshot;
	int fd = accept(ends.control, NULL, NULL);
	struct conf *conf;
	size_t len;
	FILE *file = fopen(path_of("jobd.conf"), "we");

	if (fd == -1 || file == NULL)
		fatal("%s", path_of("jobd.conf"));
	fprintf(file,
	    "run_dir = \"%s\"\nstate_dir = \"%s\"\nlog_dir = \"%s\"\n"
	    "runner { concurrency = %d }\njob bench { post = \"http://127.0.0.1:%d/push\" }\n",
	    directory, directory, directory, concurrency, ends.port);
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
runner_rate(void)
{
	int count = (int)requests;
	int64_t took;

	if (write(ends.orders, &count, sizeof(count)) != sizeof(count) ||
	    read(ends.reports, &took, sizeof(took)) != sizeof(took))
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

static double
median(double *list)
{
	qsort(list, (size_t)rounds, sizeof(list[0]), compare);
	return list[rounds / 2];
}

/* Adds the CPU time since the last call to `client` and `server`. */
static void
count_cpu(pid_t client_pid, double *client, double *server)
{
	static double client_before, server_before;
	double client_now = cpu_us(client_pid), server_now = cpu_us(ends.server);

	if (client != NULL) {
		*client += client_now - client_before;
		*server += server_now - server_before;
	}
	client_before = client_now;
	server_before = server_now;
}

static void
measure(const char *path, int concurrency)
{
	double floors[ROUNDS_MAX], jobs[ROUNDS_MAX], ratios[ROUNDS_MAX];
	double all = (double)(rounds * requests);
	double floor_cpu = 0, job_cpu = 0, floor_server = 0, job_server = 0;
	pid_t runner = runner_start(path);
	struct floor floor;

	configure(concurrency);
	floor_set_up(&floor, concurrency);
	/* Until connections and memory are there. */
	floor_rate(&floor);
	runner_rate();
	for (int64_t i = 0; i < rounds; i++) {
		count_cpu(getpid(), NULL, NULL);
		floors[i] = floor_rate(&floor);
		count_cpu(getpid(), &floor_cpu, &floor_server);
		count_cpu(runner, NULL, NULL);
		jobs[i] = runner_rate();
		count_cpu(runner, &job_cpu, &job_server);
		ratios[i] = jobs[i] / floors[i];
	}
	kill(runner, SIGTERM);
	waitpid(runner, NULL, 0);
	floor_clean_up(&floor);
	printf("concurrency %2d: libcurl multi %6.0f/s, jobd-runner %6.0f/s, ratio %.2f (target "
	       "0.7)\n",
	    concurrency, median(floors), median(jobs), median(ratios));
	printf("  CPU each: libcurl %.1f us and the server %.1f, jobd-runner %.1f and the server "
	       "%.1f; ratio %.2f\n",
	    floor_cpu / all, floor_server / all, job_cpu / all, job_server / all,
	    floor_cpu / job_cpu);
}

int
main(int argc, char *argv[])
{
	static const char *const names[] = { "jobd.conf", "control.sock", "queue.sock" };
	int option, queue, http, orders[2], reports[2];
	int64_t only = 0;
	const char *errstr;

	log_init("http_jobs");
	while ((option = getopt(argc, argv, "c:n:r:")) != -1)
		if ((option != 'c' ||
			text_to_int(optarg, 1, CONCURRENCY_MAX, &only, &errstr) == -1) &&
		    (option != 'n' ||
			text_to_int(optarg, 100, 10000000, &requests, &errstr) == -1) &&
		    (option != 'r' || text_to_int(optarg, 1, ROUNDS_MAX, &rounds, &errstr) == -1))
			fatalx(USAGE);
	if (optind + 1 != argc || mkdtemp(directory) == NULL)
		fatalx(USAGE);
	ends.control = listen_unix("control.sock");
	queue = listen_unix("queue.sock");
	http = listen_tcp(&ends.port);
	if (pipe(orders) == -1 || pipe(reports) == -1)
		fatal("pipe");
	ends.orders = orders[1];
	ends.reports = reports[0];
	if ((ends.server = fork()) == 0) {
		close(orders[1]);
		http_jobs_server(http, queue, orders[0], reports[1]);
	}
	curl_global_init(CURL_GLOBAL_ALL);
	if (only == 0 || only == 10)
		measure(argv[optind], 10);
	if (only != 10)
		measure(argv[optind], only == 0 ? 50 : (int)only);
	kill(ends.server, SIGKILL);
	waitpid(ends.server, NULL, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(directory);
	return EXIT_SUCCESS;
}
