#include <sys/timerfd.h>

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "alarm.h"
#include "base/log.h"

/* Nothing is due: far away, so that a change of the clock is still told. */
#define FAR_AWAY_SEC INT64_C(4102444800)

int
alarm_open(struct alarm *alarm, struct event_base *base, event_callback_fn fn, void *arg)
{
	*alarm = (struct alarm){ .fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC) };
	if (alarm->fd == -1)
		return -1;
	alarm->event = event_new(base, alarm->fd, EV_READ | EV_PERSIST, fn, arg);
	if (alarm->event != NULL && event_add(alarm->event, NULL) == 0)
		return 0;
	alarm_close(alarm);
	errno = ENOMEM;
	return -1;
}

void
alarm_close(struct alarm *alarm)
{
	if (alarm->event != NULL)
		event_free(alarm->event);
	if (alarm->fd != -1)
		close(alarm->fd);
	*alarm = (struct alarm){ .fd = -1 };
}

enum alarm_cause
alarm_cause(struct alarm *alarm)
{
	uint64_t expired;

	alarm->set = false;
	if (read(alarm->fd, &expired, sizeof(expired)) == sizeof(expired))
		return ALARM_DUE;
	return errno == ECANCELED ? ALARM_CLOCK_SET : ALARM_NOTHING;
}

bool
alarm_set(struct alarm *alarm, struct walltime when)
{
	struct itimerspec spec = { .it_value = { .tv_sec = FAR_AWAY_SEC } };

	if (alarm->set && alarm->when.us == when.us)
		return true;
	alarm->set = true;
	alarm->when = when;
	if (walltime_is_set(when)) {
		spec.it_value.tv_sec = when.us / CLOCK_US_PER_SEC;
		spec.it_value.tv_nsec = when.us % CLOCK_US_PER_SEC * 1000;
	}
	if (timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL) ==
	    0)
		return true;
	if (errno != ECANCELED) {
		log_err("can't set the timer");
		return true;
	}
	/* The clock was set just now: this was the only word about it. */
	alarm->set = false;
	return false;
}
