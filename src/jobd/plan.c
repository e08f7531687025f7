#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/object.h"

#include "plan.h"

/* More than the names of all options of a section. */
#define NAMES_MAX 2048

/* What differs between two sections, and the strongest thing that it asks for. */
struct changes {
	enum plan_action action;
	bool replaces; /* no signal can bring the change about */
	char instances[64];
	char now[NAMES_MAX];   /* names of options, joined by commas */
	char later[NAMES_MAX]; /* the same, of those that wait for the next start */
};

struct builder {
	struct plan *plan;
	const struct conf *current, *next;
	size_t room;                /* of plan->items */
	struct changes environment; /* of all programs */
	bool jobs_changed, queues_changed, webhooks_changed, outboxes_changed, smtp_changed,
	    alerts_changed;
	bool failed; /* no memory */
};

/* What the section of a built-in, the jobs and the log level mean for its running process. */
static const struct {
	const char *section;
	enum plan_action action;
	bool reads_jobs, reads_smtp, reads_level, reads_alerts;
} builtins[] = {
  /* The logger is told through its channel; the others ask for CONFIG when they are
  signalled. */
	[CONF_ROLE_LOGGER] = {"logger",     PLAN_CHANGE, false, false, false, false},
	[CONF_ROLE_SCHEDULER] = { "scheduler", PLAN_SIGNAL, true,  false, true,  true },
	[CONF_ROLE_RUNNER] = { "runner",    PLAN_SIGNAL, true,  true,  true,  false},
	[CONF_ROLE_WEB] = { "http",      PLAN_SIGNAL, false, false, true,  false},
	[CONF_ROLE_OUTBOX] = { "outboxes",  PLAN_SIGNAL, true,  false, true,  false},
};

static const enum plan_action effect_actions[] = {
	[CONF_EFFECT_LIVE] = PLAN_CHANGE,
	[CONF_EFFECT_NEXT] = PLAN_CHANGE,
	[CONF_EFFECT_RESTART] = PLAN_RESTART,
	[CONF_EFFECT_REPLACE] = PLAN_RESTART,
	[CONF_EFFECT_REFUSE] = PLAN_NONE,
};

static void builder_add(struct builder *, struct plan_item, const char *why);
static void changes_add(struct changes *, enum plan_action, char *names, const char *name);
static void changes_option(
    struct changes *, const struct conf_option *, const void *one, const void *other);
static void changes_text(const struct changes *, char *buf, size_t size);
static const struct conf_program *enabled_program(const struct conf *, const char *name);
static void environment_compare(struct builder *);
static void program_plan(struct builder *, const struct conf_program *next);
static void program_compare(const struct builder *, struct changes *,
    const struct conf_program *current, const struct conf_program *next);
static void builtin_compare(const struct builder *, struct changes *, enum conf_role);
static bool table_differs(const struct conf_option *, const void *one, const void *other);
static void programs_plan(struct builder *);
static void objects_plan(struct builder *, enum plan_kind);
static void titled_plan(
    struct builder *, enum plan_kind, char *name, const void *current, const void *next);
static bool is_shown_by_program(const struct builder *, const struct conf_section *);
static void section_plan(struct builder *, const struct conf_section *);
static void options_plan(struct builder *);
static void option_text(const struct conf_option *, const void *section, char *buf, size_t size);
static void refusals_find(struct builder *);

const char *
plan_action_word(enum plan_action action)
{
	static const char *const words[] = {
		[PLAN_NONE] = "none",
		[PLAN_CHANGE] = "change",
		[PLAN_SIGNAL] = "signal",
		[PLAN_RESTART] = "restart",
		[PLAN_ADD] = "add",
		[PLAN_REMOVE] = "remove",
	};

	return words[action];
}

const char *
plan_kind_word(enum plan_kind kind)
{
	static const char *const words[] = {
		[PLAN_KIND_PROGRAM] = "program",
		[PLAN_KIND_JOB] = "job",
		[PLAN_KIND_QUEUE] = "queue",
		[PLAN_KIND_WEBHOOK] = "webhook",
		[PLAN_KIND_OUTBOX] = "outbox",
		[PLAN_KIND_ALERT] = "alert",
		[PLAN_KIND_NOTIFY] = "notify",
		[PLAN_KIND_OPTION] = "option",
	};

	return words[kind];
}

