/*
 * The check of one process of a program: tries it now and then, one try at a time, and says what
 * came of it.  Never speaks to jobd.
 */
#ifndef RUNNER_PROBE_H
#define RUNNER_PROBE_H

#include <sys/socket.h>
#include <sys/types.h>

#include <stdbool.h>

#include <event2/event.h>

#include "conf/conf.h"
#include "net.h"
#include "probe_rule.h"

#define PROBE_TEXT_MAX 200
/* What is looked through of the body of an answer. */
#define PROBE_BODY_MAX ((size_t)64 * 1024)

struct probe;

/* What all probes have in common. */
struct probes {
	struct event_base *base;
	struct net *net;
	char *const *environment; /* of all programs */
	unsigned long long tries; /* makes tags unique */
};

/* Called after each try that is worth it; the text says why it is not passing. */
typedef void probe_outcome(void *arg, enum probe_action, const char *text);

/* One way to try it. */
struct probe_kind {
	/* Begins a try; probe_finish() ends it, perhaps at once. */
	void (*start)(struct probe *);
	/* Ends what was begun; it may have come to its end. */
	void (*stop)(struct probe *);
};
extern const struct probe_kind probe_tcp_kind, probe_command_kind, probe_plain_kind,
    probe_http_kind;
/* Is this a URL for probe_plain_kind?  All others are for libcurl. */
bool probe_is_plain(const char *url);

struct probe {
	struct probes *probes;
	const struct probe_kind *kind;
	const struct conf_program *program; /* as long as the configuration */
	const char *name;                   /* with the instance's number */
	int instance;
	struct probe_rule rule;
	struct probe_state state;
	struct monotime started; /* the program */
	bool starting;           /* it is not ready yet */
	char text[PROBE_TEXT_MAX];
	bool has_text; /* it is that of a try */
	bool trying;
	struct event *timer, *limit;
	probe_outcome *outcome;
	void *arg;

	/* Of the try that is under way, by its kind. */
	int fd;
	struct event *ready;
	pid_t pid;
	int report_fd;
	char tag[80];
	char output[PROBE_TEXT_MAX];
	size_t output_len;
	bool ended;
	int wait_status;
	struct net_question *question;
	char *answer;
	size_t answer_len;
};

/* NULL without memory.  Tries it at once. */
struct probe *probe_new(struct probes *, const struct conf_program *, const char *name,
    int instance, struct monotime started, bool starting, probe_outcome *, void *arg);
void probe_free(struct probe *);
/* The same check of a new configuration. */
void probe_set_program(struct probe *, const struct conf_program *);

/* For tcp and plain: connects without waiting; `connected` is called when it is decided, unless the
 * try is over by then. */
void probe_dial(
    struct probe *, const struct sockaddr_storage *, socklen_t len, event_callback_fn connected);
/* `ready` is from now on an event of the probe's descriptor; 0, or -1 without memory. */
int probe_await(struct probe *, short event, event_callback_fn);
/* Ends both. */
void probe_hang_up(struct probe *);

/* For the kinds: the try is over.  The text says why it was no success. */
void probe_finish(struct probe *, bool good, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* It could not be tried, for a reason of ours: that says nothing about the program. */
void probe_cannot(struct probe *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same by the status of an answer, and by whether its body is as it should be. */
void probe_judge_http(struct probe *, long status, bool has_body);
/* A child of the runner has ended; false if it is not the probe's. */
bool probe_command_ended(struct probe *, pid_t, int wait_status);

#endif
