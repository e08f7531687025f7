/* Figures for Prometheus: OpenMetrics text for who asks for it, else the older text format. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/verbs.h"

#include "handlers.h"
#include "listener.h"
#include "metrics.h"
#include "usage.h"

#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define TEXT_FORMAT "text/plain; version=0.0.4; charset=utf-8"

enum { ASK_METRICS = OVERVIEW_MORE + 1, ASK_ALERTS, ASK_STREAMS };

static void write_build(struct writer *), write_up(struct writer *), write_http(struct writer *);

/* clang-format off */
static const struct family {
	const char *name, *type, *help;
	void (*write)(struct writer *);
} families[] = {
	{ "jobd_build_info", "gauge", "The version of jobd.", write_build },
	{ "jobd_up", "gauge", "Whether a part of jobd answers.", write_up },
	{ "jobd_program_up", "gauge", "Whether the program runs and is ready.", metrics_program_up },
	{ "jobd_program_healthy", "gauge", "Whether the program's check passes.", metrics_healthy },
	{ "jobd_program_restarts", "counter", "Starts after an end that was not asked for.", metrics_restarts },
	{ "jobd_program_restarts_by_reason", "counter", "The same by why it had ended.", metrics_restarts_by },
	{ "jobd_program_start_time_seconds", "gauge", "When the program was started, since 1970.", metrics_starts },
	{ "jobd_program_memory_bytes", "gauge", "Resident memory of all its processes.", metrics_memory },
	{ "jobd_program_cpu_seconds", "counter", "Processor time of all its processes.", metrics_cpu },
	{ "jobd_program_open_files", "gauge", "Files that its processes have open.", metrics_files },
	{ "jobd_program_processes", "gauge", "Its processes.", metrics_processes },
	{ "jobd_program_dropped_log_lines", "counter", "Lines of output that the logger had to drop.", metrics_dropped },
	{ "jobd_log_bytes", "counter", "Bytes of output that the logger took.", metrics_log_bytes },
	{ "jobd_log_lines", "counter", "Lines of output that the logger took.", metrics_log_lines },
	{ "jobd_log_dropped_lines", "counter", "Lines that the logger had to drop.", metrics_log_dropped },
	{ "jobd_log_rotations", "counter", "New log files that were begun.", metrics_log_rotations },
	{ "jobd_jobs", "gauge", "Jobs by state.", metrics_jobs },
	{ "jobd_jobs_processed", "counter", "Attempts that have ended.", metrics_processed },
	{ "jobd_jobs_failed", "counter", "Attempts that have failed.", metrics_failures },
	{ "jobd_queue_size", "gauge", "Jobs that are ready.", metrics_queue_size },
	{ "jobd_queue_running", "gauge", "Jobs that run.", metrics_queue_running },
	{ "jobd_queue_latency_seconds", "gauge", "How long the first one has been waiting.", metrics_queue_latency },
	{ "jobd_queue_paused", "gauge", "Whether nothing is handed out.", metrics_queue_paused },
	{ "jobd_queue_jobs_pushed", "counter", "Jobs that came, since the scheduler's start.", metrics_queue_pushed },
	{ "jobd_queue_attempts", "counter", "Attempts that ended, since the scheduler's start.", metrics_queue_attempts },
	{ "jobd_queue_jobs_dead", "counter", "Jobs that were given up, since the scheduler's start.", metrics_queue_dead },
	{ "jobd_queue_wait_seconds", "histogram", "How long attempts waited before they began.", metrics_queue_wait },
	{ "jobd_queue_run_seconds", "histogram", "How long attempts ran.", metrics_queue_run },
	{ "jobd_queue_connections", "gauge", "Clients of the queue.", metrics_connections },
	{ "jobd_queue_connections_max", "gauge", "The most that are let in.", metrics_connections_max },
	{ "jobd_queue_commands", "counter", "Requests to the queue, since the scheduler's start.", metrics_commands },
	{ "jobd_http_connections", "gauge", "Clients of the web side.", write_http },
	{ "jobd_workers", "gauge", "Workers that are connected.", metrics_workers },
	{ "jobd_breaker_open", "gauge", "Whether a target is left alone because it failed too often.", metrics_breakers },
	{ "jobd_outbox_up", "gauge", "Whether the outbox can use its database.", metrics_outboxes },
	{ "jobd_schedule_next_time_seconds", "gauge", "When the schedule fires next, since 1970.", metrics_schedule_next },
	{ "jobd_schedule_late_seconds", "gauge", "How late the last run was.", metrics_schedule_late },
	{ "jobd_schedule_ran", "counter", "Times at which it ran, since the scheduler's start.", metrics_schedule_ran },
	{ "jobd_schedule_missed", "counter", "Times at which it should have run and did not.", metrics_schedule_missed },
	{ "jobd_schedule_skipped", "counter", "Times that were passed over because it was meant so.", metrics_schedule_skipped },
	{ "jobd_webhook_requests", "counter", "Requests of webhooks, by what became of them.", metrics_webhooks },
	{ "jobd_alert_firing", "gauge", "Whether what the alert watches is wrong, and was told.", metrics_alert_firing },
	{ "jobd_alert_value", "gauge", "What the alert watches, in its own unit.", metrics_alert_value },
	{ "jobd_alert_fired", "counter", "How often the alert has fired.", metrics_alert_fired },
};
/* clang-format on */

