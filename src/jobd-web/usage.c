#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "members/process.h"

#include "overview.h"
#include "usage.h"

/* Of each program: ten minutes at one in five seconds. */
#define SAMPLES_MAX  128
#define PROGRAMS_MAX 200
#define APART_MS     INT64_C(1000)
/* Of parents on the way from a process up to a leader. */
#define DEPTH_MAX 32

struct seen {
	pid_t pid, parent, session;
	int64_t ticks, pages;
	ssize_t program; /* -1: none of them */
};

struct history {
	char name[80];
	pid_t pid, sampled_pid;
	int64_t ticks; /* of all its processes at the last sample */
	int64_t total; /* ticks of all its samples: it never goes back */
	int64_t files; /* open in all of them at the last sample */
	size_t count;
	struct usage_sample samples[SAMPLES_MAX];
};

static struct history *histories[PROGRAMS_MAX];
static size_t history_count;
static int64_t taken_ms;

int64_t
usage_now_ms(void)
{
	return monotime_now().us / CLOCK_US_PER_MS;
}

static bool
read_one(pid_t pid, struct seen *process)
{
	char text[PROCESS_STAT_MAX];
	const char *rest = process_stat(pid, text, sizeof(text));
	long long user, kernel, ended_user, ended_kernel, pages;
	int parent, session;

	if (rest == NULL ||
	    sscanf(rest,
		" %*c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld %*d "
		"%*d %*d %*d %*u %*u %lld",
		&parent, &session, &user, &kernel, &ended_user, &ended_kernel, &pages) != 7)
		return false;
	*process = (struct seen){
		.pid = pid,
		.parent = parent,
		.session = session,
		/* What its children took is its own once they have ended. */
		.ticks = user + kernel + ended_user + ended_kernel,
		.pages = pages,
		.program = -1,
	};
	return true;
}

static int
by_pid(const void *a, const void *b)
{
	const struct seen *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

/* All processes, by number; the caller frees them. */
static struct seen *
read_all(size_t *count)
{
	DIR *dir = opendir("/proc");
	struct seen *list = NULL, *more;
	const struct dirent *entry;

	*count = 0;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (*count % 64 == 0) {
			more = reallocarray(list, *count + 64, sizeof(*list));
			if (more == NULL)
				break;
			list = more;
		}
		if (read_one((pid_t)strtol(entry->d_name, NULL, 10), &list[*count]))
			(*count)++;
	}
	if (dir != NULL)
		closedir(dir);
	if (*count > 0)
		qsort(list, *count, sizeof(*list), by_pid);
	return list;
}

static struct history *
history_find(const char *name)
{
	for (size_t i = 0; i < history_count; i++)
		if (strcmp(histories[i]->name, name) == 0)
			return histories[i];
	return NULL;
}

static struct history *
history_get(const char *name)
{
	struct history *history = history_find(name);

	if (history != NULL || history_count == PROGRAMS_MAX)
		return history;
	if ((history = calloc(1, sizeof(*history))) == NULL)
		return NULL;
	strlcpy(history->name, name, sizeof(history->name));
	histories[history_count++] = history;
	return history;
}

static ssize_t
program_led_by(pid_t pid)
{
	for (size_t i = 0; i < history_count; i++)
		if (pid > 0 && histories[i]->pid == pid)
			return (ssize_t)i;
	return -1;
}

/* A process is a program's if it is in the leader's session or came from the leader. */
static ssize_t
program_of(const struct seen *list, size_t count, const struct seen *process)
{
	ssize_t program = program_led_by(process->session);

	for (int depth = 0; program == -1 && process != NULL && depth < DEPTH_MAX; depth++) {
		struct seen parent = { .pid = process->parent };

		program = program_led_by(process->pid);
		process = bsearch(&parent, list, count, sizeof(*list), by_pid);
	}
	return program;
}

static void
history_add(struct history *history, const struct usage_sample *sample)
{
	if (history->count == SAMPLES_MAX)
		memmove(history->samples, history->samples + 1, sizeof(*sample) * --history->count);
	history->samples[history->count++] = *sample;
}

