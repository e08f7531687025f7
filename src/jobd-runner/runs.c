#include <sys/wait.h>

#include <errno.h>
#include <string.h>

#include "exec/quick.h"
#include "run.h"

static void leader_ended(struct runs *, pid_t, int status);

struct run *
runs_find(struct runs *runs, const char *jid)
{
	struct run *run;

	TAILQ_FOREACH (run, &runs->list, entry)
		if (strcmp(run->jid, jid) == 0)
			return run;
	return NULL;
}

bool
runs_is_leader(pid_t pid, void *arg)
{
	const struct runs *runs = arg;
	const struct run *run;

	TAILQ_FOREACH (run, &runs->list, entry)
		if (run->leader == pid && !run->leader_ended)
			return true;
	return runs->is_foreign(runs->arg, pid);
}

void
runs_end_all(struct runs *runs, enum result_reason why)
{
	struct run *run;

	TAILQ_FOREACH (run, &runs->list, entry)
		run_end(run, why);
}

void
runs_kill_all(struct runs *runs)
{
	struct run *run;

	TAILQ_FOREACH (run, &runs->list, entry)
		run_kill(run);
}

static void
leader_ended(struct runs *runs, pid_t pid, int status)
{
	struct run *run;

	TAILQ_FOREACH (run, &runs->list, entry) {
		if (run->leader == pid && !run->leader_ended) {
			run->leader_ended = true;
			run->wait_status = status;
			run->misfired = run->job != NULL && exec_quick_failed(pid);
			run->duration_ms = monotime_diff_ms(monotime_now(), run->started);
			return;
		}
	}
	runs->foreign_ended(runs->arg, pid, status);
}

/* All of them first: who is asked for members below must not find zombies of ours. */
void
runs_reap(struct runs *runs)
{
	struct run *run, *next;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid == -1 && errno == EINTR))
		if (pid > 0)
			leader_ended(runs, pid, status);
	TAILQ_FOREACH_SAFE (run, &runs->list, entry, next)
		if (run->misfired && run->phase == RUN_RUNNING)
			run_misfire(run);
		else if (run->leader_ended)
			run_settle(run);
}
