#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/listen_fds.h"
#include "base/log.h"
#include "base/notify.h"

#include "auth.h"
#include "feed.h"
#include "follow.h"
#include "listener.h"
#include "mask.h"
#include "privilege.h"
#include "request.h"
#include "read_files.h"
#include "server.h"
#include "settings.h"
#include "tls.h"
#include "upstream.h"
#include "web.h"
#include "webhook.h"

#define LISTEN_NAME     "http"
#define LISTEN_TLS_NAME "http-tls"
/* How long those who are being answered have when we are asked to end. */
#define GRACE_MS 3000
#define LOOK_MS  50
/* Lines of the log may get so old while there are many. */
#define LOG_MS 10
/* Longer pieces of memory, and so much at its end that is free, go back to the system. */
#define MEMORY_KEPT (128 * 1024)
/* As large as the allocator takes it. */
#define SMALL_MAX (80 * sizeof(size_t) / 4)

static struct {
	struct event_base *base;
	struct conf *conf;
	struct event *look;
	int looks_left;
	struct event *log_due;
	struct monotime logged; /* when lines of the log were written last */
} web;

static void use(struct conf *);
static void on_loaded(struct conf *);
static void on_reload(evutil_socket_t, short what, void *);
static void on_end(evutil_socket_t, short what, void *);
static void on_look(evutil_socket_t, short what, void *);

static void
use(struct conf *conf)
{
	enum log_level level;

	auth_configure(&conf->web);
	server_configure(&conf->web);
	mask_configure(conf->web.mask);
	if (log_level_from_word(conf->log_level, &level) == 0)
		log_set_level(level);
	conf_free(web.conf);
	web.conf = conf;
}

/* What the library is told only once makes a new process of us: jobd starts it. */
static void
on_loaded(struct conf *conf)
{
	bool restart =
	    conf->web.connections_max != web.conf->web.connections_max ||
	    conf->web.connections_per_address_max != web.conf->web.connections_per_address_max ||
	    conf->web.timeout_ms != web.conf->web.timeout_ms ||
	    strcmp(conf->web.tls_certificate, web.conf->web.tls_certificate) != 0 ||
	    strcmp(conf->web.tls_key, web.conf->web.tls_key) != 0 || read_files_have_changed();

	use(conf);
	if (restart)
		on_end(-1, 0, NULL);
}

static void
on_reload(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	(void)arg;
	settings_fetch_later(on_loaded);
}

static void
on_end(evutil_socket_t number, short what, void *arg)
{
	const struct timeval pause = { 0, LOOK_MS * 1000 };

	(void)number;
	(void)what;
	(void)arg;
	if (web.looks_left > 0)
		return;
	listeners_quiet();
	feed_end();
	follow_end();
	web.looks_left = GRACE_MS / LOOK_MS;
	event_add(web.look, &pause);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (listeners_count() == 0 || --web.looks_left == 0)
		event_base_loopexit(web.base, NULL);
}

static int
listen_some(const char *name, bool is_tls)
{
	int fd, count = 0;

	while ((fd = listen_fds_nth(name, (size_t)count)) != -1) {
		if (listener_new(web.base, fd, is_tls, &web.conf->web) == -1)
			return -1;
		count++;
	}
	return count;
}

static int
listen_all(void)
{
	int plain = listen_some(LISTEN_NAME, false);
	int with_tls = plain != -1 ? listen_some(LISTEN_TLS_NAME, true) : -1;

	tls_forget();
	if (plain == -1 || with_tls == -1)
		return -1;
	if (plain + with_tls == 0)
		log_errx("jobd starts this program: there is no socket to listen on");
	return plain + with_tls > 0 ? 0 : -1;
}

/* The sockets are reached from the working directory: its parents may be closed to us later. */
static int
begin(const char *run_dir)
{
	const char *notify = getenv("NOTIFY_SOCKET");
	struct conf *conf;

	if (chdir(run_dir) == -1) {
		log_err("%s", run_dir);
		return -1;
	}
	if ((conf = settings_fetch()) == NULL)
		return -1;
	if (tls_load(&conf->web) == -1)
		return -1;
	if (webhooks_configure(conf) == -1) {
		log_errx("out of memory");
		return -1;
	}
	use(conf);
	/* The socket to say READY on lies there too. */
	if (notify != NULL && strncmp(notify, run_dir, strlen(run_dir)) == 0 &&
	    notify[strlen(run_dir)] == '/')
		setenv("NOTIFY_SOCKET", notify + strlen(run_dir) + 1, 1);
	return privilege_drop(conf->control.act_group);
}

static int
catch_signal(int number, event_callback_fn fn)
{
	struct event *event = evsignal_new(web.base, number, fn, NULL);

	return event == NULL ? -1 : evsignal_add(event, NULL);
}

/*
 * What a request takes and gives back is small, and is kept in lists of such pieces.  A long page's
 * memory goes back at once; both thresholds would grow with the longest one.
 */
static void
tune_memory(void)
{
	mallopt(M_MXFAST, SMALL_MAX);
	mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT);
}

/*
 * The lines of one turn of the loop are written together, and, where turns follow at once, those of
 * several: each write wakes the logger.
 */
static void
write_log(void)
{
	static const struct timeval pause = { 0, LOG_MS * 1000 };
	struct monotime now;

	if (log_gathered() == 0)
		return;
	now = monotime_now();
	if (monotime_diff_ms(now, web.logged) >= LOG_MS) {
		log_flush();
		web.logged = now;
	} else if (!evtimer_pending(web.log_due, NULL))
		evtimer_add(web.log_due, &pause);
}

/* The loop has woken up: that is all. */
static void
on_log_due(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* What a long page was made of lies between smaller pieces that are kept: it goes back as well. */
static void
serve(void)
{
	log_gather();
	while (event_base_loop(web.base, EVLOOP_ONCE) == 0 && !event_base_got_exit(web.base)) {
		write_log();
		if (respond_was_long())
			malloc_trim(0);
	}
	log_flush();
}

int
web_run(const char *run_dir)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, NULL);
	tune_memory();
	if (begin(run_dir) == -1)
		return EXIT_FAILURE;
	if ((web.base = event_base_new()) == NULL || upstream_init(web.base) == -1 ||
	    feed_init(web.base) == -1 ||
	    (web.look = event_new(web.base, -1, EV_PERSIST, on_look, NULL)) == NULL ||
	    (web.log_due = evtimer_new(web.base, on_log_due, NULL)) == NULL ||
	    catch_signal(SIGTERM, on_end) == -1 || catch_signal(SIGINT, on_end) == -1 ||
	    catch_signal(SIGHUP, on_reload) == -1) {
		log_errx("out of memory");
		return EXIT_FAILURE;
	}
	if (listen_all() == -1)
		return EXIT_FAILURE;
	if (notify_send("READY=1") == -1)
		log_err("jobd can't be told that we are ready");
	serve();
	return EXIT_SUCCESS;
}
