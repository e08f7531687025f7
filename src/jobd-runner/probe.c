#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "probe.h"

static const struct probe_kind *kind_of(const struct conf_check *);
static void begin_try(struct probe *);
static void end_try(struct probe *);
static void settle(struct probe *, bool good, bool counts, const char *text);
static void start_timer(struct event *, int64_t ms);
static void on_timer(evutil_socket_t, short events, void *probe);
static void on_limit(evutil_socket_t, short events, void *probe);

static const struct probe_kind *
kind_of(const struct conf_check *check)
{
	if (check->http[0] != '\0')
		return probe_is_plain(check->http) ? &probe_plain_kind : &probe_http_kind;
	return check->tcp[0] != '\0' ? &probe_tcp_kind : &probe_command_kind;
}

struct probe *
probe_new(struct probes *probes, const struct conf_program *program, const char *name, int instance,
    struct monotime started, bool starting, probe_outcome *outcome, void *arg)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (probe == NULL)
		return NULL;
	*probe = (struct probe){
		.probes = probes,
		.kind = kind_of(&program->check),
		.name = name,
		.instance = instance,
		.started = started,
		.starting = starting,
		.outcome = outcome,
		.arg = arg,
		.fd = -1,
		.report_fd = -1,
		.timer = evtimer_new(probes->base, on_timer, probe),
		.limit = evtimer_new(probes->base, on_limit, probe),
	};
	if (probe->timer == NULL || probe->limit == NULL) {
		probe_free(probe);
		return NULL;
	}
	probe_set_program(probe, program);
	start_timer(probe->timer, 0);
	return probe;
}

void
probe_free(struct probe *probe)
{
	if (probe == NULL)
		return;
	if (probe->trying)
		end_try(probe);
	if (probe->timer != NULL)
		event_free(probe->timer);
	if (probe->limit != NULL)
		event_free(probe->limit);
	free(probe);
}

void
probe_set_program(struct probe *probe, const struct conf_program *program)
{
	const struct conf_check *check = &program->check;

	probe->program = program;
	probe->rule = (struct probe_rule){
		.failures = check->failures,
		.successes = check->successes,
		.grace_ms = check->grace_ms,
		.interval_ms = check->interval_ms,
		.restarts = check->on_failure == CONF_ON_FAILURE_RESTART,
	};
}

static void
start_timer(struct event *timer, int64_t ms)
{
	struct timeval delay = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(timer, &delay);
}

static void
begin_try(struct probe *probe)
{
	probe->trying = true;
	start_timer(probe->limit, probe->program->check.timeout_ms);
	probe->kind->start(probe);
}

static void
end_try(struct probe *probe)
{
	probe->trying = false;
	event_del(probe->limit);
	probe->kind->stop(probe);
}

static void
on_timer(evutil_socket_t fd, short events, void *probe)
{
	(void)fd;
	(void)events;
	begin_try(probe);
}

static void
on_limit(evutil_socket_t fd, short events, void *arg)
{
	struct probe *probe = arg;
	char limit[40];

	(void)fd;
	(void)events;
	probe_finish(probe, false, "no answer within %s",
	    text_from_duration_ms(probe->program->check.timeout_ms, limit, sizeof(limit)));
}

static void
settle(struct probe *probe, bool good, bool counts, const char *text)
{
	struct probe_result result = {
		.good = good,
		.counts = counts,
		.is_news = !probe->has_text || strcmp(text, probe->text) != 0,
		.now = monotime_now(),
	};
	enum probe_action action;

	end_try(probe);
	result.age_ms = monotime_diff_ms(result.now, probe->started);
	probe->has_text = true;
	snprintf(probe->text, sizeof(probe->text), "%s", text);
	log_debug("%s: check %s%s%s", probe->name, good ? "good" : "bad",
	    text[0] != '\0' ? ": " : "", text);
	action = probe_take(&probe->state, &probe->rule, &result);
	start_timer(probe->timer, probe_pause_ms(&probe->state, &probe->rule));
	if (action != PROBE_NOTHING)
		probe->outcome(probe->arg, action, probe->text);
}

void
probe_finish(struct probe *probe, bool good, const char *fmt, ...)
{
	bool is_ready = probe->program->ready != CONF_READY_CHECK || !probe->starting;
	char text[PROBE_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (probe->trying)
		settle(probe, good, is_ready, text);
}

void
probe_cannot(struct probe *probe, const char *fmt, ...)
{
	char text[PROBE_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_warnx("%s can't be checked: %s", probe->name, text);
	if (probe->trying)
		settle(probe, false, false, text);
}
