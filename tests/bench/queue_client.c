/*
 * Load for a queue's server over its socket, so that the client is not what limits:
 *
 *     queue_client KIND ADDRESS WHAT CLIENTS COUNT [BATCH]
 *
 * KIND is jobd, redis or beanstalkd; ADDRESS is a unix socket's path or HOST:PORT; WHAT is one of
 *
 *     push     each client puts one job after the other
 *     pipeline the same, BATCH requests at a time
 *     bulk     BATCH jobs in one request
 *     drain    each client takes a job, ends it, takes the next; COUNT jobs must be there
 *     chain    the same, but a job's end and the wish for the next one are sent together
 *     pickup   one client waits for a job, another one puts one every 3 ms
 *
 * Prints jobs per second, or for pickup the 50th and 99th percentile in microseconds.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <arpa/inet.h>
#include <err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OUT_SIZE     ((size_t)4 << 20)
#define IN_SIZE      ((size_t)1 << 16)
#define PICKUP_US    3000
#define ID_MAX       64
#define CLIENTS_MOST 1000

struct client {
	int fd;
	char *out;
	size_t out_len;
	char in[IN_SIZE];
	size_t in_len;
	long expected;    /* replies */
	char job[ID_MAX]; /* the job that it has */
};

/* A reply taken apart: its length, and the job's name if it has one. */
struct answer {
	size_t len;
	bool is_job;
	char job[ID_MAX];
};

struct kind {
	const char *name;
	void (*hello)(struct client *);
	void (*put)(struct client *, long id);
	void (*bulk)(struct client *, long id, long count); /* NULL: as many puts */
	void (*take)(struct client *);
	void (*end)(struct client *);
	bool (*answer)(const char *in, size_t len, struct answer *);
};

static const struct kind *kind;
static struct client *clients;
static long run;

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void add(struct client *, const char *, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct client *client, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	client->out_len +=
	    (size_t)vsnprintf(client->out + client->out_len, OUT_SIZE - client->out_len, fmt, ap);
	va_end(ap);
	if (client->out_len >= OUT_SIZE)
		errx(1, "a request is too long");
}

static void
flush(struct client *client)
{
	for (size_t done = 0; done < client->out_len;) {
		ssize_t len = write(client->fd, client->out + done, client->out_len - done);

		if (len == -1)
			err(1, "write");
		done += (size_t)len;
	}
	client->out_len = 0;
}

/* RESP, for jobd and redis. */

/* The length of the item, 0 if it is not whole. */
static size_t
resp_len(const char *in, size_t len)
{
	const char *end = memchr(in, '\n', len);
	size_t head, at;
	long count;

	if (end == NULL)
		return 0;
	head = (size_t)(end - in) + 1;
	if (in[0] == '-')
		errx(1, "refused: %.*s", (int)head, in);
	if (in[0] != '$' && in[0] != '*')
		return head;
	if ((count = strtol(in + 1, NULL, 10)) < 0)
		return head;
	if (in[0] == '$')
		return head + (size_t)count + 2 <= len ? head + (size_t)count + 2 : 0;
	for (at = head; count > 0; count--) {
		size_t item = at < len ? resp_len(in + at, len - at) : 0;

		if (item == 0)
			return 0;
		at += item;
	}
	return at;
}

#define PAYLOAD "{\"user\":%ld,\"text\":\"a hundred bytes of payload as small jobs have it\"}"

static bool
jobd_answer(const char *in, size_t len, struct answer *answer)
{
	static const char key[] = "\"jid\":\"";
	const char *jid;

	if ((answer->len = resp_len(in, len)) == 0)
		return false;
	jid = in[0] == '$' && in[1] != '-' ? memmem(in, answer->len, key, strlen(key)) : NULL;
	answer->is_job = jid != NULL;
	if (jid != NULL)
		snprintf(answer->job, ID_MAX, "%.*s", (int)strcspn(jid + 7, "\""), jid + 7);
	return true;
}

static void
jobd_hello(struct client *client)
{
	char line[128];

	if (read(client->fd, line, sizeof(line)) <= 0)
		errx(1, "no greeting");
	add(client, "HELLO {\"v\":2,\"wid\":\"bench-%d-%d\"}\r\n", (int)getpid(), client->fd);
	client->expected = 1;
}

static void
jobd_job(struct client *client, long id)
{
	add(client,
	    "{\"jid\":\"%08lx-%08lx\",\"queue\":\"bench\",\"jobtype\":\"Bench\",\"args\":[" PAYLOAD
	    "]}",
	    run, id, id);
}

static void
jobd_put(struct client *client, long id)
{
	add(client, "PUSH ");
	jobd_job(client, id);
	add(client, "\r\n");
}

static void
jobd_bulk(struct client *client, long id, long count)
{
	add(client, "PUSHB [");
	for (long i = 0; i < count; i++) {
		if (i > 0)
			add(client, ",");
		jobd_job(client, id + i);
	}
	add(client, "]\r\n");
}

static void
jobd_take(struct client *client)
{
	add(client, "FETCH bench\r\n");
}

