/*
 * One attempt of a job that asks a server: a URL (call_http.c) or a mail server (call_mail.c). URLs
 * go through the libcurl multi handle of struct calls, mails through threads (transfers.c).
 * None forks, or blocks the loop but for the files that it reads.  Never speaks to the scheduler.
 */
#ifndef RUNNER_CALL_H
#define RUNNER_CALL_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "breaker.h"
#include "calls.h"
#include "capture.h"
#include "codes.h"
#include "conf/conf.h"
#include "job.h"
#include "net.h"
#include "result.h"
#include "template.h"
#include "transfers.h"

struct call;

/* What URLs and mails do not have in common. */
struct call_kind {
	/* Says in the result how it ended, and whether the target works.  The text has room for
	 * CALL_TEXT_MAX bytes. */
	void (*settle)(struct call *, CURLcode, struct result *, char *text);
	/* Frees what it has beside a struct call, and the whole. */
	void (*free)(struct call *);
};

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

/* 0, or -1 with the refusal.  Both look into the configuration only until they return. */
int call_http_start(
    struct calls *, const struct job *, const struct conf_job *, struct call_refusal *);
int call_mail_start(struct calls *, const struct job *, const struct conf *,
    const struct conf_job *, struct call_refusal *);
/* Ends it for this reason, at once or within a second or so. */
void call_end(struct call *, enum result_reason);
/* It is over: takes it out of the list, tells how it ended, and frees it. */
void call_finish(struct call *, CURLcode);

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

#endif