struct plan *
plan_make(const struct conf *current, const struct conf *next)
{
	struct builder builder = { .current = current, .next = next };

	if ((builder.plan = calloc(1, sizeof(*builder.plan))) == NULL)
		return NULL;
	builder.jobs_changed = !conf_objects_equal(current, next, conf_section_find("job"));
	builder.queues_changed = !conf_objects_equal(current, next, conf_section_find("queue"));
	builder.webhooks_changed = !conf_objects_equal(current, next, conf_section_find("webhook"));
	builder.outboxes_changed = !conf_objects_equal(current, next, conf_section_find("outbox"));
	builder.smtp_changed = table_differs(conf_section_find("smtp")->options, current, next);
	builder.alerts_changed = !conf_objects_equal(current, next, conf_section_find("alert")) ||
				 !conf_objects_equal(current, next, conf_section_find("notify")) ||
				 table_differs(conf_section_find("alerts")->options, current, next);
	environment_compare(&builder);
	refusals_find(&builder);
	programs_plan(&builder);
	for (enum plan_kind kind = PLAN_KIND_JOB; kind < PLAN_KIND_OPTION; kind++)
		objects_plan(&builder, kind);
	options_plan(&builder);
	if (!builder.failed)
		return builder.plan;
	plan_free(builder.plan);
	errno = ENOMEM;
	return NULL;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->count; i++) {
		free(plan->items[i].name);
		free(plan->items[i].why);
	}
	free(plan->items);
	free(plan->refused);
	free(plan);
}

/* Adds the item with a copy of its name and of the text. */
static void
builder_add(struct builder *builder, struct plan_item item, const char *why)
{
	struct plan *plan = builder->plan;

	if (plan->count == builder->room) {
		size_t room = builder->room * 2 + 16;
		struct plan_item *items = reallocarray(plan->items, room, sizeof(*items));

		if (items == NULL) {
			builder->failed = true;
			return;
		}
		plan->items = items;
		builder->room = room;
	}
	item.name = strdup(item.name);
	item.why = strdup(why);
	builder->failed |= item.name == NULL || item.why == NULL;
	plan->items[plan->count++] = item;
}

/* The stronger action wins; a name is listed once. */
static void
changes_add(struct changes *changes, enum plan_action action, char *names, const char *name)
{
	size_t len = strlen(name);

	if (action > changes->action)
		changes->action = action;
	for (const char *found = names; (found = strstr(found, name)) != NULL; found += len)
		if ((found == names || found[-1] == ' ') &&
		    (found[len] == ',' || found[len] == '\0'))
			return;
	if (names[0] != '\0')
		strlcat(names, ", ", NAMES_MAX);
	strlcat(names, name, NAMES_MAX);
}

/* Notes an option of `program` if it differs. */
static void
changes_option(
    struct changes *changes, const struct conf_option *option, const void *one, const void *other)
{
	enum plan_action action = effect_actions[option->effect];
	bool waits = option->effect == CONF_EFFECT_NEXT;

	if (conf_option_equal(option, one, other))
		return;
	changes_add(changes, action, waits ? changes->later : changes->now, option->name);
	changes->replaces |= option->effect == CONF_EFFECT_REPLACE;
}

/* "instances 1 -> 3; command, environment changed; ready changed for its next start" */
static void
changes_text(const struct changes *changes, char *buf, size_t size)
{
	const char *parts[] = { changes->instances, changes->now, changes->later };
	const char *ends[] = { "", " changed", " changed for its next start" };

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i][0] == '\0')
			continue;
		if (buf[0] != '\0')
			strlcat(buf, "; ", size);
		strlcat(buf, parts[i], size);
		strlcat(buf, ends[i], size);
	}
}

/* A program that is not enabled is as good as none. */
static const struct conf_program *
enabled_program(const struct conf *conf, const char *name)
{
	const struct conf_program *program = conf_find_program(conf, name);

	return program != NULL && program->enabled ? program : NULL;
}

static void
environment_compare(struct builder *builder)
{
	const struct conf_option *option = conf_option_find(conf_section_find(""), "environment");

	changes_option(&builder->environment, option, builder->current, builder->next);
}

static void
programs_plan(struct builder *builder)
{
	const struct conf *current = builder->current, *next = builder->next;

	for (size_t i = 0; i < next->program_count; i++)
		if (next->programs[i].enabled)
			program_plan(builder, &next->programs[i]);
	for (size_t i = 0; i < current->program_count; i++) {
		const struct conf_program *gone = &current->programs[i];
		struct plan_item item = { PLAN_KIND_PROGRAM, PLAN_REMOVE, .name = gone->name };

		if (gone->enabled && enabled_program(next, gone->name) == NULL)
			builder_add(builder, item,
			    conf_find_program(next, gone->name) != NULL ? "no longer enabled"
									: "no longer there");
	}
}

