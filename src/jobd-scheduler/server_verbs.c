/* What is asked: the table of verbs, and who may use them. */
#include <stdlib.h>
#include <string.h>

#include "proto/verbs.h"
#include "role.h"
#include "scope.h"
#include "server.h"

/* What a verb needs of the store. */
enum need {
	NEED_NOTHING,
	NEED_READ,
	NEED_WRITE,
};

/* Whether it is put on record. */
enum record {
	RECORD_NEVER,
	RECORD_NAMED, /* if somebody was named with AS: of workers and their like it would be too
			 much */
	RECORD_ALWAYS,
};

/* clang-format off */
static const struct verb {
	const char *name;
	verb_fn fn;
	enum right right;
	enum need need;
	enum record record;
	enum scope scope;
	enum touch touch;
} verbs[] = {
	{ VERB_HELLO,		verb_hello,	RIGHT_LOOK,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_OPEN,	TOUCH_NOTHING },
	{ VERB_END,		verb_end,	RIGHT_LOOK,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_OPEN,	TOUCH_NOTHING },
	/* Before every request that jobd-web makes for somebody, so near where the search begins */
	{ VERB_AS,		verb_as,	RIGHT_LOOK,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_OPEN,	TOUCH_NOTHING },
	/* Faktory's */
	{ VERB_PUSH,		verb_push,	RIGHT_ACT,	NEED_WRITE,	RECORD_NAMED,	SCOPE_SELF,	TOUCH_NOTHING },
	{ VERB_PUSHB,		verb_pushb,	RIGHT_ACT,	NEED_WRITE,	RECORD_NAMED,	SCOPE_SELF,	TOUCH_NOTHING },
	{ VERB_FETCH,		verb_fetch,	RIGHT_ACT,	NEED_WRITE,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_ACK,		verb_ack,	RIGHT_ACT,	NEED_WRITE,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_FAIL,		verb_fail,	RIGHT_ACT,	NEED_WRITE,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_BEAT,		verb_beat,	RIGHT_ACT,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_INFO,		verb_info,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_FLUSH,		verb_flush,	RIGHT_ALL,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_CLOSED,	TOUCH_ALL },
	{ VERB_QUEUE,		verb_queue,	RIGHT_LOOK,	NEED_READ,	RECORD_ALWAYS,	SCOPE_CLOSED,	TOUCH_MANY },
	{ VERB_MUTATE,		verb_mutate,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_CLOSED,	TOUCH_MANY },
	{ VERB_TRACK,		verb_track,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_BATCH,		verb_batch,	RIGHT_LOOK,	NEED_READ,	RECORD_NAMED,	SCOPE_BATCH,	TOUCH_NOTHING },
	/* Ours */
	{ VERB_TAKE,		verb_take,	RIGHT_ACT,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_RETURN,		verb_return,	RIGHT_ACT,	NEED_WRITE,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_RUN,		verb_run,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_SCHEDULE,	TOUCH_SCHEDULE },
	{ VERB_JOBS,		verb_jobs,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_SELF,	TOUCH_NOTHING },
	{ VERB_COUNT,		verb_count,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_SELF,	TOUCH_NOTHING },
	{ VERB_JOB,		verb_job,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_JOB,	TOUCH_NOTHING },
	{ VERB_WAIT,		verb_wait,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_JOB,	TOUCH_NOTHING },
	{ VERB_WHY,		verb_why,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_JOB,	TOUCH_NOTHING },
	{ VERB_CANCEL,		verb_cancel,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_JOB,	TOUCH_JOB },
	{ VERB_KILL,		verb_kill,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_JOB,	TOUCH_JOB },
	{ VERB_RETRY,		verb_retry,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_JOB,	TOUCH_JOB },
	{ VERB_CHANGE,		verb_change,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_JOB,	TOUCH_JOB },
	{ VERB_DELETE,		verb_delete,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_JOB,	TOUCH_JOB },
	{ VERB_BULK,		verb_bulk,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_SELF,	TOUCH_MANY },
	{ VERB_QUEUES,		verb_queues,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_LIMIT,		verb_limit,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_WORKERS,		verb_workers,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_WORKER,		verb_worker,	RIGHT_ACT,	NEED_NOTHING,	RECORD_ALWAYS,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_STATS,		verb_stats,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_GROUPS,		verb_groups,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_SELF,	TOUCH_NOTHING },
	{ VERB_EVENTS,		verb_events,	RIGHT_LOOK,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_SELF,	TOUCH_NOTHING },
	{ VERB_BREAKER,		verb_breaker,	RIGHT_ACT,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_BREAKERS,	verb_breakers,	RIGHT_LOOK,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_OUTBOX,		verb_outbox,	RIGHT_ACT,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_OUTBOXES,	verb_outboxes,	RIGHT_LOOK,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_ALERTS,		verb_alerts,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_METRICS,		verb_metrics,	RIGHT_LOOK,	NEED_NOTHING,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_SCHEDULES,	verb_schedules,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_SELF,	TOUCH_NOTHING },
	{ VERB_SCHEDULE,	verb_schedule,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_SCHEDULE,	TOUCH_SCHEDULE },
	{ VERB_PAUSE,		verb_pause,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_SCHEDULE,	TOUCH_SCHEDULE },
	{ VERB_RESUME,		verb_resume,	RIGHT_ACT,	NEED_WRITE,	RECORD_ALWAYS,	SCOPE_SCHEDULE,	TOUCH_SCHEDULE },
	{ VERB_TICKS,		verb_ticks,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_SCHEDULE,	TOUCH_NOTHING },
	{ VERB_NEXT,		verb_next,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_SCHEDULE,	TOUCH_NOTHING },
	{ VERB_HISTORY,		verb_history,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_AUDIT,		verb_audit,	RIGHT_ACT,	NEED_WRITE,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_AUDITS,		verb_audits,	RIGHT_LOOK,	NEED_READ,	RECORD_NEVER,	SCOPE_CLOSED,	TOUCH_NOTHING },
	{ VERB_DB,		verb_db,	RIGHT_OWN,	NEED_READ,	RECORD_ALWAYS,	SCOPE_CLOSED,	TOUCH_NOTHING },
};
/* clang-format on */

