#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store_jobs.h"

static char list_text[2000];

struct job
store_job_make(const char *jid, const char *type, const char *queue)
{
	struct job job;

	job_init(&job);
	assert_int_equal(job_set(&job, &job.jid, jid), 0);
	assert_int_equal(job_set(&job, &job.type, type), 0);
	assert_int_equal(job_set(&job, &job.queue, queue), 0);
	assert_int_equal(job_set(&job, &job.args, "[]"), 0);
	return job;
}

void
store_job_put(
    struct store *store, const char *jid, const char *type, const char *queue, enum job_state state)
{
	struct job job = store_job_make(jid, type, queue);

	job.state = state;
	DO(store->ops->job_add(store, &job));
	job_clear(&job);
}

static bool
add_jid(void *arg, const struct job *job)
{
	(void)arg;
	strlcat(list_text, job->jid, sizeof(list_text));
	strlcat(list_text, " ", sizeof(list_text));
	return true;
}

const char *
store_job_list(struct store *store, struct job_filter filter)
{
	list_text[0] = '\0';
	if (filter.limit == 0)
		filter.limit = 100;
	DO(store->ops->job_list(store, &filter, add_jid, NULL));
	return list_text;
}
