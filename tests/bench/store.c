/*
 * The SQLite store alone: jobs a second that are put, claimed and finished in transactions of a
 * given size, with few and with many jobs pending.
 *
 *	store DIRECTORY [JOBS [PENDING...]]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "jobd-scheduler/store.h"

#define CHECK(call)                                                                                \
	do {                                                                                       \
		if ((call) != STORE_OK) {                                                          \
			fprintf(stderr, "%s: %s\n", #call, store->error);                          \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static char args[101];

/* On a machine that others use too, the CPU's time says more than the clock's. */
static int64_t
cpu_us(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
	return (int64_t)spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
}

static struct walltime now;

static void
make_jid(char jid[37])
{
	unsigned char bytes[16];

	arc4random_buf(bytes, sizeof(bytes));
	snprintf(jid, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	    bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
	    bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]);
}

static void
put(struct store *store)
{
	struct job job;
	char jid[37];

	make_jid(jid);
	job_init(&job);
	job.jid = jid;
	job.type = "Resize";
	job.queue = "default";
	job.args = args;
	job.retries = 25;
	job.reserve_ms = 1800000;
	job.created_at = job.enqueued_at = job.run_at = now;
	CHECK(store->ops->job_add(store, &job));
	job_clear(&job);
}

static void
claim(struct store *store, char jid[37])
{
	struct job job;

	CHECK(store->ops->job_first(store, "default", false, &job));
	job_move(&job, JOB_EVENT_TAKE);
	job.worker = "worker-1";
	job.attempts++;
	job.started_at = now;
	job.wake_at = walltime_add_ms(now, job.reserve_ms);
	CHECK(store->ops->job_start(store, &job));
	snprintf(jid, 37, "%s", job.jid);
	job_clear(&job);
}

static void
finish(struct store *store, const char *jid, bool keep)
{
	struct job job;

	CHECK(store->ops->job_get_brief(store, jid, &job));
	if (keep) {
		job_move(&job, JOB_EVENT_SUCCEED);
		job.finished_at = now;
		job.wake_at.us = 0;
		job.last_worker = job.worker;
		job.worker = "";
		job.reason = "done";
		CHECK(store->ops->job_save(store, &job));
	} else
		CHECK(store->ops->job_delete(store, &job));
	job_clear(&job);
}

static void
count(struct store *store, int64_t jobs)
{
	struct stat_record stat = { .at = { 1 }, .pushed = jobs, .done = jobs };

	CHECK(store->ops->stat_add(store, &stat));
	CHECK(store->ops->commit(store));
}

static void
run(struct store *store, int64_t jobs, int64_t size, bool keep)
{
	char(*jids)[37] = calloc((size_t)size, sizeof(*jids));
	int64_t spent[3] = { 0 };
	struct monotime times[4];
	struct job_trim trim = { .type = "Resize", .state = JOB_DONE, .keep = 1000, .limit = 128 };
	int64_t removed, cpu = cpu_us();

	for (int64_t done = 0; done < jobs; done += size) {
		times[0] = monotime_now();
		for (int64_t i = 0; i < size; i++)
			put(store);
		count(store, size);
		times[1] = monotime_now();
		for (int64_t i = 0; i < size; i++)
			claim(store, jids[i]);
		count(store, size);
		times[2] = monotime_now();
		for (int64_t i = 0; i < size; i++)
			finish(store, jids[i], keep);
		if (keep && arc4random_uniform((uint32_t)(256 / size + 1)) == 0)
			do
				CHECK(store->ops->job_trim(store, &trim, &removed));
			while (removed == trim.limit);
		count(store, size);
		times[3] = monotime_now();
		for (int i = 0; i < 3; i++)
			spent[i] += times[i + 1].us - times[i].us;
	}
	printf("  %4d a transaction%s: %7.0f jobs/s (put %.2f, claim %.2f, finish %.2f us; CPU "
	       "%.2f us)\n",
	    (int)size, keep ? ", kept" : "",
	    (double)jobs * 1e6 / (double)(spent[0] + spent[1] + spent[2]),
	    (double)spent[0] / (double)jobs, (double)spent[1] / (double)jobs,
	    (double)spent[2] / (double)jobs, (double)(cpu_us() - cpu) / (double)jobs);
	fflush(stdout);
	free(jids);
}

static void
fill(struct store *store, const char *path, int64_t pending)
{
	struct monotime start = monotime_now();
	struct stat before, after;
	int64_t ready, running;

	CHECK(store->ops->queue_size(store, "default", false, &ready, &running));
	if (stat(path, &before) == -1)
		return;
	for (int64_t i = ready; i < pending; i++) {
		put(store);
		if (i % 1000 == 999)
			CHECK(store->ops->commit(store));
	}
	CHECK(store->ops->commit(store));
	if (stat(path, &after) == -1)
		return;
	printf("%lld pending (%.2f s; %.0f bytes of disk a job, %.0f of them payload)\n",
	    (long long)pending, (double)(monotime_now().us - start.us) / 1e6,
	    (double)(after.st_size - before.st_size) / (double)(pending - ready),
	    (double)strlen(args));
}

int
main(int argc, char **argv)
{
	static const int64_t sizes[] = { 1, 100, 1000 };
	int64_t jobs = argc > 2 ? strtoll(argv[2], NULL, 10) : 100000;
	char path[4096], error[STORE_ERROR_MAX];
	struct store *store;

	if (argc < 2) {
		fprintf(stderr, "usage: store DIRECTORY [JOBS [PENDING...]]\n");
		return 2;
	}
	memset(args, 'x', sizeof(args) - 1);
	memcpy(args, "[\"", 2);
	memcpy(args + 98, "\"]", 2);
	now = walltime_now();
	snprintf(path, sizeof(path), "%s/bench.db", argv[1]);
	if ((store = store_sqlite_open(path, 1000, error)) == NULL) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	for (int i = 3; i < argc; i++) {
		fill(store, path, strtoll(argv[i], NULL, 10));
		for (size_t s = 0; s < 3; s++) {
			run(store, sizes[s] == 1 ? jobs / 10 : jobs, sizes[s], false);
			if (sizes[s] != 1)
				run(store, jobs, sizes[s], true);
		}
	}
	store->ops->close(store);
	return 0;
}
