/*
 * Preloaded: gives a process a real-time clock of its own, so that a test can set it.  The offset
 * in seconds stands in the file named by CLOCK_SHIM.  A change of it is told as the kernel tells a
 * change of the clock: the next read(2) or timerfd_settime(2) of the timer fails with ECANCELED,
 * and a timer that is set all the same stays set.
 */
#define _GNU_SOURCE
#include <sys/timerfd.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static _Atomic long offset;
static _Atomic int timer_fd = -1, cancelled;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_settime)(int, int, const struct itimerspec *, struct itimerspec *);
static ssize_t (*real_read)(int, void *, size_t);

static long
offset_read(void)
{
	FILE *file = fopen(getenv("CLOCK_SHIM"), "r");
	long value = offset;

	if (file == NULL)
		return value;
	if (fscanf(file, "%ld", &value) != 1)
		value = offset;
	fclose(file);
	return value;
}

static void *
watch(void *unused)
{
	const struct timespec pause = { 0, 5000000 };
	const struct itimerspec now = {
		.it_value = {0, 1}
	};

	for (;;) {
		long value = offset_read();

		if (value != offset && timer_fd != -1) {
			offset = value;
			cancelled = 1;
			real_settime(timer_fd, 0, &now, NULL);
		}
		nanosleep(&pause, NULL);
	}
	return unused;
}

__attribute__((constructor)) static void
setup(void)
{
	pthread_t thread;

	real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	real_settime = dlsym(RTLD_NEXT, "timerfd_settime");
	real_read = dlsym(RTLD_NEXT, "read");
	if (getenv("CLOCK_SHIM") == NULL)
		return;
	offset = offset_read();
	pthread_create(&thread, NULL, watch, NULL);
}

int
clock_gettime(clockid_t id, struct timespec *now)
{
	int result = real_gettime(id, now);

	if (id == CLOCK_REALTIME)
		now->tv_sec += offset;
	return result;
}

int
timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	struct itimerspec moved = *new;

	timer_fd = fd;
	if (flags & TFD_TIMER_ABSTIME && moved.it_value.tv_sec != 0)
		moved.it_value.tv_sec -= offset;
	if (real_settime(fd, flags, &moved, old) == -1)
		return -1;
	/* It may have taken the place of the one that was to tell of the change. */
	if (atomic_exchange(&cancelled, 0)) {
		errno = ECANCELED;
		return -1;
	}
	return 0;
}

ssize_t
read(int fd, void *data, size_t size)
{
	ssize_t len = real_read(fd, data, size);

	if (fd == timer_fd && atomic_exchange(&cancelled, 0)) {
		errno = ECANCELED;
		return -1;
	}
	return len;
}
