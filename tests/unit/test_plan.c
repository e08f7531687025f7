#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/options.h"
#include "jobd/plan.h"

#include "conf_files.h"

/* The items that do something, as "action kind name: why" lines. */
static const char *
plan_text(const struct conf *current, const struct conf *next)
{
	static char text[16384];
	struct plan *plan = plan_make(current, next);

	assert_non_null(plan);
	text[0] = '\0';
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_item *item = &plan->items[i];
		char line[4096];

		assert_non_null(item->name);
		assert_non_null(item->why);
		if (item->kind == PLAN_KIND_PROGRAM && item->action != PLAN_REMOVE)
			assert_ptr_equal(item->program, conf_find_program(next, item->name));
		else
			assert_null(item->program);
		if (item->action == PLAN_NONE)
			continue;
		snprintf(line, sizeof(line), "%s %s %s: %s\n", plan_action_word(item->action),
		    plan_kind_word(item->kind), item->name, item->why);
		strlcat(text, line, sizeof(text));
	}
	if (plan->refused != NULL) {
		strlcat(text, "refused: ", sizeof(text));
		strlcat(text, plan->refused, sizeof(text));
	}
	plan_free(plan);
	return text;
}

static const char *
plan_of(const char *before, const char *after)
{
	struct conf *current = conf_of(before), *next = conf_of(after);
	const char *text = plan_text(current, next);

	conf_free(current);
	conf_free(next);
	return text;
}

#define WEB "program web { command = \"web\" } "
#define JOB "job mail { command = \"mail\" schedule = \"@daily\" } "
#define DB  "program db { command = \"db\" priority = 1 } "

static void
the_same_file_changes_nothing(void **state)
{
	static const char text[] = "log_level = info " WEB DB JOB "control { act_group = root }";
	struct conf *current = conf_of(text), *next = conf_of(text);
	struct plan *plan = plan_make(current, next);

	(void)state;
	assert_null(plan->refused);
	/* Every program is listed in starting order, the built-ins too, and nothing else. */
	assert_int_equal(plan->count, next->program_count);
	assert_true(plan->count > 2);
	for (size_t i = 0; i < plan->count; i++) {
		assert_int_equal(plan->items[i].action, PLAN_NONE);
		assert_string_equal(plan->items[i].name, next->programs[i].name);
		assert_string_equal(plan->items[i].why, "");
	}
	plan_free(plan);
	conf_free(current);
	conf_free(next);
}

static void
programs_come_and_go(void **state)
{
	(void)state;
	assert_string_equal(plan_of(WEB, WEB DB), "add program db: new\n");
	assert_string_equal(plan_of(WEB DB, WEB), "remove program db: no longer there\n");
	assert_string_equal(plan_of(WEB, "program web { command = \"web\" enabled = no }"),
	    "remove program web: no longer enabled\n");
	assert_string_equal(plan_of("program web { command = \"web\" enabled = no }", WEB),
	    "add program web: enabled\n");
	assert_string_equal(
	    plan_of("program web { command = \"web\" enabled = no }", DB), "add program db: new\n");
}

static void
what_changes_is_named(void **state)
{
	(void)state;
	assert_string_equal(
	    plan_of(WEB, "program web { command = \"web -v\" environment = \"A=1\" }"),
	    "restart program web: command, environment changed\n");
	assert_string_equal(
	    plan_of(WEB, "program web { command = \"web\" stop_timeout = 3s essential = yes }"),
	    "change program web: essential, stop_timeout changed\n");
	assert_string_equal(
	    plan_of(WEB,
		"program web { command = \"web\" before_start = \"true\" nice = 5 priority = 2 }"),
	    "restart program web: priority, nice changed; before_start changed for its next "
	    "start\n");
	assert_string_equal(
	    plan_of(WEB, "program web { command = \"web\" before_start = \"true\" }"),
	    "change program web: before_start changed for its next start\n");
}

static void
instances_alone_restart_nothing(void **state)
{
	(void)state;
	assert_string_equal(plan_of(WEB, "program web { command = \"web\" instances = 3 }"),
	    "change program web: instances 1 -> 3\n");
	assert_string_equal(plan_of(WEB, "program web { command = \"web 2\" instances = 3 }"),
	    "restart program web: instances 1 -> 3; command changed\n");
}

