#include <sys/inotify.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "watch_private.h"

/* Changes that come together are one. */
#define QUIET_MS   300
#define AT_MOST_MS 2000

static struct watch *watch_new(struct event_base *, watch_changed *, void *arg);
static int add_program(struct watch *, const struct conf_program *);
static bool has_files(const struct conf *);
static void on_quiet(evutil_socket_t, short events, void *program);
static void on_event(evutil_socket_t, short events, void *watch);
static void take_event(struct watch *, const struct inotify_event *);
static void lose_dir(struct watch *, const struct watched_dir *, bool is_moved);
static void file_changed(struct watch *, const char *path, bool is_directory);
static const char *short_path(const struct watched *, const char *path);

static bool
has_files(const struct conf *conf)
{
	for (size_t i = 0; i < conf->program_count; i++)
		if (conf->programs[i].enabled && conf->programs[i].watch[0] != NULL)
			return true;
	return false;
}

static struct watch *
watch_new(struct event_base *base, watch_changed *changed, void *arg)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->base = base;
	watch->changed = changed;
	watch->arg = arg;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd != -1)
		watch->event = event_new(base, watch->fd, EV_READ | EV_PERSIST, on_event, watch);
	if (watch->event != NULL && event_add(watch->event, NULL) == 0)
		return watch;
	watch_free(watch);
	return NULL;
}

void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	for (size_t i = 0; i < watch->program_count; i++) {
		struct watched *program = &watch->programs[i];

		for (char **pattern = program->patterns; pattern != NULL && *pattern != NULL;
		     pattern++)
			free(*pattern);
		free(program->patterns);
		free(program->name);
		free(program->root);
		if (program->timer != NULL)
			event_free(program->timer);
	}
	for (size_t i = 0; i < watch->dir_count; i++)
		free(watch->dirs[i].path);
	if (watch->event != NULL)
		event_free(watch->event);
	fd_close(watch->fd);
	free(watch->programs);
	free(watch->dirs);
	free(watch);
}

static int
add_program(struct watch *watch, const struct conf_program *conf)
{
	struct watched *program = &watch->programs[watch->program_count++];
	const char *slash = strrchr(conf->file, '/');
	size_t count = 0;

	program->watch = watch;
	program->name = strdup(conf->name);
	program->root = conf->identity.directory[0] == '/'
			    ? strdup(conf->identity.directory)
			    : strndup(conf->file, slash != NULL ? (size_t)(slash - conf->file) : 0);
	program->timer = evtimer_new(watch->base, on_quiet, program);
	while (conf->watch[count] != NULL)
		count++;
	program->patterns = calloc(count + 1, sizeof(*program->patterns));
	if (program->name == NULL || program->root == NULL || program->timer == NULL ||
	    program->patterns == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		if ((program->patterns[i] = strdup(conf->watch[i])) == NULL)
			return -1;
	return 0;
}

struct watch *
watch_load(struct watch *old, struct event_base *base, const struct conf *conf,
    watch_changed *changed, void *arg)
{
	struct watch *watch;

	watch_free(old);
	if (!has_files(conf))
		return NULL;
	if ((watch = watch_new(base, changed, arg)) == NULL) {
		log_err("no files are watched: inotify");
		return NULL;
	}
	/* Timers point to them: they stay where they are. */
	watch->programs = calloc(conf->program_count, sizeof(*watch->programs));
	for (size_t i = 0; i < conf->program_count && watch->programs != NULL; i++) {
		const struct conf_program *program = &conf->programs[i];

		if (program->enabled && program->watch[0] != NULL &&
		    add_program(watch, program) == -1) {
			log_errx("no files are watched: out of memory");
			watch_free(watch);
			return NULL;
		}
	}
	watch_scan(watch);
	watch->complete = true;
	return watch;
}

static const char *
short_path(const struct watched *program, const char *path)
{
	size_t len = strlen(program->root);

	return len > 0 && strncmp(path, program->root, len) == 0 && path[len] == '/'
		   ? path + len + 1
		   : path;
}

void
watch_note(struct watched *program, const char *path)
{
	struct monotime now = monotime_now(), latest;
	struct timeval delay;

	if (!monotime_is_set(program->since)) {
		program->since = now;
		snprintf(program->path, sizeof(program->path), "%s", short_path(program, path));
	}
	latest = monotime_add_ms(program->since, AT_MOST_MS);
	now = monotime_add_ms(now, QUIET_MS);
	delay = monotime_until(now.us < latest.us ? now : latest);
	event_add(program->timer, &delay);
}

static void
on_quiet(evutil_socket_t fd, short events, void *arg)
{
	struct watched *program = arg;
	struct watch *watch = program->watch;

	(void)fd;
	(void)events;
	program->since = (struct monotime){ 0 };
	watch->changed(watch->arg, program->name, program->path);
}

static void
file_changed(struct watch *watch, const char *path, bool is_directory)
{
	for (size_t i = 0; i < watch->program_count; i++)
		if (watch_concerns(&watch->programs[i], path, is_directory))
			watch_note(&watch->programs[i], path);
}

/* It is removed, or elsewhere now.  Of one that a program names the directory around it is watched
 * from now on: it may be made anew. */
static void
lose_dir(struct watch *watch, const struct watched_dir *dir, bool is_moved)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", dir->path);
	watch_forget_dir(watch, dir->wd);
	if (!watch_is_base(watch, path))
		return;
	if (is_moved)
		file_changed(watch, path, true);
	watch_scan(watch);
}

static void
take_event(struct watch *watch, const struct inotify_event *event)
{
	const struct watched_dir *dir = watch_find_dir(watch, event->wd);
	bool is_directory = (event->mask & IN_ISDIR) != 0;
	char path[PATH_MAX];

	if (event->mask & IN_Q_OVERFLOW) {
		watch_scan(watch);
		for (size_t i = 0; i < watch->program_count; i++)
			watch_note(&watch->programs[i], "too many files");
		return;
	}
	if (dir == NULL)
		return;
	if (event->mask & (IN_IGNORED | IN_MOVE_SELF)) {
		lose_dir(watch, dir, (event->mask & IN_MOVE_SELF) != 0);
		return;
	}
	if (event->len == 0)
		return;
	snprintf(
	    path, sizeof(path), "%s/%s", strcmp(dir->path, "/") == 0 ? "" : dir->path, event->name);
	if (!is_directory)
		file_changed(watch, path, false);
	else if (event->mask & (IN_CREATE | IN_MOVED_TO))
		watch_scan(watch);
	else if (event->mask & (IN_DELETE | IN_MOVED_FROM))
		file_changed(watch, path, true);
}

static void
on_event(evutil_socket_t fd, short events, void *arg)
{
	char buf[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len = read(fd, buf, sizeof(buf));
	const struct inotify_event *event;

	(void)events;
	for (char *at = buf; len > 0 && at < buf + len; at += sizeof(*event) + event->len) {
		event = (const struct inotify_event *)(const void *)at;
		take_event(arg, event);
	}
}