static double
percent_since(const struct history *history, int64_t ticks, int64_t now_ms)
{
	double per_second = (double)sysconf(_SC_CLK_TCK);
	int64_t since_ms;

	/* Without one before, or when a process took its figure with it. */
	if (history->count == 0 || history->sampled_pid != history->pid || ticks < history->ticks)
		return USAGE_NONE;
	since_ms = now_ms - history->samples[history->count - 1].at_ms;
	return (double)(ticks - history->ticks) / per_second * 1000 / (double)since_ms * 100;
}

/* The kernel tells the number as the directory's size since Linux 6.2, and to everybody. */
static int64_t
files_of(pid_t pid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void
take_one(struct history *history, const struct seen *list, size_t count, int64_t now_ms)
{
	struct usage_sample sample = { .at_ms = now_ms };
	int64_t ticks = 0, files = 0;

	for (size_t i = 0; i < count; i++) {
		if (list[i].program == -1 || histories[list[i].program] != history)
			continue;
		sample.memory_bytes += list[i].pages * sysconf(_SC_PAGESIZE);
		sample.processes++;
		ticks += list[i].ticks;
		files += files_of(list[i].pid);
	}
	history->files = files > 0 ? files : USAGE_NONE;
	if (sample.processes == 0)
		return;
	if (history->sampled_pid != history->pid)
		history->total += ticks;
	else if (ticks > history->ticks)
		history->total += ticks - history->ticks;
	sample.cpu_percent = percent_since(history, ticks, now_ms);
	history->ticks = ticks;
	history->sampled_pid = history->pid;
	history_add(history, &sample);
}

/* What is not in the list any more is forgotten. */
static void
take_names(const json_t *programs)
{
	const json_t *program;
	size_t i, kept = 0;

	for (i = 0; i < history_count; i++)
		histories[i]->pid = -1;
	json_array_foreach(programs, i, program)
	{
		struct history *history = history_get(member_text(program, "name"));
		pid_t pid = (pid_t)member_int(program, "pid");

		if (history != NULL)
			history->pid = pid;
	}
	for (i = 0; i < history_count; i++) {
		if (histories[i]->pid == -1)
			free(histories[i]);
		else
			histories[kept++] = histories[i];
	}
	history_count = kept;
}

void
usage_take(const json_t *programs)
{
	int64_t now_ms = usage_now_ms();
	struct seen *list;
	size_t count;

	if (now_ms - taken_ms < APART_MS)
		return;
	taken_ms = now_ms;
	take_names(programs);
	list = read_all(&count);
	for (size_t i = 0; i < count; i++)
		list[i].program = program_of(list, count, &list[i]);
	for (size_t i = 0; i < history_count; i++)
		take_one(histories[i], list, count, now_ms);
	free(list);
}

struct usage
usage_of(const char *name)
{
	const struct history *history = history_find(name);
	int64_t since_ms = usage_now_ms() - USAGE_SPAN_MS;
	size_t first = 0;

	if (history == NULL)
		return (struct usage){ 0 };
	while (first < history->count && history->samples[first].at_ms < since_ms)
		first++;
	return (struct usage){ history->samples + first, history->count - first };
}

struct usage_sample
usage_last(const char *name)
{
	struct usage usage = usage_of(name);

	/* An old one says nothing about now. */
	if (usage.count == 0 || taken_ms != usage.samples[usage.count - 1].at_ms)
		return (
		    struct usage_sample){ .memory_bytes = USAGE_NONE, .cpu_percent = USAGE_NONE };
	return usage.samples[usage.count - 1];
}

double
usage_cpu_seconds(const char *name)
{
	const struct history *history = history_find(name);

	return history != NULL && history->count > 0
		   ? (double)history->total / (double)sysconf(_SC_CLK_TCK)
		   : USAGE_NONE;
}

int64_t
usage_files(const char *name)
{
	const struct history *history = history_find(name);

	return history != NULL && history->count > 0 ? history->files : USAGE_NONE;
}
