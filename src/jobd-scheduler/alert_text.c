/* What an alert says: to people, to programs, and to who asks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert.h"
#include "base/text.h"
#include "render.h"

/* How a measure is said: "101 dead jobs"; of one, and of any other number. */
static const struct {
	const char *one, *many;
} nouns[ALERT_MEASURE_COUNT] = {
	[ALERT_DEAD] = {"dead job",                       "dead jobs"                           },
	[ALERT_WAITING] = { "job waits",                     "jobs wait"                           },
	[ALERT_OLDEST_WAITING] = { NULL,                            "is how long the first job waits"     },
	[ALERT_RETRY] = { "job waits to be tried again",   "jobs wait to be tried again"         },
	[ALERT_BREAKER] = { "target is left alone",          "targets are left alone"              },
	[ALERT_OUTBOX] = { "outbox is in trouble",          "outboxes are in trouble"             },
	[ALERT_PROGRAM] = { "program was given up",          "programs were given up"              },
	[ALERT_MISSED] = { "time of a schedule was missed", "times of schedules were missed"      },
	[ALERT_FAILURE_RATE] = { NULL,                            "of the attempts failed"              },
	[ALERT_DISK] = { NULL,                            "are free on the disk of the database"},
};

static const char *
noun(const struct alert *alert)
{
	const char *one = nouns[alert->when.measure].one;

	return one != NULL && alert->value == 1 ? one : nouns[alert->when.measure].many;
}

static void
put_scope(const struct alert_when *when, char *buf, size_t size)
{
	static const char *const kinds[] = {
		[ALERT_EVERYTHING] = "",
		[ALERT_OF_QUEUE] = "queue",
		[ALERT_OF_TYPE] = "type",
		[ALERT_OF_PROGRAM] = "program",
	};

	buf[0] = '\0';
	if (when->scope != ALERT_EVERYTHING)
		snprintf(buf, size, " (%s %s)", kinds[when->scope], when->name);
}

void
alert_sentence(const struct alert *alert, enum alert_action action, struct walltime now, char *buf,
    size_t size)
{
	const struct alert_when *when = &alert->when;
	char value[40], bound[40], scope[ALERT_SCOPE_MAX + 20], over[80] = "", time[40];
	const char *side = when->below ? "less than" : "more than";

	alert_value_text(when->unit, alert->value, value, sizeof(value));
	alert_value_text(when->unit, when->threshold, bound, sizeof(bound));
	put_scope(when, scope, sizeof(scope));
	if (when->over_ms > 0)
		snprintf(over, sizeof(over), " in the last %s",
		    text_from_duration_ms(when->over_ms, time, sizeof(time)));
	if (action == ALERT_SAY_RESOLVED) {
		text_from_duration_ms(
		    walltime_diff_ms(now, alert->progress.since) / 1000 * 1000, time, sizeof(time));
		snprintf(buf, size, "%s%s: over: %s %s%s, no longer %s %s; it was so for %s",
		    alert->name, scope, value, noun(alert), over, side, bound, time);
		return;
	}
	snprintf(buf, size, "%s%s: %s %s%s, %s %s%s%s", alert->name, scope, value, noun(alert),
	    over, side, bound, alert->detail[0] != '\0' ? ": " : "", alert->detail);
}

struct saying {
	const struct alert *alert;
	enum alert_action action;
	struct walltime now;
};

static void
render_arguments(struct json *json, const void *arg)
{
	const struct saying *saying = arg;
	const struct alert *alert = saying->alert;
	char text[ALERT_TEXT_MAX];

	alert_sentence(alert, saying->action, saying->now, text, sizeof(text));
	json_array(json, NULL);
	json_object(json, NULL);
	json_string(json, "alert", alert->name);
	json_string(json, "state", saying->action == ALERT_SAY_RESOLVED ? "resolved" : "firing");
	json_string(json, "text", text);
	json_string(json, "when", alert->condition);
	json_int(json, "value", alert->value);
	json_int(json, "threshold", alert->when.threshold);
	render_time(json, "since", alert->progress.since);
	render_time(json, "at", saying->now);
	json_object_end(json);
	json_array_end(json);
}

char *
alert_arguments(const struct alert *alert, enum alert_action action, struct walltime now)
{
	struct saying saying = { alert, action, now };
	size_t len;

	return render(render_arguments, &saying, &len);
}

void
alert_render(struct json *json, const void *arg)
{
	static const char *const units[] = {
		[ALERT_COUNT] = "",
		[ALERT_MS] = "ms",
		[ALERT_PERCENT] = "percent",
		[ALERT_BYTES] = "bytes",
	};
	const struct alert *alert = arg;

	json_object(json, NULL);
	json_string(json, "name", alert->name);
	json_string(json, "when", alert->condition);
	json_string(json, "state", alert_state_word(alert->progress.state));
	if (alert->known)
		json_int(json, "value", alert->value);
	else
		json_null(json, "value");
	json_int(json, "threshold", alert->when.threshold);
	json_string(json, "unit", units[alert->when.unit]);
	json_string(json, "detail", alert->detail[0] != '\0' ? alert->detail : NULL);
	render_time(json, "since", alert->progress.since);
	render_time(json, "fired_at", alert->progress.fired_at);
	render_time(json, "told_at", alert->progress.told_at);
	render_time(json, "looked_at", alert->looked_at);
	json_int(json, "fired", alert->progress.fired);
	json_int(json, "for_ms", alert->rule.hold_ms);
	json_int(json, "repeat_ms", alert->rule.repeat_ms);
	json_string(json, "job", alert->job);
	json_object_end(json);
}
