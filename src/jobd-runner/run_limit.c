#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "run.h"
#include "usage.h"

#define MEMBERS_MAX 1024
/* Each look costs the kernel a walk over the memory of each process. */
#define LOOK_EVERY_S 1

static bool
has_limit(const struct run *run)
{
	return run->memory_bytes > 0 || run->cpu_ms > 0;
}

static void
look(struct run *run)
{
	pid_t pids[MEMBERS_MAX];
	struct usage usage = usage_of(pids, run_members(run, pids, MEMBERS_MAX));
	char limit[40], used[40];

	if (run->memory_bytes > 0 && usage.memory_bytes > run->memory_bytes) {
		snprintf(run->note, sizeof(run->note),
		    "out of memory: it used %lld KiB of at most %lld KiB",
		    (long long)(usage.memory_bytes / 1024), (long long)(run->memory_bytes / 1024));
		/* As the kernel would: who asks for more and more does not listen. */
		run->stop_timeout_ms = 0;
		run_end(run, RESULT_OUT_OF_MEMORY);
	} else if (run->cpu_ms > 0 && usage.cpu_ms > run->cpu_ms) {
		snprintf(run->note, sizeof(run->note), "out of CPU time: it used %s of at most %s",
		    text_from_duration_ms(usage.cpu_ms, used, sizeof(used)),
		    text_from_duration_ms(run->cpu_ms, limit, sizeof(limit)));
		run_end(run, RESULT_OUT_OF_CPU);
	}
}

static void
on_look(evutil_socket_t fd, short events, void *arg)
{
	struct runs *runs = arg;
	struct run *run, *next;

	(void)fd;
	(void)events;
	TAILQ_FOREACH_SAFE (run, &runs->list, entry, next)
		if (has_limit(run) && run->phase == RUN_RUNNING && !run->leader_ended)
			look(run);
}

void
run_limit_begin(struct run *run)
{
	const struct timeval every = { .tv_sec = LOOK_EVERY_S };
	struct runs *runs = run->runs;

	if (!has_limit(run))
		return;
	if (runs->look == NULL)
		runs->look = event_new(runs->base, -1, EV_PERSIST, on_look, runs);
	if (runs->limited++ == 0 && (runs->look == NULL || event_add(runs->look, &every) == -1))
		log_errx("limits of jobs are not looked after: out of memory");
}

void
run_limit_end(struct run *run)
{
	struct runs *runs = run->runs;

	if (has_limit(run) && --runs->limited == 0 && runs->look != NULL)
		event_del(runs->look);
}
