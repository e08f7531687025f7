#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "guard.h"
#include "guards.h"
#include "members/members.h"
#include "memory_pause.h"
#include "usage.h"

#define MEMBERS_MAX 1024
/* More than fits there is not looked through. */
#define ENVIRONMENT_BYTES (128 * 1024)
#define MARK              "JOBD_START_ID="

static void arm(struct event *, int64_t ms);
static void find_tag(struct guard *);
static void on_memory(evutil_socket_t, short events, void *guard);
static void on_age(evutil_socket_t, short events, void *guard);
static const char *size_text(int64_t bytes, char *buf, size_t size);

static void
arm(struct event *timer, int64_t ms)
{
	struct timeval delay = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (timer == NULL || event_add(timer, &delay) == -1)
		log_errx("memory or age of a program is not looked after: out of memory");
}

void
guard_limit_begin(struct guard *guard)
{
	const struct conf_program *program = guard->program;
	struct event_base *base = guard->guards->base;

	if (program->memory_bytes > 0) {
		guard->memory_timer = evtimer_new(base, on_memory, guard);
		guard->memory_pause_ms = memory_pause_ms(0, 0, program->memory_bytes);
		arm(guard->memory_timer, guard->memory_pause_ms);
	}
	if (program->max_age_ms > 0) {
		int64_t left_ms =
		    program->max_age_ms - monotime_diff_ms(monotime_now(), guard->started);

		if (program->max_age_jitter_ms > 0)
			left_ms += (int64_t)((double)arc4random() / UINT32_MAX *
					     (double)program->max_age_jitter_ms);
		guard->age_timer = evtimer_new(base, on_age, guard);
		arm(guard->age_timer, left_ms > 0 ? left_ms : 0);
	}
}

void
guard_limit_end(struct guard *guard)
{
	if (guard->memory_timer != NULL)
		event_free(guard->memory_timer);
	if (guard->age_timer != NULL)
		event_free(guard->age_timer);
	guard->memory_timer = guard->age_timer = NULL;
}

/* The leader has it in its environment once it was executed; before that it has jobd's. */
static void
find_tag(struct guard *guard)
{
	char path[40], *text;
	ssize_t len = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)guard->pid);
	if ((text = malloc(ENVIRONMENT_BYTES)) == NULL)
		return;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		len = read(fd, text, ENVIRONMENT_BYTES - 1);
		fd_close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
	for (char *entry = text; entry < text + len; entry += strlen(entry) + 1)
		if (strncmp(entry, MARK, sizeof(MARK) - 1) == 0)
			snprintf(guard->tag, sizeof(guard->tag), "%s", entry);
	free(text);
}

/* "613M" */
static const char *
size_text(int64_t bytes, char *buf, size_t size)
{
	if (bytes >= INT64_C(1) << 20)
		snprintf(buf, size, "%lldM", (long long)(bytes >> 20));
	else
		snprintf(buf, size, "%lldK", (long long)(bytes >> 10));
	return buf;
}

/* What its processes are is asked of the kernel, not of jobd: they are not our children. */
static void
on_memory(evutil_socket_t fd, short events, void *arg)
{
	struct guard *guard = arg;
	int64_t limit = guard->program->memory_bytes;
	struct members_query query = {
		.leader = guard->pid, .session = guard->pid, .group = guard->pid, .everywhere = true
	};
	pid_t pids[MEMBERS_MAX];
	struct usage usage;
	char used[32], most[32];

	(void)fd;
	(void)events;
	if (guard->tag[0] == '\0')
		find_tag(guard);
	if (guard->tag[0] != '\0')
		query.tag = guard->tag;
	usage = usage_of(pids, members_find(&query, pids, MEMBERS_MAX));
	if (usage.memory_bytes > limit)
		guard_expel(guard, "memory", "memory %s over %s",
		    size_text(usage.memory_bytes, used, sizeof(used)),
		    size_text(limit, most, sizeof(most)));
	guard->memory_pause_ms = memory_pause_ms(guard->memory_pause_ms, usage.memory_bytes, limit);
	arm(guard->memory_timer, guard->memory_pause_ms);
}

static void
on_age(evutil_socket_t fd, short events, void *arg)
{
	struct guard *guard = arg;
	char age[40];

	(void)fd;
	(void)events;
	guard_expel(guard, "age", "older than %s",
	    text_from_duration_ms(guard->program->max_age_ms, age, sizeof(age)));
}
