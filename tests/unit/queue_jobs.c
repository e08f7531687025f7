#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "queue_jobs.h"

char refusal[QUEUE_WHY_MAX];

struct job
job_new(const char *jid)
{
	struct job job;

	job_init(&job);
	job.jid = jid;
	job.type = "Resize";
	job.queue = "default";
	job.args = "[]";
	job.retries = 2;
	job.reserve_ms = 60000;
	return job;
}

enum queue_answer
push(struct job job)
{
	enum queue_answer answer = queue_push(&queue, &job, refusal);

	job_clear(&job);
	return answer;
}

void
put(const char *jid)
{
	assert_int_equal(push(job_new(jid)), QUEUE_OK);
}

const char *
fetch_from(const char *const *queues, size_t count)
{
	static char jids[8][JOB_JID_MAX + 1];
	static unsigned turn;
	char *jid = jids[turn++ % 8];
	struct job job;

	if (queue_take(&queue, "w1", false, queues, count, &job) != STORE_OK)
		return "";
	snprintf(jid, sizeof(jids[0]), "%s", job.jid);
	job_clear(&job);
	return jid;
}

const char *
fetch(void)
{
	static const char *const queues[] = { "default" };

	return fetch_from(queues, 1);
}

enum queue_answer
finish(const char *jid, bool success)
{
	struct report report = {
		.jid = jid, .worker = "w1", .success = success, .retry_after_ms = -1
	};

	attempt_init(&report.attempt);
	report.attempt.reason = success ? "done" : "failed";
	return queue_report(&queue, &report);
}

void
do_next(const char *jid)
{
	assert_string_equal(fetch(), jid);
	assert_int_equal(finish(jid, true), QUEUE_OK);
}