static void
a_reload_signal_takes_the_place_of_a_restart(void **state)
{
	(void)state;
	assert_string_equal(plan_of("program web { command = \"web\" reload_signal = HUP }",
				"program web { command = \"web\" reload_signal = HUP nice = 3 }"),
	    "signal program web: nice changed\n");
	/* No signal makes another command of it. */
	assert_string_equal(plan_of("program web { command = \"web\" reload_signal = HUP }",
				"program web { command = \"web -v\" reload_signal = HUP }"),
	    "restart program web: command changed\n");
	assert_string_equal(
	    plan_of("program web { command = \"web\" reload_signal = HUP }",
		"program web { command = \"web\" reload_signal = HUP priority = 3 }"),
	    "change program web: priority changed\n");
}

static void
jobs_are_items_and_reach_who_keeps_them(void **state)
{
	const char *text;

	(void)state;
	text = plan_of(WEB, WEB JOB);
	assert_non_null(strstr(text, "add program scheduler: new\n"));
	assert_non_null(strstr(text, "add program runner: new\n"));
	assert_non_null(strstr(text, "add job mail: new\n"));
	text = plan_of(WEB JOB, WEB);
	assert_non_null(strstr(text, "remove program scheduler: no longer there\n"));
	assert_non_null(strstr(text, "remove job mail: no longer there\n"));
	assert_string_equal(plan_of(JOB, JOB "job more { command = \"more\" }"),
	    "signal program scheduler: jobs changed\n"
	    "signal program runner: jobs changed\n"
	    "add job more: new\n");
	assert_string_equal(
	    plan_of(JOB, "job mail { command = \"mail\" schedule = \"@hourly\" timeout = 5s }"),
	    "signal program scheduler: jobs changed\n"
	    "signal program runner: jobs changed\n"
	    "change job mail: schedule, timeout changed\n");
}

static void
sections_of_built_ins_are_signalled(void **state)
{
	(void)state;
	assert_string_equal(plan_of(JOB, JOB "scheduler { timezone = \"Asia/Tokyo\" }"),
	    "signal program scheduler: timezone changed\n");
	assert_string_equal(plan_of(JOB, JOB "runner { concurrency = 3 }"),
	    "signal program runner: concurrency changed\n");
	assert_string_equal(plan_of(JOB, JOB "runner { concurrency = 3 nice = 4 }"),
	    "restart program runner: nice, concurrency changed\n");
	assert_string_equal(
	    plan_of(WEB, WEB "logger { memory = 1M }"), "change program logger: memory changed\n");
	/* The scheduler looks itself who may ask. */
	assert_string_equal(plan_of(JOB, JOB "control { act_group = root }"),
	    "signal program scheduler: control changed\n"
	    "change option control.act_group: '' -> 'root'\n");
	/* Where it does not run, the option stands for itself. */
	assert_string_equal(plan_of(WEB, WEB "runner { concurrency = 3 }"),
	    "change option runner.concurrency: 10 -> 3\n");
}

static void
queues_and_the_mail_server_reach_who_uses_them(void **state)
{
	(void)state;
	assert_string_equal(plan_of(JOB, JOB "queue mail { rate = 5/s }"),
	    "signal program scheduler: queues changed\n"
	    "signal program runner: queues changed\n"
	    "add queue mail: new\n");
	assert_string_equal(
	    plan_of(JOB "queue mail { rate = 5/s }", JOB "queue mail { rate = 5/min weight = 2 }"),
	    "signal program scheduler: queues changed\n"
	    "signal program runner: queues changed\n"
	    "change queue mail: weight, rate changed\n");
	assert_non_null(
	    strstr(plan_of(JOB "queue mail { }", JOB), "remove queue mail: no longer there\n"));
	/* Passwords are not shown. */
	assert_string_equal(plan_of(JOB "smtp { user = u }",
				JOB "smtp { user = u password = geheim breaker { failures = 3 } }"),
	    "signal program runner: smtp changed\n"
	    "change option smtp.password: changed\n"
	    "change option smtp.breaker.failures: 0 -> 3\n");
	assert_string_equal(
	    plan_of(JOB,
		"job mail { command = \"mail\" schedule = \"@daily\" breaker { failures = 2 } }"),
	    "signal program scheduler: jobs changed\n"
	    "signal program runner: jobs changed\n"
	    "change job mail: breaker.failures changed\n");
}

static void
addresses_of_the_queue_restart_the_scheduler(void **state)
{
	(void)state;
	assert_string_equal(plan_of(JOB, JOB "scheduler { listen = 'tcp://127.0.0.1:7419' }"),
	    "restart program scheduler: listen changed\n");
}

static void
a_scheduler_of_ones_own_gives_way(void **state)
{
	const char *text = plan_of("program scheduler { command = \"mine\" }", JOB);

	(void)state;
	assert_non_null(strstr(text, "restart program scheduler: kind changed\n"));
}