static void
jobd_end(struct client *client)
{
	add(client, "ACK {\"jid\":\"%s\"}\r\n", client->job);
}

/* Redis: a list, and a list of what is being worked on. */

static bool
redis_answer(const char *in, size_t len, struct answer *answer)
{
	if ((answer->len = resp_len(in, len)) == 0)
		return false;
	answer->is_job = in[0] == '$' && in[1] != '-';
	if (answer->is_job)
		snprintf(answer->job, ID_MAX, "%.16s", in + strcspn(in, "\n") + 1);
	return true;
}

static void
redis_value(struct client *client, long id)
{
	char text[200];
	int len = snprintf(text, sizeof(text), "%016lx" PAYLOAD, id, id);

	add(client, "$%d\r\n%s\r\n", len, text);
}

static void
redis_put(struct client *client, long id)
{
	add(client, "*3\r\n$5\r\nLPUSH\r\n$5\r\nbench\r\n");
	redis_value(client, id);
}

static void
redis_bulk(struct client *client, long id, long count)
{
	add(client, "*%ld\r\n$5\r\nLPUSH\r\n$5\r\nbench\r\n", count + 2);
	for (long i = 0; i < count; i++)
		redis_value(client, id + i);
}

static void
redis_take(struct client *client)
{
	add(client, "*4\r\n$10\r\nBRPOPLPUSH\r\n$5\r\nbench\r\n$4\r\nbusy\r\n$1\r\n2\r\n");
}

static void
redis_end(struct client *client)
{
	add(client, "*4\r\n$4\r\nLREM\r\n$4\r\nbusy\r\n$1\r\n1\r\n");
	redis_value(client, strtol(client->job, NULL, 16));
}

/* beanstalkd. */

static bool
beanstalkd_answer(const char *in, size_t len, struct answer *answer)
{
	const char *end = memchr(in, '\n', len);
	long id, size;

	if (end == NULL)
		return false;
	answer->len = (size_t)(end - in) + 1;
	answer->is_job = sscanf(in, "RESERVED %ld %ld", &id, &size) == 2;
	if (answer->is_job) {
		answer->len += (size_t)size + 2;
		snprintf(answer->job, ID_MAX, "%ld", id);
	} else if (strncmp(in, "INSERTED", 8) != 0 && strncmp(in, "DELETED", 7) != 0 &&
		   strncmp(in, "TIMED_OUT", 9) != 0)
		errx(1, "refused: %.*s", (int)answer->len, in);
	return answer->len <= len;
}

static void
beanstalkd_put(struct client *client, long id)
{
	char text[200];
	int len = snprintf(text, sizeof(text), PAYLOAD, id);

	add(client, "put 10 0 60 %d\r\n%s\r\n", len, text);
}

static void
beanstalkd_take(struct client *client)
{
	add(client, "reserve-with-timeout 2\r\n");
}

static void
beanstalkd_end(struct client *client)
{
	add(client, "delete %s\r\n", client->job);
}

static const struct kind kinds[] = {
	{"jobd",        jobd_hello, jobd_put,       jobd_bulk,  jobd_take,       jobd_end,       jobd_answer },
	{ "redis",      NULL,       redis_put,      redis_bulk, redis_take,      redis_end,      redis_answer},
	{ "beanstalkd", NULL,       beanstalkd_put, NULL,       beanstalkd_take, beanstalkd_end,
         beanstalkd_answer										   },
};

/* The clients. */

static int
connect_to(const char *address)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in net = { .sin_family = AF_INET };
	const char *colon = strrchr(address, ':');
	const int on = 1;
	char host[64];
	int fd;

	if (colon == NULL) {
		snprintf(local.sun_path, sizeof(local.sun_path), "%s", address);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&local, sizeof(local)) == -1)
			err(1, "%s", address);
		return fd;
	}
	snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	net.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
	inet_pton(AF_INET, host, &net.sin_addr);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&net, sizeof(net)) == -1)
		err(1, "%s", address);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Reads once; calls fn for each whole reply. */
static void
receive(struct client *client, void (*fn)(struct client *, const struct answer *))
{
	ssize_t len = read(client->fd, client->in + client->in_len, IN_SIZE - client->in_len);
	struct answer answer;
	size_t done = 0;

	if (len <= 0)
		errx(1, "the server closed the connection");
	client->in_len += (size_t)len;
	while (done < client->in_len &&
	       kind->answer(client->in + done, client->in_len - done, &answer)) {
		done += answer.len;
		client->expected--;
		if (fn != NULL)
			fn(client, &answer);
	}
	memmove(client->in, client->in + done, client->in_len - done);
	client->in_len -= done;
}

static void
client_new(struct client *client, const char *address)
{
	client->fd = connect_to(address);
	client->out = malloc(OUT_SIZE);
	if (client->out == NULL)
		err(1, "malloc");
	if (kind->hello == NULL)
		return;
	kind->hello(client);
	flush(client);
	while (client->expected > 0)
		receive(client, NULL);
}

