#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "exec/oom.h"
#include "members/members.h"
#include "run.h"

#define MEMBERS_MAX 1024
#define ORPHANS_MAX 64
/* How long until SIGKILL is tried again: a process may have forked while it was on its way, or may
 * not die before the kernel has got its disk. */
#define KILL_AGAIN_MS 1000

static struct members_query query_of(const struct run *);
static bool is_other_leader(pid_t, void *run);
static size_t strays_list(struct run *, pid_t *out, size_t max);
static void signal_all(struct run *, const pid_t *, size_t count, int signum);
static void set_timer(struct run *, int64_t ms);
static void begin_end(struct run *, const pid_t *, size_t count);
static enum result_reason natural_reason(struct run *, char *text, size_t text_size);
static bool exited_with(const struct run *, const struct codes *);
static void finish(struct run *);

static bool
is_other_leader(pid_t pid, void *arg)
{
	const struct run *run = arg;

	return pid != run->leader && runs_is_leader(pid, run->runs);
}

static struct members_query
query_of(const struct run *run)
{
	return (struct members_query){ .leader = run->leader_ended ? 0 : run->leader,
		.session = run->leader,
		.group = run->leader,
		.tag = run->tag,
		.is_other = is_other_leader,
		.arg = (void *)(uintptr_t)run };
}

/*
 * Orphans that bear no mark of any run, with what is below them: they left the session, dropped the
 * environment and lost every ancestor.  They belong to the run that is the only one.
 */
static size_t
strays_list(struct run *run, pid_t *out, size_t max)
{
	pid_t orphans[ORPHANS_MAX];
	size_t orphan_count, count = 0;

	if (run->runs->count != 1)
		return 0;
	orphan_count = members_orphans(runs_is_leader, run->runs, orphans, ORPHANS_MAX);
	for (size_t i = 0; i < orphan_count && count < max; i++) {
		struct members_query query = {
			.leader = orphans[i], .is_other = is_other_leader, .arg = run
		};

		count += members_find(&query, out + count, max - count);
	}
	return count;
}

size_t
run_members(struct run *run, pid_t *out, size_t max)
{
	struct members_query query = query_of(run);
	size_t count = strays_list(run, out, max), marked;

	/* With strays the marked ones among the orphans are in already; only the leader is not. */
	if (count > 0 && run->leader_ended)
		return count;
	marked = members_find(&query, out + count, max - count);
	return count + marked;
}

static void
signal_all(struct run *run, const pid_t *pids, size_t count, int signum)
{
	struct members_query query = query_of(run);

	for (size_t i = 0; i < count; i++)
		if (members_signal(&query, pids[i], signum) == -1 && errno != ESRCH)
			log_warn("job %s (%s): can't signal %d", run->jid, run->name, (int)pids[i]);
}

static void
set_timer(struct run *run, int64_t ms)
{
	struct timeval delay = monotime_until(monotime_add_ms(monotime_now(), ms));

	event_add(run->timer, &delay);
}

static void
begin_end(struct run *run, const pid_t *pids, size_t count)
{
	run->phase = RUN_TERMINATED;
	if (run->stop_timeout_ms == 0) {
		run_kill(run);
		return;
	}
	signal_all(run, pids, count, SIGTERM);
	set_timer(run, run->stop_timeout_ms);
}

void
run_end(struct run *run, enum result_reason why)
{
	pid_t pids[MEMBERS_MAX];

	if (run->phase != RUN_RUNNING)
		return;
	run->forced = true;
	run->why = why;
	log_info("job %s (%s): ending it: %s", run->jid, run->name, result_reason_word(why));
	begin_end(run, pids, run_members(run, pids, MEMBERS_MAX));
}

void
run_kill(struct run *run)
{
	pid_t pids[MEMBERS_MAX];
	size_t count = run_members(run, pids, MEMBERS_MAX);

	if (run->phase != RUN_KILLED)
		log_warnx("job %s (%s): killing its %zu processes", run->jid, run->name, count);
	run->phase = RUN_KILLED;
	signal_all(run, pids, count, SIGKILL);
	set_timer(run, KILL_AGAIN_MS);
}

void
run_overdue(struct run *run)
{
	if (run->phase == RUN_RUNNING)
		run_end(run, RESULT_TIMEOUT);
	else
		run_kill(run);
}

void
run_settle(struct run *run)
{
	pid_t pids[MEMBERS_MAX], orphan;
	size_t count = 0;

	/* The common case: nobody came to us whom no run knows, so nobody was left behind. */
	if (members_orphans(runs_is_leader, run->runs, &orphan, 1) > 0)
		count = run_members(run, pids, MEMBERS_MAX);
	if (count == 0) {
		finish(run);
	} else if (run->phase == RUN_RUNNING) {
		run->leftovers = count;
		log_warnx("job %s (%s): its command left %zu processes behind: ending them",
		    run->jid, run->name, count);
		begin_end(run, pids, count);
	} else if (run->phase == RUN_KILLED) {
		signal_all(run, pids, count, SIGKILL);
	}
}

/* Why it ended, if that was not our doing. */
static enum result_reason
natural_reason(struct run *run, char *text, size_t text_size)
{
	if (WIFSIGNALED(run->wait_status)) {
		if (WTERMSIG(run->wait_status) == SIGKILL &&
		    oom_kills(run->runs->oom_fd) > run->oom_before) {
			snprintf(text, text_size, "out of memory: the kernel killed it");
			return RESULT_OUT_OF_MEMORY;
		}
		return RESULT_SIGNAL;
	}
	return run_read_failure(run, text, text_size) ? RESULT_SPAWN_FAILED : RESULT_EXIT;
}

static bool
exited_with(const struct run *run, const struct codes *codes)
{
	return WIFEXITED(run->wait_status) && codes_have(codes, WEXITSTATUS(run->wait_status));
}

static void
finish(struct run *run)
{
	struct runs *runs = run->runs;
	char text[600];
	struct result result = {
		.jid = run->jid,
		.name = run->name,
		.ran = true,
		.wait_status = run->wait_status,
		.expected = exited_with(run, &run->exit_codes),
		.limit_ms = run->timeout_ms,
		.duration_ms = run->duration_ms,
		.leftovers = run->leftovers,
		.text = text,
		.output = &run->capture,
	};

	snprintf(text, sizeof(text), "%s", run->note);
	run_read_output(run);
	relay_end(runs->relay, &run->line, run->name);
	capture_finish(&run->capture);
	result.reason = run->forced ? run->why : natural_reason(run, text, sizeof(text));
	result.no_retry = result.reason == RESULT_EXIT && exited_with(run, &run->no_retry);
	if (result.reason == RESULT_SPAWN_FAILED)
		result.ran = false;
	run_limit_end(run);
	TAILQ_REMOVE(&runs->list, run, entry);
	runs->count--;
	runs->finished(runs->arg, &result);
	run_free(run);
}
