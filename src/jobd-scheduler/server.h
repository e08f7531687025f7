/*
 * The queue socket: accepts clients, finds the verb of each request in a table, and hands jobs to
 * those who wait for them.  Never touches the store but through the queue and the calendar.
 */
#ifndef SCHEDULER_SERVER_H
#define SCHEDULER_SERVER_H

#include "breaker.h"
#include "fields.h"
#include "hold.h"
#include "listener.h"
#include "outbox_states.h"
#include "peer.h"
#include "proto/request.h"
#include "scheduler.h"
#include "task.h"

/* Connections in all, unless the configuration says otherwise; Faktory's clients keep pools. */
#define SERVER_CLIENTS_MAX 2000
/* Bytes of requests, and of replies, that all clients together may hold; short lines always fit. */
#define SERVER_INPUT_MAX  ((size_t)192 * 1024 * 1024)
#define SERVER_OUTPUT_MAX ((size_t)512 * 1024 * 1024)
/* A client that says no HELLO is dropped after this time, and its lines are short. */
#define SERVER_HELLO_MS       INT64_C(2000)
#define SERVER_HELLO_LINE_MAX 65536
/* A line that was begun and does not go on for so long is refused. */
#define SERVER_LINE_MS INT64_C(30000)
/* How long FETCH waits. */
#define SERVER_FETCH_MS     INT64_C(2000)
#define SERVER_PASSWORD_MAX 256

TAILQ_HEAD(peer_list, peer);

/* A worker that left, and whose jobs are to be given to others. */
struct leaver {
	TAILQ_ENTRY(leaver) entry;
	char wid[WORKER_WID_MAX + 1];
};
TAILQ_HEAD(leaver_list, leaver);

struct server {
	struct scheduler *scheduler;
	struct peer_list clients, turn, waiting;
	struct peer_list unsynced; /* their answers wait for a sync */
	struct task_list tasks;
	struct breakers breakers;
	struct outbox_states outboxes;
	struct leaver_list leavers;
	struct hold hold; /* answers that wait for their time */
	struct workers workers;
	struct event
	    *silence_event; /* looks for workers that are silent; only while there are some */
	struct listener_list listeners;
	struct tls *tls;                        /* NULL: no certificate that can be used */
	char password[SERVER_PASSWORD_MAX + 1]; /* "": none */
	bool locked;   /* the password can't be read: nobody comes in over TCP */
	bool draining; /* requests are refused: it is about to end */
	size_t client_count;
	size_t input_bytes, output_bytes; /* held by all clients */
	uint64_t command_count;
};

typedef void (*verb_fn)(struct peer *, struct request *);

/* NULL with errno. */
struct server *server_new(struct scheduler *, const struct listen_socket *, size_t count);
void server_free(struct server *);

/* Takes the password, the certificate and the limits of the scheduler's configuration. */
void server_configure(struct server *);
size_t server_clients_max(const struct server *);

/* A whole line, NUL-ended, without its end. */
void server_line(struct peer *, char *line, size_t len);
/* The client has something to be told at the end of this turn. */
void server_touch(struct peer *);

/* Takes turns in which nobody is let in and requests are refused, as long as a client is in the
 * middle of one or has not got all of its answer; at most a second. */
void server_drain(struct server *);

/* Looks from now on whether workers are still there. */
void server_watch_workers(struct server *);

/* The worker's last connection closes: its jobs are released in the next turn if it asked for that.
 */
void server_worker_leaves(struct server *, const struct worker *);
enum store_result server_release(struct server *);

/* The client waits from now on. */
void server_wait(struct peer *, enum wait);
void server_wait_end(struct peer *);
/* Hands out what is ready, as a part of the turn. */
enum store_result server_dispatch(struct server *);
/* The end of a turn; error is NULL if it was committed. */
void server_turn_end(struct server *, const char *error);
/* What was committed is on disk; or it failed, and nobody knows: they are told nothing. */
void server_synced(struct server *, bool success);
/* A running job is to be ended: tells its worker. */
void server_order(struct server *, const struct job *);

/* Tells those who follow what happened; called when the turn's events stand. */
void server_tell_events(struct server *);

/* What handlers share, in verbs.c. */

/* False: the client may not, and was told so. */
bool verb_may(struct peer *, enum right);
/* For a verb that sometimes changes something.  False: it can't now, and was told so. */
bool verb_writes(struct peer *);
/* False: there are too many names, and it was told so; or the store failed. */
bool verb_queue_fits(struct peer *, const char *queue);
/* The members of the request's object, of which only `known` are allowed; NULL: an error was
 * replied. */
