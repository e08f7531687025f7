#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/signame.h"

#include "builtin.h"
#include "control_peer.h"
#include "generation.h"
#include "listen.h"
#include "output.h"
#include "plan.h"
#include "reload.h"
#include "scale.h"
#include "spawn.h"

/* What the child writes first: whether the groups and a snapshot or an error text follow. */
#define MARK_GOOD 'G'
#define MARK_BAD  'B'
#define READ_SIZE 65536

static int read_configuration(int out_fd, void *arg);
static void on_readable(evutil_socket_t, short, void *);
static void complete(void);
static void finish(struct plan *, const char *error);
static void apply(struct plan *, struct generation *);
static void apply_program(const struct plan_item *, struct generation *);
static void each_instance(const struct plan_item *, struct generation *,
    void (*)(struct program *, const struct plan_item *, struct generation *));
static void change(struct program *, const struct plan_item *, struct generation *);
static void restart(struct program *, const struct plan_item *, struct generation *);
static void signal_it(struct program *, const struct plan_item *, struct generation *);
static void forget(struct program *, const struct plan_item *, struct generation *);
static void log_result(void *, struct plan *, const char *error);

/* The reload that is under way. */
static struct {
	pid_t pid;
	int fd;
	struct event event;
	char *text;
	size_t len, size;
	bool apply;
	supervisor_plan_done *done;
	void *arg;
} reload = { .fd = -1 };

void
reload_init(void)
{
	event_assign(&reload.event, supervisor_base(), -1, 0, on_readable, NULL);
}

pid_t
supervisor_worker_pid(void)
{
	return reload.pid;
}

int
supervisor_reload(bool with_apply, supervisor_plan_done *done, void *arg)
{
	if (reload.fd != -1 || supervisor_is_shutting_down()) {
		errno = reload.fd != -1 ? EBUSY : ESHUTDOWN;
		return -1;
	}
	reload.pid =
	    spawn_worker(read_configuration, supervisor_generation()->conf->file, &reload.fd);
	if (reload.pid == -1) {
		reload.pid = 0;
		reload.fd = -1;
		return -1;
	}
	reload.apply = with_apply;
	reload.done = done;
	reload.arg = arg;
	reload.len = 0;
	event_assign(
	    &reload.event, supervisor_base(), reload.fd, EV_READ | EV_PERSIST, on_readable, NULL);
	event_add(&reload.event, NULL);
	return 0;
}

void
reload_by_signal(void)
{
	if (supervisor_reload(true, log_result, NULL) == -1)
		log_warn("reload");
}

static void
log_result(void *arg, struct plan *plan, const char *error)
{
	(void)arg;
	if (plan == NULL)
		log_errx("reload refused, nothing has changed: %s", error);
	plan_free(plan);
}

void
reload_reaped(pid_t pid, int wait_status)
{
	if (pid != reload.pid)
		return;
	reload.pid = 0;
	if (WIFSIGNALED(wait_status))
		log_errx(
		    "reading the configuration: killed by %s", signame_text(WTERMSIG(wait_status)));
}

/* In the child. */
static int
read_configuration(int out_fd, void *arg)
{
	char error[CONF_ERROR_MAX], mark = MARK_GOOD, *snapshot;
	struct conf *conf = conf_load(arg, error, sizeof(error));
	struct peer_groups groups;
	size_t len;

	if (conf == NULL) {
		mark = MARK_BAD;
		if (fd_write_all(out_fd, &mark, 1) == -1)
			return EXIT_FAILURE;
		return fd_write_all(out_fd, error, strlen(error)) == -1;
	}
	groups = peer_find_groups(&conf->control);
	if ((snapshot = conf_snapshot_write(conf, &len)) == NULL ||
	    fd_write_all(out_fd, &mark, 1) == -1 ||
	    fd_write_all(out_fd, &groups, sizeof(groups)) == -1)
		return EXIT_FAILURE;
	return fd_write_all(out_fd, snapshot, len) == -1;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	ssize_t len;

	(void)what;
	(void)arg;
	if (reload.size - reload.len < READ_SIZE) {
		char *grown = realloc(reload.text, reload.size + READ_SIZE * 2);

		if (grown == NULL) {
			finish(NULL, "out of memory");
			return;
		}
		reload.text = grown;
		reload.size += READ_SIZE * 2;
	}
	len = read(fd, reload.text + reload.len, READ_SIZE);
	if (len == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0)
		reload.len += (size_t)len;
	else
		complete();
}

