#include <sys/eventfd.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "transfers.h"

/* More than this are not under way at the same time: the others wait. */
#define THREADS_MAX 64
#define STACK_BYTES ((size_t)512 * 1024)
/* A thread without work goes after this time. */
#define IDLE_S 30
/* libcurl knows its own time-outs. */
#define POLL_MS 60000

TAILQ_HEAD(transfer_list, transfer);

struct transfers {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	struct transfer_list waiting, finished;
	size_t count; /* submitted, and not yet told as done */
	size_t waiting_count;
	int threads, idle;
	bool ending;
	int event_fd;
	struct event *event;
};

static void on_finished(evutil_socket_t, short events, void *transfers);

struct transfers *
transfers_new(struct event_base *base)
{
	struct transfers *transfers = calloc(1, sizeof(*transfers));
	pthread_condattr_t attributes;

	if (transfers == NULL)
		return NULL;
	TAILQ_INIT(&transfers->waiting);
	TAILQ_INIT(&transfers->finished);
	pthread_mutex_init(&transfers->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&transfers->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	transfers->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (transfers->event_fd != -1)
		transfers->event = event_new(
		    base, transfers->event_fd, EV_READ | EV_PERSIST, on_finished, transfers);
	if (transfers->event == NULL || event_add(transfers->event, NULL) == -1) {
		transfers_free(transfers);
		errno = ENOMEM;
		return NULL;
	}
	return transfers;
}

/* Threads end by themselves; the last one that could use the lock is gone when we return. */
bool
transfers_free(struct transfers *transfers)
{
	if (transfers == NULL)
		return true;
	pthread_mutex_lock(&transfers->mutex);
	transfers->ending = true;
	pthread_cond_broadcast(&transfers->wake);
	while (transfers->count == 0 && transfers->threads > 0)
		pthread_cond_wait(&transfers->wake, &transfers->mutex);
	pthread_mutex_unlock(&transfers->mutex);
	if (transfers->count > 0)
		return false;
	if (transfers->event != NULL)
		event_free(transfers->event);
	fd_close(transfers->event_fd);
	pthread_cond_destroy(&transfers->wake);
	pthread_mutex_destroy(&transfers->mutex);
	free(transfers);
	return true;
}

/* In a thread. */

static int
on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	struct transfer *transfer = arg;

	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	return atomic_load(&transfer->aborted) ? 1 : 0;
}

/* The next one to do, locked; NULL when there was none for a while. */
static struct transfer *
wait_for_work(struct transfers *transfers)
{
	struct transfer *transfer;
	struct timespec until;
	int error = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	transfers->idle++;
	while (TAILQ_EMPTY(&transfers->waiting) && !transfers->ending && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&transfers->wake, &transfers->mutex, &until);
	transfers->idle--;
	if ((transfer = TAILQ_FIRST(&transfers->waiting)) != NULL) {
		TAILQ_REMOVE(&transfers->waiting, transfer, entry);
		transfers->waiting_count--;
	}
	return transfer;
}

/* Not curl_easy_perform(): nobody can wake it up. */
static CURLcode
perform(CURLM *multi, struct transfer *transfer)
{
	CURLcode code = CURLE_FAILED_INIT;
	CURLMsg *message;
	int running, left;

	if (multi == NULL || curl_multi_add_handle(multi, transfer->easy) != CURLM_OK)
		return code;
	while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0 &&
	       !atomic_load(&transfer->aborted) &&
	       curl_multi_poll(multi, NULL, 0, POLL_MS, NULL) == CURLM_OK)
		continue;
	if (atomic_load(&transfer->aborted))
		code = CURLE_ABORTED_BY_CALLBACK;
	while ((message = curl_multi_info_read(multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
			code = message->data.result;
	curl_multi_remove_handle(multi, transfer->easy);
	return code;
}

static void *
thread_run(void *arg)
{
	struct transfers *transfers = arg;
	CURLM *multi = curl_multi_init(); /* keeps the connection for the next one */
	const uint64_t one = 1;
	struct transfer *transfer;
	CURLcode code;

	pthread_mutex_lock(&transfers->mutex);
	while ((transfer = wait_for_work(transfers)) != NULL) {
		transfer->multi = multi;
		pthread_mutex_unlock(&transfers->mutex);
		code = perform(multi, transfer);
		pthread_mutex_lock(&transfers->mutex);
		transfer->multi = NULL;
		transfer->code = code;
		TAILQ_INSERT_TAIL(&transfers->finished, transfer, entry);
		if (write(transfers->event_fd, &one, sizeof(one)) == -1)
			log_warn("a mail's end can't be told");
	}
	/* The last thing that it does with libcurl, which may end when no thread is left. */
	pthread_mutex_unlock(&transfers->mutex);
	curl_multi_cleanup(multi);
	pthread_mutex_lock(&transfers->mutex);
	transfers->threads--;
	pthread_cond_broadcast(&transfers->wake);
	pthread_mutex_unlock(&transfers->mutex);
	return NULL;
}

/* On the loop. */

/* Signals are for the loop's thread. */
static int
thread_start(struct transfers *transfers)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&thread, &attributes, thread_run, transfers);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error == 0)
		transfers->threads++;
	return error;
}

void
transfers_submit(struct transfers *transfers, struct transfer *transfer)
{
	int error = 0;

	curl_easy_setopt(transfer->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(transfer->easy, CURLOPT_XFERINFODATA, transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_NOPROGRESS, 0L);
	pthread_mutex_lock(&transfers->mutex);
	TAILQ_INSERT_TAIL(&transfers->waiting, transfer, entry);
	transfers->waiting_count++;
	transfers->count++;
	if ((size_t)transfers->idle < transfers->waiting_count && transfers->threads < THREADS_MAX)
		error = thread_start(transfers);
	/* With at least one thread it is done some time. */
	if (error != 0 && transfers->threads == 0) {
		TAILQ_REMOVE(&transfers->waiting, transfer, entry);
		transfers->waiting_count--;
		transfer->code = CURLE_FAILED_INIT;
		TAILQ_INSERT_TAIL(&transfers->finished, transfer, entry);
		event_active(transfers->event, EV_READ, 1);
	}
	pthread_cond_signal(&transfers->wake);
	pthread_mutex_unlock(&transfers->mutex);
}

void
transfers_abort(struct transfers *transfers, struct transfer *transfer)
{
	atomic_store(&transfer->aborted, true);
	pthread_mutex_lock(&transfers->mutex);
	if (transfer->multi != NULL)
		curl_multi_wakeup(transfer->multi);
	pthread_mutex_unlock(&transfers->mutex);
}

static struct transfer *
take_finished(struct transfers *transfers)
{
	struct transfer *transfer;

	pthread_mutex_lock(&transfers->mutex);
	if ((transfer = TAILQ_FIRST(&transfers->finished)) != NULL) {
		TAILQ_REMOVE(&transfers->finished, transfer, entry);
		transfers->count--;
	}
	pthread_mutex_unlock(&transfers->mutex);
	return transfer;
}

static void
on_finished(evutil_socket_t fd, short events, void *arg)
{
	struct transfers *transfers = arg;
	struct transfer *transfer;
	uint64_t count;

	(void)events;
	if (read(fd, &count, sizeof(count)) == -1 && errno != EAGAIN && errno != EINTR)
		log_warn("eventfd");
	while ((transfer = take_finished(transfers)) != NULL)
		transfer->done(transfer);
}
