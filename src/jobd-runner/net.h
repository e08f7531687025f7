/*
 * The jobs that ask a server, URLs and mail.  What does them is a module, jobd-runner-net.so,
 * opened for the first of them, or for the check of a program by https or a host name: libcurl and
 * what it brings need more memory than the rest of jobd, and most runners never see such a job.
 * net.c is the runner's side, calls.c the module's.
 */
#ifndef RUNNER_NET_H
#define RUNNER_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "breaker.h"
#include "conf/conf.h"
#include "job.h"
#include "result.h"

#define CALL_TEXT_MAX 700

/* Why a job was not started.  With `returned` it is to be given back for delay_ms. */
struct call_refusal {
	bool returned;
	int64_t delay_ms;
	enum result_reason reason;
	bool no_retry;
	char text[CALL_TEXT_MAX];
};

/* Who is told; `arg` comes first. */
struct net_owner {
	/* A job is over. */
	void (*finished)(void *arg, const struct result *);
	/* All that ended in this turn of the loop were told. */
	void (*settled)(void *arg);
	void (*breaker_changed)(void *arg, const char *target, const struct breaker *);
};

/* A question to a URL that is no job. */
struct net_ask {
	const char *url;
	const char *body; /* text that is looked for in the answer; "" = none */
	int64_t timeout_ms;
};
struct net_answer {
	long status;   /* 0: there was no answer, and the text says why */
	bool has_body; /* what was looked for is in the first 64K of it */
	const char *text;
};
typedef void net_answered(void *arg, const struct net_answer *);
struct net_question;

struct calls;

/* What the module offers, under the name NET_MODULE_SYMBOL. */
struct net_module {
	/* NULL without memory, or if libcurl does not work. */
	struct calls *(*open)(struct event_base *, const struct net_owner *, void *arg);
	/* False: threads are still at work, and what they use was not freed. */
	bool (*close)(struct calls *);
	/* 0, or -1 with the refusal.  Looks into the configuration only until it returns. */
	int (*start)(struct calls *, const struct job *, const struct conf *,
	    const struct conf_job *, struct call_refusal *);
	size_t (*count)(const struct calls *);
	void (*each)(const struct calls *, void (*each)(void *arg, const char *jid), void *arg);
	/* At once, or within a second or so.  False if there is no such job. */
	bool (*end)(struct calls *, const char *jid, enum result_reason);
	/* Slow are those that may need a second for it. */
	void (*end_all)(struct calls *, enum result_reason, bool only_slow);
	/* Tells the owner of each breaker that is not closed. */
	void (*tell_breakers)(const struct calls *);
	/* `answered` is called later, once, unless it is forgotten before; NULL without memory. */
	struct net_question *(*ask)(
	    struct calls *, const struct net_ask *, net_answered *, void *arg);
	void (*forget)(struct net_question *);
};
#define NET_MODULE_SYMBOL "net_module"
extern const struct net_module net_module __attribute__((visibility("default")));

struct net {
	struct event_base *base;
	const struct net_owner *owner;
	void *arg;
	const struct net_module *module; /* NULL until the first job */
	struct calls *calls;             /* with the module */
};

/* Is it a job for the module? */
bool net_does(const struct conf_job *);
/* Are there {{names}} in what is sent, so that the job's arguments are to be read? */
bool net_needs_values(const struct conf_job *);
/* What PROTO_MAIL_TEST does. */
const struct conf_job *net_mail_test(void);
/* The module's functions; without it there are no calls. */
int net_start(struct net *, const struct job *, const struct conf *, const struct conf_job *,
    struct call_refusal *);
size_t net_count(const struct net *);
bool net_has(const struct net *, const char *jid);
void net_each(const struct net *, void (*each)(void *arg, const char *jid), void *arg);
bool net_end(struct net *, const char *jid, enum result_reason);
void net_end_all(struct net *, enum result_reason, bool only_slow);
void net_tell_breakers(const struct net *);
/* NULL with a text if it can't be asked. */
struct net_question *net_ask(
    struct net *, const struct net_ask *, net_answered *, void *arg, char *text, size_t text_size);
void net_forget(struct net *, struct net_question *);
bool net_close(struct net *);

#endif
