/*
 * What the files of the figures for Prometheus share.  Nobody else includes this.
 *
 * A family is one line in a table of metrics.c and a function that writes its samples; one without
 * samples is left out.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "overview.h"

struct writer {
	struct buf text;
	const struct overview *overview;
	/* Lists, perhaps empty: METRICS and ALERTS of the queue, STATS of the logger. */
	json_t *meters, *alerts, *streams;
	bool openmetrics;
	const char *name; /* of the family that is being written */
	bool is_counter;
};

struct label {
	const char *name, *value;
};

/* One sample; suffix is "" but for parts of a histogram. */
void metric_write(
    struct writer *, const char *suffix, const struct label *, size_t count, double number);
/* With one label; with none if its name is NULL. */
void metric_sample(struct writer *, const char *label, const char *value, double number);
/* A number, or yes and no, of each object of a list. */
void metric_members(struct writer *, const json_t *list, const char *label, const char *name_member,
    const char *member, double factor);
/* The same of a time. */
void metric_times(struct writer *, const json_t *list, const char *label, const char *member);

/* metrics_program.c */
void metrics_program_up(struct writer *), metrics_restarts(struct writer *),
    metrics_restarts_by(struct writer *), metrics_starts(struct writer *),
    metrics_healthy(struct writer *), metrics_memory(struct writer *), metrics_cpu(struct writer *),
    metrics_files(struct writer *), metrics_processes(struct writer *),
    metrics_dropped(struct writer *), metrics_log_bytes(struct writer *),
    metrics_log_lines(struct writer *), metrics_log_dropped(struct writer *),
    metrics_log_rotations(struct writer *);
/* metrics_queue.c */
void metrics_jobs(struct writer *), metrics_processed(struct writer *),
    metrics_failures(struct writer *), metrics_queue_size(struct writer *),
    metrics_queue_running(struct writer *), metrics_queue_latency(struct writer *),
    metrics_queue_paused(struct writer *), metrics_queue_pushed(struct writer *),
    metrics_queue_attempts(struct writer *), metrics_queue_dead(struct writer *),
    metrics_queue_wait(struct writer *), metrics_queue_run(struct writer *),
    metrics_workers(struct writer *), metrics_breakers(struct writer *),
    metrics_outboxes(struct writer *), metrics_schedule_next(struct writer *),
    metrics_schedule_late(struct writer *), metrics_schedule_ran(struct writer *),
    metrics_schedule_missed(struct writer *), metrics_schedule_skipped(struct writer *),
    metrics_alert_firing(struct writer *), metrics_alert_value(struct writer *),
    metrics_alert_fired(struct writer *), metrics_connections(struct writer *),
    metrics_connections_max(struct writer *), metrics_commands(struct writer *);
/* metrics_webhook.c */
void metrics_webhooks(struct writer *);

#endif
