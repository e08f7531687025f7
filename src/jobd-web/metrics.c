/* Figures for Prometheus: OpenMetrics text for who asks for it, else the older text format. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

#include "handlers.h"
#include "overview.h"
#include "webhook.h"

#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define TEXT_FORMAT "text/plain; version=0.0.4; charset=utf-8"

struct writer {
	struct buf text;
	const struct overview *overview;
	bool openmetrics;
	const char *name; /* of the family that is being written */
	bool is_counter;
};

static void write_up(struct writer *), write_program_up(struct writer *),
    write_restarts(struct writer *), write_starts(struct writer *), write_dropped(struct writer *),
    write_jobs(struct writer *), write_processed(struct writer *), write_failures(struct writer *),
    write_queue_size(struct writer *), write_queue_latency(struct writer *),
    write_queue_paused(struct writer *), write_workers(struct writer *),
    write_breakers(struct writer *), write_schedule_next(struct writer *),
    write_schedule_late(struct writer *);

/* clang-format off */
static const struct family {
	const char *name, *type, *help;
	void (*write)(struct writer *);
} families[] = {
	{ "jobd_up", "gauge", "Whether a part of jobd answers.", write_up },
	{ "jobd_program_up", "gauge", "Whether the program runs and is ready.", write_program_up },
	{ "jobd_program_restarts", "counter", "Starts after an end that was not asked for.", write_restarts },
	{ "jobd_program_start_time_seconds", "gauge", "When the program was started, since 1970.", write_starts },
	{ "jobd_program_dropped_log_lines", "counter", "Lines of output that the logger had to drop.", write_dropped },
	{ "jobd_jobs", "gauge", "Jobs by state.", write_jobs },
	{ "jobd_jobs_processed", "counter", "Attempts that have ended.", write_processed },
	{ "jobd_jobs_failed", "counter", "Attempts that have failed.", write_failures },
	{ "jobd_queue_size", "gauge", "Jobs that are ready.", write_queue_size },
	{ "jobd_queue_latency_seconds", "gauge", "How long the first one has been waiting.", write_queue_latency },
	{ "jobd_queue_paused", "gauge", "Whether nothing is handed out.", write_queue_paused },
	{ "jobd_workers", "gauge", "Workers that are connected.", write_workers },
	{ "jobd_breaker_open", "gauge", "Whether a target is left alone because it failed too often.", write_breakers },
	{ "jobd_schedule_next_time_seconds", "gauge", "When the schedule fires next, since 1970.", write_schedule_next },
	{ "jobd_schedule_late_seconds", "gauge", "How late the last run was.", write_schedule_late },
};
/* clang-format on */

/* As in JSON, but that a line break is \n (OpenMetrics 1.0, 3.2). */
static void
put_label(struct buf *text, const char *name, const char *value)
{
	buf_printf(text, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			buf_text(text, "\\n");
		else if (*value == '"' || *value == '\\')
			buf_printf(text, "\\%c", *value);
		else
			buf_add(text, value, 1);
	}
	buf_text(text, "\"");
}

static void
sample(struct writer *writer, const char *label, const char *value, double number)
{
	buf_printf(&writer->text, "%s%s", writer->name, writer->is_counter ? "_total" : "");
	if (label != NULL) {
		buf_text(&writer->text, "{");
		put_label(&writer->text, label, value);
		buf_text(&writer->text, "}");
	}
	buf_printf(&writer->text, " %.17g\n", number);
}

static void
write_up(struct writer *writer)
{
	sample(writer, "part", "jobd", writer->overview->programs != NULL);
	if (writer->overview->has_scheduler)
		sample(writer, "part", "scheduler", writer->overview->info != NULL);
}

static void
write_program_up(struct writer *writer)
{
	const json_t *program;
	size_t i;

	json_array_foreach(writer->overview->programs, i, program) sample(writer, "program",
	    member_text(program, "name"), strcmp(member_text(program, "state"), "RUNNING") == 0);
}

/* A number of each object of a list. */
static void
write_member(struct writer *writer, const json_t *list, const char *label, const char *name_member,
    const char *member, double factor)
{
	const json_t *object, *value;
	size_t i;

	json_array_foreach(list, i, object)
	{
		value = json_object_get(object, member);
		if (json_is_number(value))
			sample(writer, label, member_text(object, name_member),
			    json_number_value(value) * factor);
		else if (json_is_boolean(value))
			sample(
			    writer, label, member_text(object, name_member), json_is_true(value));
	}
}