/* The loads.  `left` is what is still to be sent, `open` what is still to be answered. */

static long left, open_jobs, batch, next_id;
static bool chained;

static void
send_puts(struct client *client)
{
	long count = left < batch ? left : batch;

	if (count == 0)
		return;
	if (kind->bulk != NULL && chained)
		kind->bulk(client, next_id, count);
	else
		for (long i = 0; i < count; i++)
			kind->put(client, next_id + i);
	client->expected = kind->bulk != NULL && chained ? 1 : count;
	next_id += count;
	left -= count;
	flush(client);
}

static void
on_put(struct client *client, const struct answer *answer)
{
	(void)answer;
	if (client->expected > 0)
		return;
	open_jobs -= batch;
	send_puts(client);
}

static void
on_work(struct client *client, const struct answer *answer)
{
	if (!answer->is_job) { /* of an end, or there was nothing */
		if (client->job[0] != '\0') {
			client->job[0] = '\0';
			open_jobs--;
		}
		if (chained && client->expected > 0)
			return;
		kind->take(client);
		client->expected = 1;
		flush(client);
		return;
	}
	memcpy(client->job, answer->job, ID_MAX);
	kind->end(client);
	client->expected = 1;
	if (chained) {
		kind->take(client);
		client->expected = 2;
	}
	flush(client);
}

/* Until nothing is open; the jobs per second. */
static double
drive(long count, long total, void (*fn)(struct client *, const struct answer *))
{
	struct epoll_event events[CLIENTS_MOST];
	int epoll = epoll_create1(0);
	int64_t begin = now_us();

	for (long i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };

		epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
		if (fn == on_put)
			send_puts(&clients[i]);
		else {
			kind->take(&clients[i]);
			clients[i].expected = 1;
			flush(&clients[i]);
		}
	}
	while (open_jobs > 0) {
		int ready = epoll_wait(epoll, events, CLIENTS_MOST, 10000);

		if (ready <= 0)
			errx(1, "no answer for 10 s; %ld are open", open_jobs);
		for (int i = 0; i < ready && open_jobs > 0; i++)
			receive(events[i].data.ptr, fn);
	}
	return (double)total * 1e6 / (double)(now_us() - begin);
}

static int
compare(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

static bool has_job;

static void
on_pickup(struct client *client, const struct answer *answer)
{
	if (answer->is_job) {
		memcpy(client->job, answer->job, ID_MAX);
		has_job = true;
	}
}

static void
wait_reply(struct client *client)
{
	while (client->expected > 0)
		receive(client, on_pickup);
}

static void
pickup(long count)
{
	struct client *worker = &clients[0], *producer = &clients[1];
	int64_t *took = calloc((size_t)count, sizeof(*took)), begin;

	for (long i = 0; i < count; i++) {
		kind->take(worker);
		worker->expected = 1;
		flush(worker);
		usleep(PICKUP_US);
		kind->put(producer, next_id++);
		producer->expected = 1;
		has_job = false;
		begin = now_us();
		flush(producer);
		wait_reply(worker);
		took[i] = now_us() - begin;
		if (!has_job)
			errx(1, "no job came");
		wait_reply(producer);
		kind->end(worker);
		worker->expected = 1;
		flush(worker);
		wait_reply(worker);
	}
	qsort(took, (size_t)count, sizeof(*took), compare);
	printf("%ld %ld\n", (long)took[count / 2], (long)took[count * 99 / 100]);
	free(took);
}

int
main(int argc, char **argv)
{
	long count, total;
	const char *what;

	if (argc < 6)
		errx(1, "usage: queue_client KIND ADDRESS WHAT CLIENTS COUNT [BATCH]");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kind = &kinds[i];
	if (kind == NULL)
		errx(1, "no such kind: %s", argv[1]);
	what = argv[3];
	count = strtol(argv[4], NULL, 10);
	total = strtol(argv[5], NULL, 10);
	batch = argc > 6 ? strtol(argv[6], NULL, 10) : 1;
	if (strcmp(what, "pickup") == 0)
		count = 2;
	if (count < 1 || count > CLIENTS_MOST || total < 1 || batch < 1)
		errx(1, "CLIENTS, COUNT or BATCH is wrong");
	total -= total % batch;
	left = open_jobs = total;
	run = (long)(now_us() / 1000) & 0xffffffffL;
	clients = calloc((size_t)count, sizeof(*clients));
	for (long i = 0; i < count; i++)
		client_new(&clients[i], argv[2]);
	chained = strcmp(what, "bulk") == 0 || strcmp(what, "chain") == 0;
	if (strcmp(what, "pickup") == 0)
		pickup(total);
	else if (strcmp(what, "drain") == 0 || strcmp(what, "chain") == 0)
		printf("%.0f\n", drive(count, total, on_work));
	else if (strcmp(what, "push") == 0 || strcmp(what, "pipeline") == 0 ||
		 strcmp(what, "bulk") == 0)
		printf("%.0f\n", drive(count, total, on_put));
	else
		errx(1, "no such load: %s", what);
	return 0;
}
