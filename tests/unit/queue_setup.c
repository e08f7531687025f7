#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "queue_setup.h"

struct queue queue;
struct conf conf;
struct conf_job types[4];
char ordered[400];

static void
note_order(void *arg, const struct job *job)
{
	(void)arg;
	strlcat(ordered, job->jid, sizeof(ordered));
	strlcat(ordered, " ", sizeof(ordered));
}

int
queue_setup(void **state)
{
	static char zone[] = "UTC";

	(void)state;
	memset(&conf, 0, sizeof(conf));
	memset(types, 0, sizeof(types));
	ordered[0] = '\0';
	conf.jobs = types;
	conf.scheduler.timezone = zone;
	queue = (struct queue){ .store = store_memory_open(), .conf = &conf, .now = { MIDNIGHT } };
	queue.order = note_order;
	return queue.store == NULL ? -1 : 0;
}

static char directory[64];

int
queue_setup_sqlite(void **state)
{
	char path[96], error[STORE_ERROR_MAX] = "";

	if (queue_setup(state) == -1)
		return -1;
	queue.store->ops->close(queue.store);
	snprintf(directory, sizeof(directory), "/tmp/jobd-test-queue-XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/queue.db", directory);
	if ((queue.store = store_sqlite_open(path, 100, error)) == NULL)
		fprintf(stderr, "%s\n", error);
	return queue.store == NULL ? -1 : 0;
}

static void
remove_directory(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[96];

	for (int i = 0; directory[0] != '\0' && i < 3; i++) {
		snprintf(path, sizeof(path), "%s/queue.db%s", directory, ends[i]);
		unlink(path);
	}
	rmdir(directory);
	directory[0] = '\0';
}

int
queue_teardown(void **state)
{
	(void)state;
	queue_clear(&queue);
	queue.store->ops->close(queue.store);
	remove_directory();
	return 0;
}

static char *
literal(const char *text)
{
	return (char *)(uintptr_t)text;
}

struct conf_job *
type_add(size_t index, const char *name, const char *schedule)
{
	static int64_t good = 0;
	struct conf_job *type = &types[index];

	*type = (struct conf_job){
		.name = literal(name),
		.schedule = literal(schedule),
		.timezone = literal(""),
		.command = literal("true"),
		.args = literal("[]"),
		.description = literal(""),
		.queue = literal("default"),
		.file = literal("test"),
		.enabled = true,
		.priority = 5,
		.catch_up = CONF_CATCH_UP_ONCE,
		.catch_up_max_age_ms = 86400000,
		.on_crash = CONF_ON_CRASH_RECORD,
		.retry_delay_ms = CONF_UNSET,
		.exit_codes = &good,
		.exit_code_count = 1,
		.keep = 1000,
		.keep_age_ms = INT64_C(30) * 86400 * 1000,
	};
	if (conf.job_count <= index)
		conf.job_count = index + 1;
	return type;
}

const char *
type_run(const struct conf_job *type)
{
	static char jids[16][JOB_JID_MAX + 1];
	static unsigned turn;
	char *jid = jids[turn++ % 16];
	enum tick_action action;
	struct job job;

	DO(queue_overlap(&queue, type, &action));
	assert_int_equal(queue_make_job(&queue, type, "[]", &job), 0);
	if (action == TICK_SKIP_OVERLAP || action == TICK_SKIP_BACKLOG)
		jid[0] = '\0';
	else {
		DO(queue_start(&queue, &job, action));
		snprintf(jid, sizeof(jids[0]), "%s", job.jid);
	}
	job_clear(&job);
	return jid;
}

struct job
job_of(const char *jid)
{
	struct job job;

	DO(queue.store->ops->job_get(queue.store, jid, &job));
	return job;
}

enum job_state
state_of(const char *jid)
{
	struct job job = job_of(jid);
	enum job_state state = job.state;

	job_clear(&job);
	return state;
}

const char *
take(const char *worker)
{
	static const char *const queues[] = { "default", "other" };
	static char jid[JOB_JID_MAX + 1];
	struct job job;

	if (queue_take(&queue, worker, true, queues, 2, &job) != STORE_OK)
		return "";
	snprintf(jid, sizeof(jid), "%s", job.jid);
	job_clear(&job);
	return jid;
}

enum queue_answer
end_job(const char *jid, const char *worker, const char *reason, int64_t code)
{
	struct report report = {
		.jid = jid, .worker = worker, .builtin = true, .retry_after_ms = -1
	};
	enum queue_answer answer;

	attempt_init(&report.attempt);
	report.attempt.reason = reason;
	report.attempt.code = code;
	report.success = strcmp(reason, "exit") == 0 && code == 0;
	answer = queue_report(&queue, &report);
	return answer;
}
