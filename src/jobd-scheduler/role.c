#include <stdio.h>
#include <string.h>

#include "role.h"
#include "scope.h"
#include "server.h"

#define QUOTE "%.200s"

static bool may_touch(struct peer *, const char *type);
static bool may_touch_job(struct peer *, const struct request *);
static bool may_touch_schedule(struct peer *, const struct request *);
static bool may_touch_all(struct peer *);

bool
role_is_operator(const struct peer *peer)
{
	return peer->caller != NULL && peer->caller->is_operator;
}

static bool
is_for_admins(const struct conf_job *type)
{
	return type != NULL && type->role == CONF_JOB_ROLE_ADMIN;
}

bool
role_is_for_admins(const struct queue *queue, const struct job *job)
{
	return is_for_admins(queue_type(queue, job));
}

bool
role_may(const struct peer *peer, const char *type, char *why, size_t size)
{
	if (!role_is_operator(peer) ||
	    !is_for_admins(conf_find_job(peer->server->scheduler->conf, type)))
		return true;
	snprintf(why, size, "jobs of type '" QUOTE "' are for admins only", type);
	return false;
}

static bool
may_touch(struct peer *peer, const char *type)
{
	char why[QUEUE_WHY_MAX];

	if (role_may(peer, type, why, sizeof(why)))
		return true;
	peer_error(peer, "DENIED", "%s", why);
	return false;
}

/* What is not there is for the verb to say. */
static bool
may_touch_job(struct peer *peer, const struct request *request)
{
	static const char *const members[] = { "jid", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	char jid[JOB_JID_MAX + 1];
	enum store_result result;
	struct job job;
	bool may;

	request_find_name(request, 0, members, jid, sizeof(jid));
	result = scheduler->store->ops->job_get_brief(scheduler->store, jid, &job);
	if (result != STORE_OK)
		return !scheduler_failed(scheduler, result);
	may = may_touch(peer, job.type);
	job_clear(&job);
	return may;
}

/* A user's schedule is of the type that it makes jobs of. */
static bool
may_touch_schedule(struct peer *peer, const struct request *request)
{
	static const char *const members[] = { "name", "job", NULL };
	struct scheduler *scheduler = peer->server->scheduler;
	char name[JOB_NAME_MAX + 1];
	struct routine routine;
	enum store_result result;
	bool may;

	request_find_name(
	    request, strcmp(request->verb, "SCHEDULE") == 0, members, name, sizeof(name));
	if (conf_find_job(scheduler->conf, name) != NULL)
		return may_touch(peer, name);
	result = scheduler->store->ops->routine_get(scheduler->store, name, &routine);
	if (result != STORE_OK)
		return !scheduler_failed(scheduler, result);
	may = may_touch(peer, routine.job);
	routine_clear(&routine);
	return may;
}

static bool
may_touch_all(struct peer *peer)
{
	const struct conf *conf = peer->server->scheduler->conf;

	for (size_t i = 0; i < conf->job_count; i++)
		if (!may_touch(peer, conf->jobs[i].name))
			return false;
	return true;
}

bool
role_allows(struct peer *peer, enum touch touch, const struct request *request)
{
	if (!role_is_operator(peer))
		return true;
	switch (touch) {
	case TOUCH_JOB:
		return may_touch_job(peer, request);
	case TOUCH_SCHEDULE:
		return may_touch_schedule(peer, request);
	case TOUCH_ALL:
		return may_touch_all(peer);
	case TOUCH_NOTHING:
	case TOUCH_MANY:
		break;
	}
	return true;
}
