#include <sys/types.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/signame.h"

#include "hook.h"
#include "members.h"
#include "output.h"
#include "reload.h"
#include "signals.h"
#include "supervisor.h"
#include "sweep.h"

/* Children collected at once; more follow in the next round. */
#define REAP_BATCH 64

static void on_signal(evutil_socket_t, short, void *);
static void forward(int signum);
static void reap(void);
static void reaped(pid_t, int wait_status);

static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2,
	SIGWINCH, SIGALRM, SIGPIPE };

static struct event signal_events[sizeof(signals) / sizeof(signals[0])];
static int stop_requests;

int
signals_watch(struct event_base *base)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		evsignal_assign(&signal_events[i], base, signals[i], on_signal, NULL);
		event_priority_set(
		    &signal_events[i], signals[i] == SIGCHLD ? PRIORITY_CHILD : PRIORITY_NORMAL);
		if (event_add(&signal_events[i], NULL) == -1)
			return -1;
	}
	return 0;
}

static void
on_signal(evutil_socket_t signum, short what, void *arg)
{
	struct program *program;

	(void)what;
	(void)arg;
	if (signum == SIGCHLD) {
		reap();
		return;
	}
	if (signum == SIGPIPE)
		return;
	log_info("received %s", signame_text((int)signum));
	forward((int)signum);
	if (signum == SIGHUP)
		reload_by_signal();
	else if (signum == SIGUSR2)
		output_reopen();
	else if (signum == SIGTERM || signum == SIGINT || signum == SIGQUIT) {
		supervisor_shutdown(0, signame_text((int)signum));
		/* Somebody is in a hurry. */
		if (++stop_requests > 1)
			TAILQ_FOREACH (program, supervisor_programs(), entry)
				sweep_hurry(program);
	}
}

/* What `forward_signals` names: "USR1=web/HUP" sends HUP to web when USR1 comes. */
static void
forward(int signum)
{
	char **rules = supervisor_generation()->conf->forward_signals;

	for (; *rules != NULL; rules++) {
		struct program *program = NULL;
		char rule[200], *target, *name;
		const char *errstr;
		int sent = signum;

		strlcpy(rule, *rules, sizeof(rule));
		target = rule;
		name = strsep(&target, "=");
		if (signame_parse(name, &errstr) != signum || target == NULL)
			continue;
		if ((name = strrchr(target, '/')) != NULL) {
			*name++ = '\0';
			sent = signame_parse(name, &errstr);
		}
		while (sent > 0 && (program = supervisor_match(target, program)) != NULL)
			if (program_signal(program, sent) == 0)
				log_info("%s to %s", signame_text(sent), program->name);
	}
}

/* Everybody is collected first: then one look tells whether any of them left somebody behind. */
static void
reap(void)
{
	struct {
		pid_t pid;
		int status;
	} dead[REAP_BATCH];
	struct program *program;
	int count;

	do {
		for (count = 0; count < REAP_BATCH; count++)
			if ((dead[count].pid = waitpid(-1, &dead[count].status, WNOHANG)) <= 0)
				break;
		if (count == 0)
			return;
		members_look_begin();
		for (int i = 0; i < count; i++)
			reaped(dead[i].pid, dead[i].status);
		TAILQ_FOREACH (program, supervisor_programs(), entry)
			sweep_check(program);
		members_look_end();
	} while (count == REAP_BATCH);
}

static void
reaped(pid_t pid, int wait_status)
{
	struct program *program = supervisor_find_pid(pid);

	if (program == NULL)
		reload_reaped(pid, wait_status);
	else if (program->hook_pid == pid)
		hook_reaped(program, wait_status);
	else
		program_reaped(program, wait_status);
}