struct fields *verb_object(struct peer *, const struct request *, const char *const *known);
/* The one argument of the verb; NULL: an error was replied. */
const char *verb_one_jid(struct peer *, const struct request *);
/* Replies; `refused` says why a QUEUE_REFUSED is one. */
void verb_answer(struct peer *, const char *jid, enum queue_answer, const char *refused);
/* For a verb with a second word: a table, ended by a NULL word; `args` counts that word too. */
struct verb_word {
	const char *word;
	size_t args;
	verb_fn fn;
};
void verb_by_word(struct peer *, struct request *, const struct verb_word *);
/* What JOBS, COUNT and BULK choose by; false: an error was replied.  Borrows from the fields. */
bool verb_filter(struct peer *, const struct fields *, struct job_filter *);
/* The members that verb_filter() reads. */
#define VERB_FILTER                                                                                \
	"state", "type", "queue", "tag", "parent", "bid", "worker", "since", "until", "order",     \
	    "limit", "after"
/* The jobs of the filter in the order of `sort`, from `offset` on. */
void jobs_sorted(struct peer *, const struct fields *, const struct job_filter *);
/* QUEUE REMOVE and CLEAR. */
void queues_clear(struct peer *, struct request *);
/* SCHEDULES of the schedules that users made: a page, or one by its name (STORE_NONE: nothing was
 * replied). */
void schedules_page(struct peer *, const struct request *);
enum store_result schedules_one(struct peer *, const char *name);
/* A job with its attempts, as JOB and WAIT reply it.  False if the store failed. */
bool reply_job(struct peer *, const char *jid);

/* The record of a change, in verbs_audit.c. */

/* False for the words of a verb that only look. */
bool audit_is_change(const struct request *);
/* Who asks for what; the line must be as it came. */
void audit_describe(const struct peer *, const struct request *, struct audit_record *);
/* Notes it with what was replied since the mark of peer_list_begin(). */
void audit_result(struct peer *, size_t mark, struct audit_record *);

/* Handlers, by file. */
void verb_hello(struct peer *, struct request *);
void verb_end(struct peer *, struct request *);

void verb_push(struct peer *, struct request *);
void verb_pushb(struct peer *, struct request *);

void verb_fetch(struct peer *, struct request *);
void verb_take(struct peer *, struct request *);
void verb_ack(struct peer *, struct request *);
void verb_fail(struct peer *, struct request *);
void verb_return(struct peer *, struct request *);

void verb_beat(struct peer *, struct request *);
void verb_workers(struct peer *, struct request *);
void verb_worker(struct peer *, struct request *);

void verb_track(struct peer *, struct request *);
void verb_batch(struct peer *, struct request *);

void verb_run(struct peer *, struct request *);
void verb_job(struct peer *, struct request *);
void verb_wait(struct peer *, struct request *);
void verb_cancel(struct peer *, struct request *);
void verb_kill(struct peer *, struct request *);
void verb_retry(struct peer *, struct request *);
void verb_delete(struct peer *, struct request *);
void verb_change(struct peer *, struct request *);
void verb_why(struct peer *, struct request *);

void verb_jobs(struct peer *, struct request *);
void verb_count(struct peer *, struct request *);
void verb_bulk(struct peer *, struct request *);
void verb_mutate(struct peer *, struct request *);
void verb_flush(struct peer *, struct request *);

void verb_queue(struct peer *, struct request *);
void verb_queues(struct peer *, struct request *);
void verb_limit(struct peer *, struct request *);

void verb_info(struct peer *, struct request *);
void verb_stats(struct peer *, struct request *);
void verb_groups(struct peer *, struct request *);
void verb_events(struct peer *, struct request *);
void verb_breaker(struct peer *, struct request *);
void verb_breakers(struct peer *, struct request *);
void verb_outbox(struct peer *, struct request *);
void verb_outboxes(struct peer *, struct request *);
void verb_alerts(struct peer *, struct request *);
void verb_metrics(struct peer *, struct request *);
void verb_db(struct peer *, struct request *);
void verb_as(struct peer *, struct request *);
void verb_audit(struct peer *, struct request *);
void verb_audits(struct peer *, struct request *);

void verb_schedules(struct peer *, struct request *);
void verb_schedule(struct peer *, struct request *);
void verb_pause(struct peer *, struct request *);
void verb_resume(struct peer *, struct request *);
void verb_ticks(struct peer *, struct request *);
void verb_next(struct peer *, struct request *);
void verb_history(struct peer *, struct request *);

#endif