static void
program_plan(struct builder *builder, const struct conf_program *next)
{
	const struct conf_program *current = enabled_program(builder->current, next->name);
	struct plan_item item = { PLAN_KIND_PROGRAM, PLAN_ADD, .name = next->name,
		.program = next };
	struct changes changes = builder->environment;
	char why[3 * NAMES_MAX];

	if (current == NULL) {
		builder_add(builder, item,
		    conf_find_program(builder->current, next->name) != NULL ? "enabled" : "new");
		return;
	}
	program_compare(builder, &changes, current, next);
	changes_text(&changes, why, sizeof(why));
	item.action = changes.action;
	builder_add(builder, item, why);
}

static void
program_compare(const struct builder *builder, struct changes *changes,
    const struct conf_program *current, const struct conf_program *next)
{
	const struct conf_option *option = conf_section_find("program")->options;

	/* A user's `scheduler` that becomes the built-in one, or the other way round: all is
	 * different. */
	if (current->role != next->role) {
		changes_add(changes, PLAN_RESTART, changes->now, "kind");
		return;
	}
	for (; option->name != NULL; option++)
		if (strcmp(option->name, "instances") != 0)
			changes_option(changes, option, current, next);
	if (current->instances != next->instances) {
		changes_add(changes, PLAN_CHANGE, changes->instances, "instances");
		snprintf(changes->instances, sizeof(changes->instances),
		    "instances %" PRId64 " -> %" PRId64, current->instances, next->instances);
	}
	if (next->role != CONF_ROLE_USER)
		builtin_compare(builder, changes, (enum conf_role)next->role);
	else if (changes->action == PLAN_RESTART && next->reload_signal != 0 && !changes->replaces)
		changes->action = PLAN_SIGNAL;
}

/* What a built-in knows besides the settings of its process. */
static void
builtin_compare(const struct builder *builder, struct changes *changes, enum conf_role role)
{
	static const char *const levels[] = { "log_level", "log_syslog" };
	const struct conf_option *option = conf_section_find(builtins[role].section)->options;

	for (; option->name != NULL; option++)
		if (!conf_option_equal(option, builder->current, builder->next))
			changes_add(changes, builtins[role].action, changes->now, option->name);
	for (size_t i = 0; builtins[role].reads_level && i < sizeof(levels) / sizeof(levels[0]);
	     i++) {
		option = conf_option_find(conf_section_find(""), levels[i]);
		if (!conf_option_equal(option, builder->current, builder->next))
			changes_add(changes, builtins[role].action, changes->now, option->name);
	}
	if (builtins[role].reads_jobs && builder->jobs_changed)
		changes_add(changes, builtins[role].action, changes->now, "jobs");
	if (builtins[role].reads_jobs && builder->queues_changed)
		changes_add(changes, builtins[role].action, changes->now, "queues");
	/* It looks itself who may ask: the web side that is added now, among others. */
	if (role == CONF_ROLE_SCHEDULER &&
	    table_differs(conf_section_find("control")->options, builder->current, builder->next))
		changes_add(changes, builtins[role].action, changes->now, "control");
	/* Their secrets are read while it may still read them. */
	if (role == CONF_ROLE_WEB && builder->webhooks_changed)
		changes_add(changes, PLAN_RESTART, changes->now, "webhooks");
	/* The scheduler knows how they are. */
	if ((role == CONF_ROLE_OUTBOX || role == CONF_ROLE_SCHEDULER) && builder->outboxes_changed)
		changes_add(changes, builtins[role].action, changes->now, "outboxes");
	if (builtins[role].reads_alerts && builder->alerts_changed)
		changes_add(changes, builtins[role].action, changes->now, "alerts");
	if (role == CONF_ROLE_RUNNER && conf_guards_differ(builder->current, builder->next))
		changes_add(changes, builtins[role].action, changes->now, "checks");
	if (builtins[role].reads_smtp && builder->smtp_changed)
		changes_add(changes, builtins[role].action, changes->now, "smtp");
}

static bool
table_differs(const struct conf_option *option, const void *one, const void *other)
{
	for (; option->name != NULL; option++)
		if (!conf_option_equal(option, one, other))
			return true;
	return false;
}

