#include <stdio.h>

#include "cron/schedule.h"

#include "timeline.h"

#define WIDTH 960.0

size_t
timeline_find(const char *text, const char *zone, struct walltime from, struct walltime until,
    struct walltime *due)
{
	char error[SCHEDULE_ERROR_MAX];
	struct schedule *schedule = schedule_parse(text, zone, error, sizeof(error));
	struct walltime at = walltime_add_ms(from, -1);
	size_t count = 0;

	while (schedule != NULL && count <= TIMELINE_MAX &&
	       schedule_next(schedule, at, NULL, &due[count], NULL) == 0 &&
	       due[count].us < until.us)
		at = due[count++];
	schedule_free(schedule);
	return count;
}

static double
place(struct walltime when, struct walltime from, struct walltime until)
{
	return WIDTH * (double)(when.us - from.us) / (double)(until.us - from.us);
}

void
timeline_draw(struct buf *out, const char *summary, struct walltime from, struct walltime until,
    struct walltime now, const struct walltime *due, size_t count)
{
	buf_printf(out,
	    "<svg class=\"timeline\" viewBox=\"0 0 %.0f 20\" preserveAspectRatio=\"none\" "
	    "role=\"img\" aria-label=\"",
	    WIDTH);
	buf_html(out, summary);
	buf_text(out, "\">");
	for (int hour = 0; hour <= 24; hour += 6)
		buf_printf(out, "<path class=\"grid\" d=\"M%.1f 0V20\"/>", WIDTH * hour / 24);
	if (count > TIMELINE_MAX)
		buf_printf(out,
		    "<rect class=\"band\" x=\"%.1f\" y=\"5\" width=\"%.1f\" height=\"10\"/>",
		    place(due[0], from, until), WIDTH - place(due[0], from, until));
	for (size_t i = 0; count <= TIMELINE_MAX && i < count; i++)
		buf_printf(out, "<path class=\"%s\" d=\"M%.1f 4V16\"/>",
		    due[i].us < now.us ? "past" : "due", place(due[i], from, until));
	buf_printf(out, "<path class=\"now\" d=\"M%.1f 0V20\"/></svg>", place(now, from, until));
}