/* As in JSON, but that a line break is \n (OpenMetrics 1.0, 3.2). */
static void
put_label(struct buf *text, const struct label *label)
{
	buf_printf(text, "%s=\"", label->name);
	for (const char *value = label->value; *value != '\0'; value++) {
		if (*value == '\n')
			buf_text(text, "\\n");
		else if (*value == '"' || *value == '\\')
			buf_printf(text, "\\%c", *value);
		else
			buf_add(text, value, 1);
	}
	buf_text(text, "\"");
}

void
metric_write(struct writer *writer, const char *suffix, const struct label *labels, size_t count,
    double number)
{
	buf_printf(
	    &writer->text, "%s%s%s", writer->name, suffix, writer->is_counter ? "_total" : "");
	for (size_t i = 0; i < count; i++) {
		buf_text(&writer->text, i == 0 ? "{" : ",");
		put_label(&writer->text, &labels[i]);
	}
	buf_printf(&writer->text, "%s %.17g\n", count > 0 ? "}" : "", number);
}

void
metric_sample(struct writer *writer, const char *label, const char *value, double number)
{
	struct label one = { label, value };

	metric_write(writer, "", &one, label != NULL, number);
}

void
metric_members(struct writer *writer, const json_t *list, const char *label,
    const char *name_member, const char *member, double factor)
{
	const json_t *object, *value;
	size_t i;

	json_array_foreach(list, i, object)
	{
		const char *name = member_text(object, name_member);

		value = json_object_get(object, member);
		if (json_is_number(value))
			metric_sample(writer, label, name, json_number_value(value) * factor);
		else if (json_is_boolean(value))
			metric_sample(writer, label, name, json_is_true(value));
	}
}

void
metric_times(struct writer *writer, const json_t *list, const char *label, const char *member)
{
	const json_t *object;
	struct walltime when;
	const char *errstr;
	size_t i;

	json_array_foreach(list, i, object)
	{
		if (walltime_parse(member_text(object, member), &when, &errstr) == 0)
			metric_sample(writer, label, member_text(object, "name"),
			    (double)when.us / (double)CLOCK_US_PER_SEC);
	}
}

static void
write_build(struct writer *writer)
{
	metric_sample(writer, "version", PACKAGE_VERSION, 1);
}

static void
write_up(struct writer *writer)
{
	metric_sample(writer, "part", "jobd", writer->overview->programs != NULL);
	if (writer->overview->has_scheduler)
		metric_sample(writer, "part", "scheduler", writer->overview->info != NULL);
}

static void
write_http(struct writer *writer)
{
	metric_sample(writer, NULL, NULL, (double)listeners_count());
}

/* A family without samples is left out. */
static void
write_family(struct writer *writer, const struct family *family)
{
	bool is_counter = strcmp(family->type, "counter") == 0;
	const char *suffix = is_counter && !writer->openmetrics ? "_total" : "";
	size_t begin = writer->text.len, end;

	writer->name = family->name;
	writer->is_counter = is_counter;
	buf_printf(&writer->text, "# HELP %s%s %s\n# TYPE %s%s %s\n", family->name, suffix,
	    family->help, family->name, suffix, family->type);
	end = writer->text.len;
	family->write(writer);
	if (writer->text.len == end && !writer->text.failed) {
		writer->text.len = begin;
		writer->text.data[begin] = '\0';
	}
}

static void
then_metrics(struct request *request)
{
	const char *accept = request_header(request, MHD_HTTP_HEADER_ACCEPT);
	struct writer writer = { .meters = overview_list(request, ASK_METRICS),
		.alerts = overview_list(request, ASK_ALERTS),
		.streams = overview_list(request, ASK_STREAMS) };

	if ((writer.overview = overview_take(request)) != NULL) {
		usage_take(writer.overview->programs);
		writer.openmetrics =
		    accept != NULL && strstr(accept, "application/openmetrics-text") != NULL;
		for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
			write_family(&writer, &families[i]);
		if (writer.openmetrics)
			buf_text(&writer.text, "# EOF\n");
		respond(request, MHD_HTTP_OK, writer.openmetrics ? OPENMETRICS : TEXT_FORMAT,
		    &writer.text);
	}
	json_decref(writer.meters);
	json_decref(writer.alerts);
	json_decref(writer.streams);
}

void
metrics(struct request *request)
{
	overview_ask_begin(request);
	request_ask(request, UPSTREAM_QUEUE, VERB_INFO);
	request_ask(request, UPSTREAM_QUEUE, VERB_METRICS);
	request_ask(request, UPSTREAM_QUEUE, VERB_ALERTS);
	request_ask(request, UPSTREAM_LOG, VERB_STATS);
	request_then(request, then_metrics);
}
