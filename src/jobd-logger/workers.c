#include <sys/eventfd.h>
#include <sys/queue.h>

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "jobd-logger/lines.h"
#include "jobd-logger/workers.h"

#define THREADS_MAX 8
#define STACK_BYTES ((size_t)128 * 1024)
/* Work that waits this long waits behind threads that are stuck. */
#define STUCK_MS 50

TAILQ_HEAD(work_list, work);

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	struct work_list waiting, finished;
	int threads, idle;
	bool is_told; /* the loop knows that something is finished */
	int event_fd;
	struct event *finished_event, *stuck_event;
} workers = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.wake = PTHREAD_COND_INITIALIZER,
	.waiting = TAILQ_HEAD_INITIALIZER(workers.waiting),
	.finished = TAILQ_HEAD_INITIALIZER(workers.finished),
};

static __thread char *scratch;

static void on_finished(int fd, short what, void *arg);
static void on_stuck(int fd, short what, void *arg);
static void *thread_run(void *arg);
static void thread_start(void);

int
workers_init(struct event_base *base)
{
	workers.event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (workers.event_fd == -1)
		return -1;
	workers.finished_event =
	    event_new(base, workers.event_fd, EV_READ | EV_PERSIST, on_finished, NULL);
	workers.stuck_event = event_new(base, -1, 0, on_stuck, NULL);
	if (workers.finished_event == NULL || workers.stuck_event == NULL)
		return -1;
	return event_add(workers.finished_event, NULL);
}

char *
workers_scratch(void)
{
	if (scratch == NULL)
		scratch = malloc(LINES_RENDERED_MAX);
	return scratch;
}

static int
thread_create(void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	/* Signals belong to the loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if ((error = pthread_create(&thread, &attr, run, arg)) != 0)
		log_warnx("can't start a thread: %s", strerror(error));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return error == 0 ? 0 : -1;
}

/* Called with the mutex held. */
static void
thread_start(void)
{
	if (thread_create(thread_run, NULL) == 0)
		workers.threads++;
}

/* Called with the mutex held. */
static void
work_finished(struct work *work)
{
	static const uint64_t one = 1;

	TAILQ_INSERT_TAIL(&workers.finished, work, entry);
	if (!workers.is_told)
		workers.is_told = write(workers.event_fd, &one, sizeof(one)) != -1;
}

static void *
background_run(void *arg)
{
	struct work *work = arg;

	work->run(work);
	pthread_mutex_lock(&workers.mutex);
	work_finished(work);
	pthread_mutex_unlock(&workers.mutex);
	return NULL;
}

void
workers_submit_background(struct work *work)
{
	if (thread_create(background_run, work) == 0)
		return;
	pthread_mutex_lock(&workers.mutex);
	work_finished(work);
	pthread_mutex_unlock(&workers.mutex);
}

void
workers_submit(struct work *work)
{
	static const struct timeval stuck = { 0, STUCK_MS * 1000 };
	bool is_idle;

	pthread_mutex_lock(&workers.mutex);
	TAILQ_INSERT_TAIL(&workers.waiting, work, entry);
	is_idle = workers.idle > 0;
	if (!is_idle && workers.threads == 0)
		thread_start();
	pthread_mutex_unlock(&workers.mutex);
	if (is_idle)
		pthread_cond_signal(&workers.wake);
	else if (!evtimer_pending(workers.stuck_event, NULL))
		evtimer_add(workers.stuck_event, &stuck);
}

bool
workers_are_wanted(void)
{
	bool are_wanted;

	pthread_mutex_lock(&workers.mutex);
	are_wanted = !TAILQ_EMPTY(&workers.waiting);
	pthread_mutex_unlock(&workers.mutex);
	return are_wanted;
}

/* The next work, or NULL if this thread is one too many. */
static struct work *
work_next(void)
{
	struct work *work;

	while ((work = TAILQ_FIRST(&workers.waiting)) == NULL) {
		if (workers.idle > 0)
			return NULL;
		workers.idle++;
		pthread_cond_wait(&workers.wake, &workers.mutex);
		workers.idle--;
	}
	TAILQ_REMOVE(&workers.waiting, work, entry);
	return work;
}

static void *
thread_run(void *arg)
{
	struct work *work;

	(void)arg;
	pthread_mutex_lock(&workers.mutex);
	while ((work = work_next()) != NULL) {
		pthread_mutex_unlock(&workers.mutex);
		work->run(work);
		pthread_mutex_lock(&workers.mutex);
		work_finished(work);
	}
	workers.threads--;
	pthread_mutex_unlock(&workers.mutex);
	free(scratch);
	return NULL;
}

static void
on_finished(int fd, short what, void *arg)
{
	struct work_list finished = TAILQ_HEAD_INITIALIZER(finished);
	struct work *work;
	uint64_t count;

	(void)what;
	(void)arg;
	pthread_mutex_lock(&workers.mutex);
	if (read(fd, &count, sizeof(count)) == -1)
		count = 0;
	workers.is_told = false;
	TAILQ_CONCAT(&finished, &workers.finished, entry);
	pthread_mutex_unlock(&workers.mutex);
	while ((work = TAILQ_FIRST(&finished)) != NULL) {
		TAILQ_REMOVE(&finished, work, entry);
		work->done(work);
	}
}

static void
on_stuck(int fd, short what, void *arg)
{
	static const struct timeval stuck = { 0, STUCK_MS * 1000 };

	(void)fd;
	(void)what;
	(void)arg;
	pthread_mutex_lock(&workers.mutex);
	if (!TAILQ_EMPTY(&workers.waiting) && workers.idle == 0 && workers.threads < THREADS_MAX) {
		thread_start();
		evtimer_add(workers.stuck_event, &stuck);
	}
	pthread_mutex_unlock(&workers.mutex);
}
