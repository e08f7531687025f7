/*
 * How a job ended, in words and as the request that tells the scheduler.  Pure.
 */
#ifndef RUNNER_RESULT_H
#define RUNNER_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"

/* Why it ended.  Those from TIMEOUT on are our doing, whatever code the command then gave. */
enum result_reason {
	RESULT_EXIT,          /* the command ended by itself */
	RESULT_SIGNAL,        /* a signal that we did not send */
	RESULT_OUT_OF_MEMORY, /* the kernel killed it for want of memory, or we for its limit */
	RESULT_OUT_OF_CPU,    /* it used more CPU time than it may */
	RESULT_SPAWN_FAILED,  /* it never ran */
	RESULT_UNKNOWN_TYPE,  /* no job of that name is configured */
	RESULT_INVALID,       /* what the scheduler gave is no job */
	RESULT_HTTP,          /* an answer came: `code` is its status */
	RESULT_MAIL,          /* the mail server answered: `code` is its last reply */
	RESULT_NETWORK,       /* no whole answer came */
	RESULT_TEMPLATE,      /* a text of the job can't be made */
	RESULT_SKIPPED,       /* its only_if says that there is nothing to do */
	RESULT_CONDITION,     /* its only_if says neither that nor the contrary */
	RESULT_TIMEOUT,
	RESULT_CANCELLED,
	RESULT_REPLACED,
	RESULT_STOPPED, /* the runner stops */
};
#define RESULT_REASON_COUNT 17

struct result {
	const char *jid;
	const char *name; /* of the job's type, for messages; NULL if it has none */
	enum result_reason reason;
	bool ran;               /* wait_status means something */
	int wait_status;        /* of the command, as wait(2) gives it */
	bool expected;          /* with EXIT, HTTP and MAIL: this code means that the job is done */
	bool no_retry;          /* another attempt would end the same way */
	int64_t code;           /* of HTTP and MAIL */
	int64_t retry_after_ms; /* the next attempt is not sooner; 0 = whenever */
	int64_t limit_ms;       /* with TIMEOUT: which */
	int64_t duration_ms;
	size_t leftovers;  /* processes that the command left behind and that had to be ended */
	const char *text;  /* of those whose word alone says too little; NULL: there is no more */
	const char *value; /* JSON text in one line that becomes the job's result; or NULL */
	const struct capture *output; /* finished; NULL if there is none */
};

const char *result_reason_word(enum result_reason);
/* True if the job is done, false if the attempt has failed. */
bool result_is_success(const struct result *);
/* "exit code 3", "killed by SIGSEGV (core dumped)", "timed out after 10s"; returns buf. */
const char *result_message(const struct result *, char *buf, size_t size);
/* The reason of an order's word; words that we do not know mean CANCELLED. */
enum result_reason result_reason_of_order(const char *word);
/*
 * The request line, ACK or FAIL, with its line end, in an allocated buffer (caller frees).  Of an
 * output for which there is no memory, or that would be too long for the socket, less is told. NULL
 * without memory for any.
 */
char *result_request(const struct result *, size_t *len);

#endif
