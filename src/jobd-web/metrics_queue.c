/* Figures about jobs, queues, schedules and alerts. */
#include <stdio.h>
#include <string.h>

#include "metrics.h"

#define SECONDS 0.001 /* of milliseconds */

void
metrics_jobs(struct writer *writer)
{
	for (const char *const *state = overview_states; *state != NULL; state++) {
		int64_t count = overview_state(writer->overview, *state);

		if (count >= 0)
			metric_sample(writer, "state", *state, (double)count);
	}
}

static void
write_total(struct writer *writer, const char *name)
{
	int64_t total = overview_total(writer->overview, name);

	if (total >= 0)
		metric_sample(writer, NULL, NULL, (double)total);
}

void
metrics_processed(struct writer *writer)
{
	write_total(writer, "total_processed");
}

void
metrics_failures(struct writer *writer)
{
	write_total(writer, "total_failures");
}

/* As they are now. */

static void
write_queues(struct writer *writer, const char *member, double factor)
{
	metric_members(writer, writer->overview->queues, "queue", "name", member, factor);
}

void
metrics_queue_size(struct writer *writer)
{
	write_queues(writer, "size", 1);
}

void
metrics_queue_running(struct writer *writer)
{
	write_queues(writer, "running", 1);
}

void
metrics_queue_latency(struct writer *writer)
{
	write_queues(writer, "latency_ms", SECONDS);
}

void
metrics_queue_paused(struct writer *writer)
{
	write_queues(writer, "paused", 1);
}

void
metrics_workers(struct writer *writer)
{
	if (writer->overview->info != NULL)
		metric_sample(
		    writer, NULL, NULL, (double)json_array_size(writer->overview->workers));
}

void
metrics_breakers(struct writer *writer)
{
	const json_t *breaker;
	size_t i;

	json_array_foreach(writer->overview->breakers, i, breaker)
	{
		metric_sample(writer, "target", member_text(breaker, "target"),
		    strcmp(member_text(breaker, "state"), "open") == 0);
	}
}

/* One of which nothing is known is as good as down: who looks after it does not say otherwise. */
void
metrics_outboxes(struct writer *writer)
{
	const json_t *outbox;
	size_t i;

	json_array_foreach(writer->overview->outboxes, i, outbox)
	{
		metric_sample(writer, "outbox", member_text(outbox, "name"),
		    strcmp(member_text(outbox, "state"), "connected") == 0);
	}
}

/* What went through them: objects with a member "queue", "schedule" or "socket". */

static void
write_meters(struct writer *writer, const char *kind, const char *label, const char *member)
{
	const json_t *meter;
	size_t i;

	json_array_foreach(writer->meters, i, meter)
	{
		if (json_object_get(meter, kind) != NULL)
			metric_sample(writer, label, member_text(meter, kind),
			    (double)member_int(meter, member));
	}
}

void
metrics_queue_pushed(struct writer *writer)
{
	write_meters(writer, "queue", "queue", "pushed");
}

void
metrics_queue_dead(struct writer *writer)
{
	write_meters(writer, "queue", "queue", "dead");
}

void
metrics_queue_attempts(struct writer *writer)
{
	static const char *const results[] = { "done", "failed" };
	const json_t *meter;
	size_t i;

	json_array_foreach(writer->meters, i, meter)
	{
		for (size_t k = 0; k < 2 && json_object_get(meter, "queue") != NULL; k++) {
			const struct label labels[] = {
				{"queue", member_text(meter, "queue") },
                                { "result",      results[k]              }
			};

			metric_write(writer, "", labels, 2, (double)member_int(meter, results[k]));
		}
	}
}

/* The buckets of one queue; each holds those before it. */
static void
write_histogram(struct writer *writer, const json_t *meter, const char *member)
{
	const json_t *times = json_object_get(meter, member),
		     *bounds = json_object_get(meter, "bounds_ms"),
		     *counts = json_object_get(times, "counts"), *count;
	struct label labels[] = {
		{"queue", member_text(meter, "queue") },
                { "le",      ""                  }
	};
	double sum = 0;
	char bound[32];
	size_t i;

	json_array_foreach(counts, i, count)
	{
		sum += json_number_value(count);
		if (i < json_array_size(bounds))
			snprintf(bound, sizeof(bound), "%g",
			    json_number_value(json_array_get(bounds, i)) * SECONDS);
		else
			snprintf(bound, sizeof(bound), "+Inf");
		labels[1].value = bound;
		metric_write(writer, "_bucket", labels, 2, sum);
	}
	metric_write(writer, "_sum", labels, 1, (double)member_int(times, "sum_ms") * SECONDS);
	metric_write(writer, "_count", labels, 1, sum);
}

static void
write_histograms(struct writer *writer, const char *member)
{
	const json_t *meter;
	size_t i;

	json_array_foreach(writer->meters, i, meter)
	{
		if (json_object_get(meter, "queue") != NULL)
			write_histogram(writer, meter, member);
	}
}

void
metrics_queue_wait(struct writer *writer)
{
	write_histograms(writer, "wait");
}

void
metrics_queue_run(struct writer *writer)
{
	write_histograms(writer, "run");
}

void
metrics_connections(struct writer *writer)
{
	write_meters(writer, "socket", NULL, "connections");
}

void
metrics_connections_max(struct writer *writer)
{
	write_meters(writer, "socket", NULL, "connections_max");
}

void
metrics_commands(struct writer *writer)
{
	write_meters(writer, "socket", NULL, "commands");
}

/* Schedules. */

void
metrics_schedule_next(struct writer *writer)
{
	metric_times(writer, writer->overview->schedules, "schedule", "next_at");
}

void
metrics_schedule_late(struct writer *writer)
{
	const json_t *schedule, *last;
	size_t i;

	json_array_foreach(writer->overview->schedules, i, schedule)
	{
		last = json_object_get(schedule, "last");
		if (json_is_number(json_object_get(last, "late_ms")))
			metric_sample(writer, "schedule", member_text(schedule, "name"),
			    (double)member_int(last, "late_ms") * SECONDS);
	}
}

void
metrics_schedule_ran(struct writer *writer)
{
	write_meters(writer, "schedule", "schedule", "ran");
}

void
metrics_schedule_missed(struct writer *writer)
{
	write_meters(writer, "schedule", "schedule", "missed");
}

void
metrics_schedule_skipped(struct writer *writer)
{
	write_meters(writer, "schedule", "schedule", "skipped");
}

/* Alerts. */

void
metrics_alert_firing(struct writer *writer)
{
	const json_t *alert;
	size_t i;

	json_array_foreach(writer->alerts, i, alert)
	{
		metric_sample(writer, "alert", member_text(alert, "name"),
		    strcmp(member_text(alert, "state"), "firing") == 0);
	}
}

void
metrics_alert_value(struct writer *writer)
{
	metric_members(writer, writer->alerts, "alert", "name", "value", 1);
}

void
metrics_alert_fired(struct writer *writer)
{
	metric_members(writer, writer->alerts, "alert", "name", "fired", 1);
}