static void
complete(void)
{
	char error[CONF_ERROR_MAX] = "reading the configuration ended without a result";
	struct peer_groups groups = { -1, -1 };
	size_t start = 1 + sizeof(groups);
	struct generation *generation;
	struct conf *conf;
	struct plan *plan;

	if (reload.len == 0 || reload.text[0] == MARK_BAD) {
		if (reload.len > 0)
			snprintf(
			    error, sizeof(error), "%.*s", (int)reload.len - 1, reload.text + 1);
		finish(NULL, error);
		return;
	}
	if (reload.len < start) {
		finish(NULL, error);
		return;
	}
	memcpy(&groups, reload.text + 1, sizeof(groups));
	conf = conf_snapshot_read(reload.text + start, reload.len - start, error, sizeof(error));
	if (conf == NULL || (generation = generation_new(conf)) == NULL) {
		finish(NULL, error);
		return;
	}
	plan = plan_make(supervisor_generation()->conf, generation->conf);
	if (plan == NULL) {
		finish(NULL, "out of memory");
	} else if (plan->refused != NULL) {
		finish(NULL, plan->refused);
		plan_free(plan);
	} else {
		if (reload.apply) {
			peer_set_groups(&groups);
			apply(plan, generation);
		}
		finish(plan, NULL);
	}
	generation_unref(generation);
}

static void
finish(struct plan *plan, const char *error)
{
	supervisor_plan_done *done = reload.done;

	event_del(&reload.event);
	fd_clear(&reload.fd);
	if (reload.text != NULL)
		explicit_bzero(reload.text, reload.size);
	free(reload.text);
	reload.text = NULL;
	reload.size = reload.len = 0;
	if (done != NULL)
		done(reload.arg, plan, error);
}

static void
apply(struct plan *plan, struct generation *generation)
{
	notify_send("RELOADING=1");
	supervisor_accept(generation);
	if (builtin_open_sockets(generation->conf) == -1)
		log_warnx("reload: not all sockets are open");
	output_limits_changed(generation);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_item *item = &plan->items[i];

		if (item->action != PLAN_NONE)
			log_info("reload: %s %s %s: %s", plan_action_word(item->action),
			    plan_kind_word(item->kind), item->name, item->why);
		if (item->kind == PLAN_KIND_PROGRAM)
			apply_program(item, generation);
	}
	notify_send("READY=1");
	supervisor_poke();
}

static void
apply_program(const struct plan_item *item, struct generation *generation)
{
	struct program *program = supervisor_find_instance(item->name, 1);

	if (item->action == PLAN_REMOVE || (item->program != NULL && !item->program->enabled)) {
		each_instance(item, generation, forget);
		return;
	}
	if (item->action == PLAN_ADD || program == NULL) {
		if (supervisor_add(item->program, generation) == -1)
			log_warn("%s: can't be added", item->name);
		if (item->program->autostart)
			for (program = NULL;
			     (program = supervisor_match(item->name, program)) != NULL;)
				program_start(program, "reload");
		return;
	}
	scale_to_conf(item->program, program->conf, generation);
	each_instance(item, generation,
	    item->action == PLAN_RESTART  ? restart
	    : item->action == PLAN_SIGNAL ? signal_it
					  : change);
}

static void
each_instance(const struct plan_item *item, struct generation *generation,
    void (*act)(struct program *, const struct plan_item *, struct generation *))
{
	struct program *program, *next;

	TAILQ_FOREACH_SAFE (program, supervisor_programs(), entry, next)
		if (!program->remove && strcmp(program->conf->name, item->name) == 0 &&
		    program->conf != item->program)
			act(program, item, generation);
}

/* Certificates, and secrets of webhooks. */
static bool
web_reads_files(const struct conf *conf)
{
	bool reads = conf->web.tls_key[0] != '\0';

	for (size_t i = 0; i < conf->webhook_count; i++)
		reads = reads || conf->webhooks[i].secret_file[0] != '\0';
	return reads;
}

static bool
is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool
reads_files(const struct conf *conf, enum conf_role role)
{
	if (role == CONF_ROLE_WEB)
		return web_reads_files(conf);
	return role == CONF_ROLE_SCHEDULER &&
	       (is_given(conf->scheduler.tls_key) || is_given(conf->scheduler.password_file));
}

static void
change(struct program *program, const struct plan_item *item, struct generation *generation)
{
	program_set_conf(program, item->program, generation);
	/* What is in them may have changed, although the configuration has not: it looks. */
	if (reads_files(generation->conf, item->program->role) &&
	    program_signal(program, SIGHUP) == -1 && errno != ESRCH)
		log_warn("%s: SIGHUP", program->name);
}

/* One that gave up is tried again: what kept it from running may have been mended. */
static void
restart(struct program *program, const struct plan_item *item, struct generation *generation)
{
	bool wanted = !state_is_at_rest(program->state) || program->state == STATE_FATAL;

	program_set_next(program, item->program, generation);
	if (wanted)
		program_restart(program, EXIT_REASON_RELOAD, "reload");
}

static void
signal_it(struct program *program, const struct plan_item *item, struct generation *generation)
{
	int signum =
	    item->program->role == CONF_ROLE_USER ? (int)item->program->reload_signal : SIGHUP;

	program_set_conf(program, item->program, generation);
	if (program_signal(program, signum) == -1 && errno != ESRCH)
		log_warn("%s: %s", program->name, signame_text(signum));
}

static void
forget(struct program *program, const struct plan_item *item, struct generation *generation)
{
	(void)item;
	(void)generation;
	program->remove = true;
	program_stop(program, EXIT_REASON_RELOAD, "reload");
}