static const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].name[0] == name[0] && strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* What keeps everybody from this verb now, or NULL. */
static const char *
refusal(const struct scheduler *scheduler, const struct verb *verb)
{
	if ((verb->need == NEED_WRITE && !scheduler_may_write(scheduler)) ||
	    (verb->need == NEED_READ && !scheduler_may_read(scheduler)))
		return scheduler->trouble;
	return NULL;
}

/* Clients of Faktory's take only ERR for a failure. */
static const char *
trouble_code(const struct peer *peer)
{
	return peer->wants_codes ? "STORE" : "ERR";
}

bool
verb_writes(struct peer *peer)
{
	const struct scheduler *scheduler = peer->server->scheduler;

	if (!verb_may(peer, RIGHT_ACT))
		return false;
	if (!scheduler_may_write(scheduler))
		peer_error(peer, trouble_code(peer), "%s", scheduler->trouble);
	return scheduler_may_write(scheduler);
}

/* AS is for one request, whatever becomes of that. */
static void
use_caller(struct peer *peer)
{
	if (peer->caller_used)
		peer->caller = NULL;
	peer->caller_used = true;
}

static bool
is_recorded(const struct peer *peer, const struct verb *verb, const struct request *request)
{
	return (verb->record == RECORD_ALWAYS ||
		   (verb->record == RECORD_NAMED && peer->caller != NULL)) &&
	       scheduler_may_write(peer->server->scheduler) && audit_is_change(request);
}

static void
do_verb(struct peer *peer, const struct verb *verb, struct request *request)
{
	size_t mark = peer_list_begin(peer);
	struct audit_record record;
	bool recorded;

	if (verb->need != NEED_NOTHING)
		scheduler_work(peer->server->scheduler);
	recorded = is_recorded(peer, verb, request);
	if (recorded) {
		scheduler_work(peer->server->scheduler);
		audit_describe(peer, request, &record);
	}
	if (scope_allows(peer, verb->scope, request) && role_allows(peer, verb->touch, request))
		verb->fn(peer, request);
	if (recorded)
		audit_result(peer, mark, &record);
}

static void
dispatch_line(struct peer *peer, char *line)
{
	struct request request;
	const struct verb *verb;
	const char *errstr;

	if (request_parse(line, &request, &errstr) == -1)
		peer_error(peer, "ERR", "%s", errstr);
	else if ((verb = verb_find(request.verb)) == NULL)
		peer_error(peer, "ERR", "unknown command %.64s", request.verb);
	else if (!verb_may(peer, verb->right))
		return;
	else if ((errstr = refusal(peer->server->scheduler, verb)) != NULL)
		peer_error(peer, trouble_code(peer), "%s", errstr);
	else
		do_verb(peer, verb, &request);
}

/* We are about to end.  Whoever has not come in yet finds us gone, and comes to our successor. */
static void
refuse_late(struct peer *peer)
{
	if (peer->greeted) {
		peer_error(peer, "ERR", "shutdown in progress");
		return;
	}
	peer->requests--; /* it has no reply */
	peer_close(peer);
}

void
server_line(struct peer *peer, char *line, size_t len)
{
	struct server *server = peer->server;

	/* A TAKE that waited ends here.  Its reply does not depend on this turn, and must come
	 * first. */
	if (peer->wait == WAIT_TAKE) {
		if (!peer->wait_fresh)
			peer_nil_now(peer);
		else
			peer_nil(peer);
		server_wait_end(peer);
	}
	server_touch(peer);
	use_caller(peer);
	peer->requests++;
	server->command_count++;
	/* The turn is lost: it gets the same error as the others.  But what comes behind AS may be
	 * in the next one, and must not be taken for a request of nobody in particular. */
	if (server->scheduler->failed && strncmp(line, VERB_AS " ", 3) != 0)
		return;
	if (server->draining && strcmp(line, VERB_END) != 0)
		refuse_late(peer);
	else if (memchr(line, '\0', len) != NULL)
		peer_error(peer, "ERR", "the request has bytes that are not printable");
	else if (!peer->greeted && strncmp(line, VERB_HELLO " {", 7) != 0) {
		peer_error(peer, "ERR", "say HELLO {...} first");
		peer_close(peer);
	} else
		dispatch_line(peer, line);
}
