#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jobctl/command.h"
#include "jobctl/job_view.h"
#include "jobctl/listing.h"
#include "jobctl/results.h"
#include "proto/verbs.h"

static const char *render_value(const struct value *row, char *buf, size_t size);
static const char *render_detail(const struct value *row, char *buf, size_t size);

/* clang-format off */
static const struct column alerts_columns[] = {
	{ "ALERT",  "name",   CELL_ANY,    0, 2, NULL },
	{ "STATE",  "state",  CELL_STATE,  0, 2, NULL },
	{ "VALUE",  "value",  CELL_NUMBER, 0, 2, render_value },
	{ "WHEN",   "when",   CELL_ANY,    0, 2, NULL },
	{ "SINCE",  "since",  CELL_TIME,   0, 2, NULL },
	{ "JOB",    "job",    CELL_ANY,    0, 2, NULL },
	{ "DETAIL", "detail", CELL_ANY,    0, 0, render_detail },
	{ NULL,     NULL,     CELL_ANY,    0, 0, NULL },
};
/* clang-format on */
static const struct view alerts_view = {
	.member = "alerts",
	.columns = alerts_columns,
	.headings = true,
	.fits = true,
	.empty = "No alerts",
};

int
cmd_alerts(struct session *session, struct client *client, const struct call *call)
{
	(void)call;
	if (send_line(client, "%s", VERB_ALERTS) != EXIT_OK)
		return EXIT_FAILED;
	return listing_run(session, client, &alerts_view);
}

/* "101", "12min", "20%", "1.5G"; "?" if nobody knows. */
static const char *
render_value(const struct value *row, char *buf, size_t size)
{
	static const char letters[] = "KMGT";
	int64_t value = row_number(row, "value", -1);
	const char *unit = row_text(row, "unit");
	double bytes = (double)value / 1024;
	size_t i = 0;

	if (value < 0)
		return "?";
	if (strcmp(unit, "ms") == 0)
		return job_view_span(value, buf, size);
	if (strcmp(unit, "bytes") != 0 || value < 1024) {
		snprintf(
		    buf, size, "%" PRId64 "%s", value, strcmp(unit, "percent") == 0 ? "%" : "");
		return buf;
	}
	for (; bytes >= 1024 && letters[i + 1] != '\0'; i++)
		bytes /= 1024;
	snprintf(buf, size, "%.3g%c", bytes, letters[i]);
	return buf;
}

static const char *
render_detail(const struct value *row, char *buf, size_t size)
{
	snprintf(buf, size, "%s", row_text(row, "detail"));
	return buf;
}
