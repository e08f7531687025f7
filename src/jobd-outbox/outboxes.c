#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/notify.h"
#include "conf/options.h"
#include "proto/verbs.h"
#include "socket/settings.h"

#include "outbox.h"
#include "outboxes.h"
#include "report.h"

#define SIGNALS    3
#define RETELL_SEC 1

struct outboxes {
	struct event_base *base;
	struct conf *conf; /* NULL until jobd has told */
	struct settings *settings;
	struct pusher *pusher;
	struct outbox **list;
	size_t count;
	bool stopping;
	struct event *signals[SIGNALS];
	struct event *retell; /* the queue, how they are */
};

static void said(void *outboxes);
static void stopped(void *outboxes);
static void told(void *outboxes, const struct resp_item *);

static const struct outbox_owner owner = { .said = said, .stopped = stopped };

static void
tell_queue(struct outboxes *outboxes)
{
	if (!pusher_is_ready(outboxes->pusher))
		return;
	event_del(outboxes->retell);
	if (report_to_queue(outboxes->list, outboxes->count, outboxes->pusher, told, outboxes) ==
	    -1)
		log_errx("the queue is not told how the outboxes are: out of memory");
}

static void
on_retell(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	tell_queue(arg);
}

/* The turn in which it was told is lost: once more.  A new connection is told anyway. */
static void
told(void *arg, const struct resp_item *item)
{
	struct outboxes *outboxes = arg;
	struct timeval time = { .tv_sec = RETELL_SEC };

	if (item != NULL && item->kind == RESP_ERROR)
		event_add(outboxes->retell, &time);
}

static void
said(void *arg)
{
	struct outboxes *outboxes = arg;

	report_to_jobd(outboxes->list, outboxes->count);
	tell_queue(outboxes);
}

static void
stopped(void *arg)
{
	struct outboxes *outboxes = arg;

	if (!outboxes->stopping)
		return;
	for (size_t i = 0; i < outboxes->count; i++)
		if (!outbox_is_stopped(outboxes->list[i]))
			return;
	event_base_loopbreak(outboxes->base);
}

static void
on_terminate(evutil_socket_t signum, short events, void *arg)
{
	struct outboxes *outboxes = arg;

	(void)signum;
	(void)events;
	if (outboxes->stopping)
		return;
	outboxes->stopping = true;
	settings_give_up(outboxes->settings);
	for (size_t i = 0; i < outboxes->count; i++)
		outbox_stop(outboxes->list[i]);
	stopped(outboxes);
}

static void
on_hangup(evutil_socket_t signum, short events, void *arg)
{
	struct outboxes *outboxes = arg;

	(void)signum;
	(void)events;
	if (!outboxes->stopping)
		settings_fetch(outboxes->settings);
}

static bool
is_same(const struct conf_outbox *one, const struct conf_outbox *other)
{
	const struct conf_option *option = conf_section_find("outbox")->options;

	if (strcmp(one->name, other->name) != 0)
		return false;
	for (; option->name != NULL; option++)
		if (!conf_option_equal(option, one, other))
			return false;
	return true;
}

/* The running one with these settings, taken out of the list; NULL if there is none. */
static struct outbox *
take_same(struct outboxes *outboxes, const struct conf_outbox *own)
{
	struct outbox *found = NULL;

	for (size_t i = 0; i < outboxes->count && found == NULL; i++) {
		if (outboxes->list[i] == NULL || !is_same(outbox_conf(outboxes->list[i]), own))
			continue;
		found = outboxes->list[i];
		outboxes->list[i] = NULL;
	}
	return found;
}

static struct outbox *
keep_or_make(
    struct outboxes *outboxes, const struct conf *conf, const struct conf_outbox *own, bool *is_new)
{
	struct outbox *outbox = take_same(outboxes, own);

	*is_new = outbox == NULL;
	if (outbox != NULL)
		outbox_adopt(outbox, conf, own);
	else if ((outbox = outbox_new(
		      outboxes->base, outboxes->pusher, conf, own, &owner, outboxes)) == NULL)
		fatalx("out of memory");
	return outbox;
}

