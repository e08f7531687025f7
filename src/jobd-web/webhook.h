/*
 * The webhooks of the configuration: their paths, their secrets, and what became of what came in.
 * They are read once: another configuration makes another process.
 */
#ifndef WEB_WEBHOOK_H
#define WEB_WEBHOOK_H

#include "base/clock.h"
#include "conf/conf.h"

#include "request.h"
#include "route.h"
#include "webhook_rate.h"
#include "webhook_signature.h"

/* What became of a request; the words are in webhook_result_word(). */
enum webhook_result {
	WEBHOOK_ACCEPTED,
	WEBHOOK_REPLAYED,  /* its id is known: 202, without another job */
	WEBHOOK_PING,      /* nothing to do */
	WEBHOOK_SIGNATURE, /* 401 */
	WEBHOOK_RATE,      /* 429 */
	WEBHOOK_TIME,      /* too old, or from the future */
	WEBHOOK_PAYLOAD,   /* too long, no JSON, without what it must have */
	WEBHOOK_REFUSED,   /* by the queue, or nobody there: 503 and others */
	WEBHOOK_RESULT_COUNT
};

struct webhook {
	const struct conf_webhook *conf;
	struct route take, health; /* of both paths */
	struct webhook_signature signature;
	const char *header;        /* the signature is there */
	const char *id;            /* a path or "$header:NAME"; "" without one */
	struct webhook_rate *rate; /* NULL without limit */

	int64_t counts[WEBHOOK_RESULT_COUNT];
	struct {
		struct walltime at; /* not set: nothing came yet */
		enum webhook_result result;
		unsigned int status;
		char from[64], jid[64];
	} last;
};

/*
 * Takes the webhooks out of the configuration and reads the files with secrets: only at the start,
 * while we may.  A file that can't be read is logged, and its webhook takes nothing.  0, or -1
 * without memory.
 */
int webhooks_configure(struct conf *);
/* As route_find(). */
unsigned int webhook_find(struct request *, char *allow, size_t size);
/* That of a request with one of its routes. */
struct webhook *webhook_of(const struct request *);
/* Whether there is a secret. */
bool webhook_is_ready(const struct webhook *);

/* Counts and logs. `jid` and `why` may be "". */
void webhook_note(struct webhook *, const struct request *, enum webhook_result, const char *jid,
    const char *why);

/* All of them, for lists and metrics. */
size_t webhook_count(void);
const struct webhook *webhook_nth(size_t);
struct walltime webhooks_since(void);
const char *webhook_result_word(enum webhook_result);

/* webhook_take.c: */
/* The head of a request is there.  False: it has been answered. */
bool webhook_begin(struct request *);
/* The response goes out: the one place where it is noted. */
void webhook_answered(const struct request *);

#endif