static void
webhooks_restart_the_web_side(void **state)
{
	static const char http[] = "http { listen = 127.0.0.1:8080 } job j { command = j } ",
			  hook[] = "webhook sale { path = /sale job = j secret = s header = X ";
	char before[300], after[300];

	(void)state;
	snprintf(before, sizeof(before), "%s%s}", http, hook);
	snprintf(after, sizeof(after), "%s%s rate = 10/s }", http, hook);
	assert_string_equal(plan_of(before, after),
	    "restart program http: webhooks changed\nchange webhook sale: rate changed\n");
	assert_string_equal(plan_of(before, http),
	    "restart program http: webhooks changed\nremove webhook sale: no longer there\n");
}

static void
the_common_environment_restarts_all(void **state)
{
	static const char before[] = WEB DB JOB, after[] = "environment = \"A=1\" " WEB DB JOB;
	struct conf *current = conf_of(before), *next = conf_of(after);
	struct plan *plan = plan_make(current, next);

	(void)state;
	for (size_t i = 0; i < plan->count; i++) {
		assert_int_equal(plan->items[i].kind, PLAN_KIND_PROGRAM);
		assert_int_equal(plan->items[i].action, PLAN_RESTART);
		assert_string_equal(plan->items[i].why, "environment changed");
	}
	plan_free(plan);
	conf_free(current);
	conf_free(next);
	assert_string_equal(
	    plan_of(WEB,
		"environment = \"A=1\" program web { command = \"web\" environment = \"B=1\" }"),
	    "restart program logger: environment changed\n"
	    "restart program web: environment changed\n");
}

static void
other_options_stand_for_themselves(void **state)
{
	(void)state;
	assert_string_equal(
	    plan_of("", "log_syslog = yes restart_budget = 5 restart_budget_time = 5s"),
	    "change option log_syslog: false -> true\n"
	    "change option restart_budget: 60 -> 5\n"
	    "change option restart_budget_time: changed\n");
	assert_string_equal(plan_of("", "control { look_group = root }"),
	    "change option control.look_group: '' -> 'root'\n");
	assert_string_equal(plan_of(JOB, "log_level = debug " JOB),
	    "signal program scheduler: log_level changed\n"
	    "signal program runner: log_level changed\n"
	    "change option log_level: 'info' -> 'debug'\n");
}

static void
what_needs_a_new_jobd_is_refused(void **state)
{
	(void)state;
	assert_string_equal(plan_of("run_dir = /tmp/a", "run_dir = /tmp/b"),
	    "refused: option 'run_dir' can't be changed from '/tmp/a' to '/tmp/b' while jobd runs");
	assert_string_equal(
	    plan_of("run_dir = /tmp/a state_dir = /tmp/s", "run_dir = /tmp/b state_dir = /tmp/t"),
	    "refused: option 'run_dir' can't be changed from '/tmp/a' to '/tmp/b' while jobd runs; "
	    "option 'state_dir' can't be changed from '/tmp/s' to '/tmp/t' while jobd runs");
}

/* Gives the option another value; `saved` gets what is needed to undo that. */
static void
change_value(const struct conf_option *option, void *section, char saved[static 64])
{
	static char other[] = "other value";
	static char *list[] = { other, NULL };
	void *field = (char *)section + option->offset;

	switch (option->type) {
	case CONF_TYPE_STRING:
		memcpy(saved, field, sizeof(void *));
		*(char **)field = other;
		break;
	case CONF_TYPE_LIST:
		memcpy(saved, field, sizeof(void *));
		*(char ***)field = list;
		break;
	case CONF_TYPE_BOOL:
		memcpy(saved, field, sizeof(bool));
		*(bool *)field = !*(bool *)field;
		break;
	case CONF_TYPE_FLOAT:
		memcpy(saved, field, sizeof(double));
		*(double *)field += 1;
		break;
	case CONF_TYPE_INT_LIST:
		memcpy(saved, (char *)section + option->count_offset, sizeof(size_t));
		*(size_t *)(void *)((char *)section + option->count_offset) ^= 1;
		break;
	case CONF_TYPE_INT:
	case CONF_TYPE_DURATION:
	case CONF_TYPE_SIZE:
	case CONF_TYPE_MODE:
	case CONF_TYPE_SIGNAL:
	case CONF_TYPE_WORD:
	case CONF_TYPE_READY:
	case CONF_TYPE_RATE:
		memcpy(saved, field, sizeof(int64_t));
		++*(int64_t *)field;
		break;
	}
}