/* Of all but programs only what changes is listed. */
static void
objects_plan(struct builder *builder, enum plan_kind kind)
{
	const struct conf_section *section = conf_section_find(plan_kind_word(kind));
	const struct conf *current = builder->current, *next = builder->next;

	for (size_t i = 0; i < conf_count(next, section); i++) {
		const void *object = conf_object(next, section, i);
		char *name = *(char *const *)object;

		titled_plan(builder, kind, name, conf_find(current, section, name), object);
	}
	for (size_t i = 0; i < conf_count(current, section); i++) {
		const void *object = conf_object(current, section, i);
		char *name = *(char *const *)object;

		if (conf_find(next, section, name) == NULL)
			titled_plan(builder, kind, name, object, NULL);
	}
}

/* One of them; NULL where it is not there. */
static void
titled_plan(
    struct builder *builder, enum plan_kind kind, char *name, const void *current, const void *next)
{
	const struct conf_option *option = conf_section_find(plan_kind_word(kind))->options;
	struct plan_item item = { kind, PLAN_CHANGE, .name = name };
	struct changes changes = { .action = PLAN_NONE };
	char why[3 * NAMES_MAX];

	if (current == NULL || next == NULL) {
		item.action = current == NULL ? PLAN_ADD : PLAN_REMOVE;
		builder_add(builder, item, current == NULL ? "new" : "no longer there");
		return;
	}
	for (; option->name != NULL; option++)
		if (!conf_option_equal(option, current, next))
			changes_add(&changes, PLAN_CHANGE, changes.now, option->name);
	if (changes.action == PLAN_NONE)
		return;
	changes_text(&changes, why, sizeof(why));
	builder_add(builder, item, why);
}

/* Every other option that changes, as "log_level" or "control.act_group". */
static void
options_plan(struct builder *builder)
{
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++)
		if (!section->titled && !is_shown_by_program(builder, section))
			section_plan(builder, section);
}

/* The options of a built-in are part of its own item, if it has one. */
static bool
is_shown_by_program(const struct builder *builder, const struct conf_section *section)
{
	for (size_t i = 0; i < builder->next->program_count; i++) {
		const struct conf_program *program = &builder->next->programs[i];

		if (program->role != CONF_ROLE_USER && program->enabled &&
		    strcmp(builtins[program->role].section, section->name) == 0)
			return true;
	}
	return false;
}

static void
section_plan(struct builder *builder, const struct conf_section *section)
{
	for (const struct conf_option *option = section->options; option->name != NULL; option++) {
		char name[128], from[256], to[256], why[600];
		struct plan_item item = { PLAN_KIND_OPTION, PLAN_CHANGE, .name = name };

		/* The other effects are seen at the programs, or refused. */
		if (option->effect != CONF_EFFECT_LIVE ||
		    conf_option_equal(option, builder->current, builder->next))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", section->name,
		    section->name[0] == '\0' ? "" : ".", option->name);
		option_text(option, builder->current, from, sizeof(from));
		option_text(option, builder->next, to, sizeof(to));
		snprintf(why, sizeof(why), "%s -> %s", from, to);
		builder_add(builder, item, from[0] == '\0' ? "changed" : why);
	}
}

/* The value, if it is one that can be said in a word and no secret; else an empty text. */
static void
option_text(const struct conf_option *option, const void *section, char *buf, size_t size)
{
	const void *field = (const char *)section + option->offset;

	buf[0] = '\0';
	if (option->is_secret)
		return;
	if (option->type == CONF_TYPE_STRING)
		snprintf(buf, size, "'%s'", *(char *const *)field);
	else if (option->type == CONF_TYPE_BOOL)
		snprintf(buf, size, "%s", *(const bool *)field ? "true" : "false");
	else if (option->type == CONF_TYPE_INT)
		snprintf(buf, size, "%" PRId64, *(const int64_t *)field);
}

/* Options that only a new jobd can take over: one sentence for each. */
static void
refusals_find(struct builder *builder)
{
	const struct conf_option *option = conf_section_find("")->options;
	struct plan *plan = builder->plan;

	for (; option->name != NULL; option++) {
		char from[256], to[256], *text;
		int len;

		if (option->effect != CONF_EFFECT_REFUSE ||
		    conf_option_equal(option, builder->current, builder->next))
			continue;
		option_text(option, builder->current, from, sizeof(from));
		option_text(option, builder->next, to, sizeof(to));
		len = asprintf(&text,
		    "%s%soption '%s' can't be changed from %s to %s while jobd runs",
		    plan->refused != NULL ? plan->refused : "", plan->refused != NULL ? "; " : "",
		    option->name, from, to);
		if (len == -1) {
			builder->failed = true;
			return;
		}
		free(plan->refused);
		plan->refused = text;
	}
}