/* The same of a time. */
static void
write_time(struct writer *writer, const json_t *list, const char *label, const char *member)
{
	const json_t *object;
	struct walltime when;
	const char *errstr;
	size_t i;

	json_array_foreach(list, i, object) if (walltime_parse(member_text(object, member), &when,
						    &errstr) == 0) sample(writer, label,
	    member_text(object, "name"), (double)when.us / (double)CLOCK_US_PER_SEC);
}

static void
write_restarts(struct writer *writer)
{
	write_member(writer, writer->overview->programs, "program", "name", "restarts", 1);
}

static void
write_starts(struct writer *writer)
{
	write_time(writer, writer->overview->programs, "program", "started_at");
}

static void
write_dropped(struct writer *writer)
{
	write_member(writer, writer->overview->programs, "program", "name", "dropped_lines", 1);
}

static void
write_jobs(struct writer *writer)
{
	static const char *const states[] = { "scheduled", "ready", "blocked", "running", "retry",
		"done", "dead", "cancelled" };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		int64_t count = overview_state(writer->overview, states[i]);

		if (count >= 0)
			sample(writer, "state", states[i], (double)count);
	}
}

static void
write_total(struct writer *writer, const char *name)
{
	int64_t total = overview_total(writer->overview, name);

	if (total >= 0)
		sample(writer, NULL, NULL, (double)total);
}

static void
write_processed(struct writer *writer)
{
	write_total(writer, "total_processed");
}

static void
write_failures(struct writer *writer)
{
	write_total(writer, "total_failures");
}

/* Without QUEUES, by the words of INFO. */
static void
write_queue_size(struct writer *writer)
{
	json_t *queues =
	    json_object_get(json_object_get(writer->overview->info, "faktory"), "queues");
	const char *name;
	json_t *size;

	if (json_array_size(writer->overview->queues) > 0) {
		write_member(writer, writer->overview->queues, "queue", "name", "size", 1);
		return;
	}
	json_object_foreach(queues, name, size)
	    sample(writer, "queue", name, json_number_value(size));
}

static void
write_queue_latency(struct writer *writer)
{
	write_member(writer, writer->overview->queues, "queue", "name", "latency_ms", 0.001);
}

static void
write_queue_paused(struct writer *writer)
{
	write_member(writer, writer->overview->queues, "queue", "name", "paused", 1);
}

static void
write_workers(struct writer *writer)
{
	if (writer->overview->info != NULL)
		sample(writer, NULL, NULL, (double)json_array_size(writer->overview->workers));
}

static void
write_breakers(struct writer *writer)
{
	const json_t *breaker;
	size_t i;

	json_array_foreach(writer->overview->breakers, i, breaker) sample(writer, "target",
	    member_text(breaker, "target"), strcmp(member_text(breaker, "state"), "open") == 0);
}

static void
write_schedule_next(struct writer *writer)
{
	write_time(writer, writer->overview->schedules, "schedule", "next_at");
}

static void
write_schedule_late(struct writer *writer)
{
	const json_t *schedule, *last;
	size_t i;

	json_array_foreach(writer->overview->schedules, i, schedule)
	{
		last = json_object_get(schedule, "last");
		if (json_is_number(json_object_get(last, "late_ms")))
			sample(writer, "schedule", member_text(schedule, "name"),
			    (double)member_int(last, "late_ms") / 1000);
	}
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
	struct writer writer = { .overview = overview_take(request) };

	if (writer.overview == NULL)
		return;
	writer.openmetrics =
	    accept != NULL && strstr(accept, "application/openmetrics-text") != NULL;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		write_family(&writer, &families[i]);
	webhook_metrics(&writer.text, writer.openmetrics);
	if (writer.openmetrics)
		buf_text(&writer.text, "# EOF\n");
	respond(request, MHD_HTTP_OK, writer.openmetrics ? OPENMETRICS : TEXT_FORMAT, &writer.text);
}

void
metrics(struct request *request)
{
	overview_ask(request, then_metrics);
}