static void
restore_value(const struct conf_option *option, void *section, const char *saved)
{
	static const size_t sizes[] = {
		[CONF_TYPE_STRING] = sizeof(char *),
		[CONF_TYPE_LIST] = sizeof(char **),
		[CONF_TYPE_BOOL] = sizeof(bool),
		[CONF_TYPE_FLOAT] = sizeof(double),
		[CONF_TYPE_INT_LIST] = sizeof(size_t),
		[CONF_TYPE_READY] = sizeof(int64_t),
	};
	size_t offset = option->type == CONF_TYPE_INT_LIST ? option->count_offset : option->offset;

	memcpy((char *)section + offset, saved,
	    sizes[option->type] != 0 ? sizes[option->type] : sizeof(int64_t));
}

/* No option can change without the plan saying so. */
static void
every_option_of_a_program_counts(void **state)
{
	const struct conf_option *option = conf_section_find("program")->options;
	struct conf *current = conf_of(WEB), *next = conf_of(WEB);
	struct conf_program *web = NULL;

	(void)state;
	for (size_t i = 0; i < next->program_count; i++)
		if (strcmp(next->programs[i].name, "web") == 0)
			web = &next->programs[i];
	for (; option->name != NULL; option++) {
		bool restarts =
		    option->effect == CONF_EFFECT_RESTART || option->effect == CONF_EFFECT_REPLACE;
		char saved[64], start[128];
		const char *text;

		change_value(option, web, saved);
		text = plan_text(current, next);
		restore_value(option, web, saved);
		if (strcmp(option->name, "enabled") == 0)
			continue;
		snprintf(start, sizeof(start), "%s program web: %s",
		    restarts ? "restart" : "change", option->name);
		if (strncmp(text, start, strlen(start)) != 0)
			fail_msg("'%s' does not begin with '%s'", text, start);
	}
	assert_string_equal(plan_text(current, next), "");
	conf_free(current);
	conf_free(next);
}

static void
every_option_of_a_job_counts(void **state)
{
	const struct conf_option *option = conf_section_find("job")->options;
	struct conf *current = conf_of(JOB), *next = conf_of(JOB);

	(void)state;
	for (; option->name != NULL; option++) {
		char saved[64], line[128];
		const char *text;

		change_value(option, &next->jobs[0], saved);
		text = plan_text(current, next);
		restore_value(option, &next->jobs[0], saved);
		snprintf(line, sizeof(line), "change job mail: %s changed\n", option->name);
		if (strstr(text, line) == NULL)
			fail_msg("'%s' is not in '%s'", line, text);
	}
	conf_free(current);
	conf_free(next);
}

static void
every_other_option_counts(void **state)
{
	struct conf *current = conf_of(WEB JOB), *next = conf_of(WEB JOB);

	(void)state;
	for (const struct conf_section *section = conf_sections; section->name != NULL; section++) {
		const struct conf_option *option = section->options;

		for (; !section->titled && option->name != NULL; option++) {
			char saved[64];
			const char *text;

			change_value(option, next, saved);
			text = plan_text(current, next);
			restore_value(option, next, saved);
			if (strstr(text, option->name) == NULL)
				fail_msg("'%s' is not in '%s'", option->name, text);
		}
	}
	conf_free(current);
	conf_free(next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_file_changes_nothing),
		cmocka_unit_test(programs_come_and_go),
		cmocka_unit_test(what_changes_is_named),
		cmocka_unit_test(instances_alone_restart_nothing),
		cmocka_unit_test(a_reload_signal_takes_the_place_of_a_restart),
		cmocka_unit_test(jobs_are_items_and_reach_who_keeps_them),
		cmocka_unit_test(sections_of_built_ins_are_signalled),
		cmocka_unit_test(queues_and_the_mail_server_reach_who_uses_them),
		cmocka_unit_test(addresses_of_the_queue_restart_the_scheduler),
		cmocka_unit_test(a_scheduler_of_ones_own_gives_way),
		cmocka_unit_test(webhooks_restart_the_web_side),
		cmocka_unit_test(the_common_environment_restarts_all),
		cmocka_unit_test(other_options_stand_for_themselves),
		cmocka_unit_test(what_needs_a_new_jobd_is_refused),
		cmocka_unit_test(every_option_of_a_program_counts),
		cmocka_unit_test(every_option_of_a_job_counts),
		cmocka_unit_test(every_other_option_counts),
	};

	return cmocka_run_group_tests(tests, conf_files_begin, conf_files_end);
}
