#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobctl/command.h"
#include "jobctl/job_view.h"
#include "jobctl/listing.h"
#include "proto/verbs.h"

static void print_stats(struct session *, const struct value *stats);
static void print_hours(struct session *, const struct value *hours);
static const char *render_hour(const struct value *row, char *buf, size_t size);
static const char *render_run(const struct value *row, char *buf, size_t size);
static const char *render_run_max(const struct value *row, char *buf, size_t size);
static const char *render_wait(const struct value *row, char *buf, size_t size);
static const char *render_wait_max(const struct value *row, char *buf, size_t size);

/* clang-format off */
static const struct column hours_columns[] = {
	{ "HOUR",     "at",          CELL_ANY,    0, 2, render_hour },
	{ "PUSHED",   "pushed",      CELL_NUMBER, 0, 2, NULL },
	{ "DONE",     "done",        CELL_NUMBER, 0, 2, NULL },
	{ "FAILED",   "failed",      CELL_NUMBER, 0, 2, NULL },
	{ "DEAD",     "dead",        CELL_NUMBER, 0, 2, NULL },
	{ "WAIT",     "wait_ms",     CELL_NUMBER, 0, 2, render_wait },
	{ "MAX",      "wait_ms_max", CELL_NUMBER, 0, 2, render_wait_max },
	{ "RUN",      "run_ms",      CELL_NUMBER, 0, 2, render_run },
	{ "MAX",      "run_ms_max",  CELL_NUMBER, 0, 0, render_run_max },
	{ NULL,       NULL,          CELL_ANY,    0, 0, NULL },
};
/* clang-format on */
static const struct view hours_view = { .columns = hours_columns, .headings = true, .fits = true };

int
cmd_stats(struct session *session, struct client *client, const struct call *call)
{
	char hours[40] = "";
	struct row stats;

	if (call->options.hours >= 0)
		snprintf(hours, sizeof(hours), " hours=%" PRId64, call->options.hours);
	if (send_line(client, "%s%s", VERB_STATS, hours) != EXIT_OK ||
	    receive_row(client, &stats) == -1)
		return EXIT_FAILED;
	if (session->json)
		puts(stats.raw);
	else
		print_stats(session, stats.value);
	row_free(&stats);
	return EXIT_OK;
}

static void
print_stats(struct session *session, const struct value *stats)
{
	const struct value *states = row_member(stats, "states"), *name = value_first(states);

	printf("processed  %" PRId64 "\n", row_number(stats, "processed", 0));
	printf("failures   %" PRId64 "\n", row_number(stats, "failures", 0));
	while (name != NULL) {
		const struct value *number = value_next(states, name);

		if (number == NULL)
			break;
		printf("%-10s %.*s\n", name->text, (int)number->len, number->text);
		name = value_next(states, number);
	}
	print_hours(session, row_member(stats, "hours"));
}

static void
print_hours(struct session *session, const struct value *hours)
{
	const struct value *hour;
	size_t count = 0;
	struct row *rows;

	for (hour = value_first(hours); hour != NULL; hour = value_next(hours, hour))
		count++;
	if (count == 0 || (rows = calloc(count, sizeof(*rows))) == NULL)
		return;
	count = 0;
	for (hour = value_first(hours); hour != NULL; hour = value_next(hours, hour))
		rows[count++].value = hour;
	putchar('\n');
	output_list(session->output, &hours_view, rows, count);
	free(rows);
}

/* "2026-11-22 05:00" in the zone of this process. */
static const char *
render_hour(const struct value *row, char *buf, size_t size)
{
	const char *time = row_cell(row, "at", CELL_TIME, buf, size);

	if (time != buf || strlen(buf) < 16)
		return time;
	buf[10] = ' ';
	buf[16] = '\0';
	return buf;
}

static const char *
render_mean(const struct value *row, const char *path, char *buf, size_t size)
{
	int64_t attempts = row_number(row, "done", 0) + row_number(row, "failed", 0);

	if (attempts <= 0)
		return "-";
	return job_view_span(row_number(row, path, 0) / attempts, buf, size);
}

static const char *
render_max(const struct value *row, const char *path, char *buf, size_t size)
{
	int64_t ms = row_number(row, path, 0);

	return ms <= 0 ? "-" : job_view_span(ms, buf, size);
}

static const char *
render_run(const struct value *row, char *buf, size_t size)
{
	return render_mean(row, "run_ms", buf, size);
}

static const char *
render_wait(const struct value *row, char *buf, size_t size)
{
	return render_mean(row, "wait_ms", buf, size);
}

static const char *
render_run_max(const struct value *row, char *buf, size_t size)
{
	return render_max(row, "run_ms_max", buf, size);
}

static const char *
render_wait_max(const struct value *row, char *buf, size_t size)
{
	return render_max(row, "wait_ms_max", buf, size);
}