/* Those that are as they were go on; what the others had begun the database undoes. */
static void
load(struct outboxes *outboxes, const struct conf *conf)
{
	struct outbox **list = calloc(conf->outbox_count + 1, sizeof(struct outbox *));
	bool *is_new = calloc(conf->outbox_count + 1, sizeof(bool));
	size_t count = 0;

	if (list == NULL || is_new == NULL)
		fatalx("out of memory");
	for (size_t i = 0; i < conf->outbox_count; i++) {
		if (!conf->outboxes[i].enabled)
			continue;
		list[count] = keep_or_make(outboxes, conf, &conf->outboxes[i], &is_new[count]);
		count++;
	}
	for (size_t i = 0; i < outboxes->count; i++)
		outbox_free(outboxes->list[i]);
	free(outboxes->list);
	outboxes->list = list;
	outboxes->count = count;
	for (size_t i = 0; i < count; i++)
		if (is_new[i])
			outbox_open(list[i]);
	free(is_new);
}

static void
loaded(void *arg, struct conf *conf)
{
	struct outboxes *outboxes = arg;
	bool first = outboxes->conf == NULL;
	enum log_level level;

	if (outboxes->stopping) {
		conf_free(conf);
		return;
	}
	if (log_level_from_word(conf->log_level, &level) == 0)
		log_set_level(level);
	load(outboxes, conf);
	conf_free(outboxes->conf);
	outboxes->conf = conf;
	log_info("%s: %zu outboxes", conf->file, outboxes->count);
	if (first) {
		pusher_open(outboxes->pusher);
		/* A database that is down keeps nobody from starting. */
		notify_send("READY=1");
	}
	said(outboxes);
}

static void
queue_ready(void *arg)
{
	struct outboxes *outboxes = arg;

	tell_queue(outboxes);
	for (size_t i = 0; i < outboxes->count; i++)
		outbox_wake(outboxes->list[i]);
}

/* At the start, so failing is fatal: jobd starts us again. */
static void
set_up(struct outboxes *outboxes, const char *queue_path, const char *control_path)
{
	const struct {
		int signum;
		event_callback_fn callback;
	} signals[SIGNALS] = {
		{SIGHUP,   on_hangup   },
		{ SIGTERM, on_terminate},
		{ SIGINT,  on_terminate},
	};
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, NULL);
	if ((outboxes->base = event_base_new()) == NULL)
		fatalx("can't make an event loop");
	outboxes->settings = settings_new(outboxes->base, control_path, loaded, outboxes);
	outboxes->pusher = pusher_new(outboxes->base, queue_path, queue_ready, outboxes);
	outboxes->retell = evtimer_new(outboxes->base, on_retell, outboxes);
	if (outboxes->settings == NULL || outboxes->pusher == NULL || outboxes->retell == NULL)
		fatalx("out of memory");
	for (size_t i = 0; i < SIGNALS; i++) {
		outboxes->signals[i] =
		    evsignal_new(outboxes->base, signals[i].signum, signals[i].callback, outboxes);
		if (outboxes->signals[i] == NULL || event_add(outboxes->signals[i], NULL) == -1)
			fatalx("can't watch signals");
	}
}

static void
clean_up(struct outboxes *outboxes)
{
	for (size_t i = 0; i < SIGNALS; i++)
		event_free(outboxes->signals[i]);
	event_free(outboxes->retell);
	for (size_t i = 0; i < outboxes->count; i++)
		outbox_free(outboxes->list[i]);
	free(outboxes->list);
	pusher_free(outboxes->pusher);
	settings_free(outboxes->settings);
	conf_free(outboxes->conf);
	event_base_free(outboxes->base);
}

int
outboxes_main(const char *run_dir)
{
	struct outboxes outboxes = { .conf = NULL };
	char *queue_path, *control_path;

	if (asprintf(&queue_path, "%s/" PROTO_QUEUE_SOCKET, run_dir) == -1 ||
	    asprintf(&control_path, "%s/" PROTO_CONTROL_SOCKET, run_dir) == -1)
		fatalx("out of memory");
	set_up(&outboxes, queue_path, control_path);
	settings_fetch(outboxes.settings);
	event_base_dispatch(outboxes.base);
	clean_up(&outboxes);
	free(queue_path);
	free(control_path);
	return EXIT_SUCCESS;
}
