/*
 * One attempt of a job that asks a server: a URL (call_http.c) or a mail server (call_mail.c). URLs
 * go through one libcurl multi handle on our loop (call.c), mails through threads (transfers.c).
 * None forks, or blocks the loop but for the files that it reads.  Never speaks to the scheduler.
 */
#ifndef RUNNER_CALL_H
#define RUNNER_CALL_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "base/clock.h"
#include "breakers.h"
#include "capture.h"
#include "codes.h"
#include "conf/conf.h"
#include "job.h"
#include "result.h"
#include "template.h"
#include "transfers.h"

/* Easy handles that wait for the next call. */
#define CALLS_SPARE_MAX 64

struct call;

/* What URLs and mails do not have in common. */
struct call_kind {
	/* Says in the result how it ended, and whether the target works.  The text has room for
	 * CALL_TEXT_MAX bytes. */
	void (*settle)(struct call *, CURLcode, struct result *, char *text);
	/* Frees what it has beside a struct call, and the whole. */
	void (*free)(struct call *);
};
#define CALL_TEXT_MAX 700

/* The beginning of each call; its kind adds members. */
struct call {
	TAILQ_ENTRY(call) entry;
	const struct call_kind *kind;
	struct calls *calls;
	char *jid, *name;
	char *target; /* "https://host:443" */
	struct breaker_rule rule;
	enum breaker_outcome outcome;
	struct codes no_retry;
	struct monotime started;
	int64_t limit_ms;
	struct capture capture;
	CURL *easy;
	bool threaded; /* it is a thread's until `transfer` is done */
	struct transfer transfer;
	bool forced; /* we end it, for `why` */
	enum result_reason why;
	struct curl_slist *headers;
	char *value; /* for the result; NULL if there is none */
	char error[CURL_ERROR_SIZE];
};

TAILQ_HEAD(call_list, call);

struct calls {
	struct call_list list;
	size_t count;
	struct event_base *base;
	CURLM *multi; /* NULL until the first call */
	struct event *timer;
	struct transfers *transfers;
	CURL *spare[CALLS_SPARE_MAX];
	size_t spare_count;
	bool failed; /* libcurl does not work at all */
	struct breakers breakers;
	/* The call is gone; it is freed afterwards. */
	void (*finished)(void *arg, const struct result *);
	/* All that have finished in this turn of the loop were told. */
	void (*settled)(void *arg);
	void *arg;
};

/* Why a job was not started.  With `returned` it is to be given back for delay_ms. */
struct call_refusal {
	bool returned;
	int64_t delay_ms;
	enum result_reason reason;
	bool no_retry;
	char text[CALL_TEXT_MAX];
};

/* 0, or -1 with the refusal.  Both look into the configuration only until they return. */
int call_http_start(
    struct calls *, const struct job *, const struct conf_job *, struct call_refusal *);
int call_mail_start(struct calls *, const struct job *, const struct conf *,
    const struct conf_job *, struct call_refusal *);
/* What PROTO_MAIL_TEST does. */
const struct conf_job *call_mail_test(void);
bool call_is_http(const struct conf_job *);
bool call_is_mail(const struct conf_job *);

/* For the kinds: */

/* Fills what all have; 0, or -1 without memory.  The call is freed by call_free() in any case. */
int call_init(struct call *, struct calls *, const struct job *, const struct conf_job *);
/* Takes the target of the URL, and asks its breaker; 0, or -1 with the refusal. */
int call_admit(struct call *, const char *url, struct call_refusal *);
/* Everything is set: off it goes.  0, or -1 with the refusal. */
int call_begin(struct call *, struct call_refusal *);
/* -1, with a text for people. */
int call_refuse(struct call_refusal *, enum result_reason, bool no_retry, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A template; NULL with the refusal. */
char *call_render(enum template_kind, const char *name, const char *text, const struct job *,
    size_t *len, struct call_refusal *);
/* What a transfer without an answer means: a time-out, the network, a URL that is none. */
void call_settle_failure(struct call *, CURLcode, struct result *, char *text);
void call_free(struct call *);

struct call *calls_find(struct calls *, const char *jid);
/* Ends it for this reason, at once or within a second or so. */
void call_end(struct call *, enum result_reason);
/* Slow are those that may need a second for it. */
void calls_end_all(struct calls *, enum result_reason, bool only_slow);
/* False: threads are still at work, and what they use was not freed. */
bool calls_clear(struct calls *);

#endif
