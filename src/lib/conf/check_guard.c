#include "conf/check.h"

/* What is wrong with how a program is looked after. */

static void check_kinds(const struct conf_check *, const struct block *, struct errors *);
static void check_http(const struct conf_check *, const struct block *, struct errors *);

/* One of three ways, and one only. */
static void
check_kinds(const struct conf_check *check, const struct block *block, struct errors *errors)
{
	const struct {
		const char *option, *text;
	} kinds[] = {
		{"check.http",     check->http   },
                { "check.tcp",     check->tcp    },
		{ "check.command", check->command}
	};
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *later = kinds[i].option;

		if (kinds[i].text[0] == '\0')
			continue;
		if (first != NULL && block_line_of(block, first) > block_line_of(block, later)) {
			later = first;
			first = kinds[i].option;
		}
		if (first != NULL)
			errors_add(errors, block->file, block_line_of(block, later),
			    "option '%s': there is '%s' already, a program has one check", later,
			    first);
		first = kinds[i].option;
	}
	if (first == NULL && !block->is_partial && block_line_of_nested(block, "check") != 0)
		errors_add(errors, block->file, block_line_of_nested(block, "check"),
		    "section 'check' needs one of http, tcp and command");
}

static void
check_http(const struct conf_check *check, const struct block *block, struct errors *errors)
{
	bool is_http = check->http[0] != '\0' || block->is_partial;

	check_needs(block, "check.body", check->body, "check.http", is_http, errors);
	if (check->status != 0 && !is_http)
		errors_add(errors, block->file, block_line_of(block, "check.status"),
		    "option 'check.status' does nothing without 'check.http'");
	if (check->status != 0 && check->status < 100)
		errors_add(errors, block->file, block_line_of(block, "check.status"),
		    "option 'check.status': '%lld' is no status of HTTP", (long long)check->status);
}

void
check_guard(const struct conf_program *program, const struct block *block, struct errors *errors)
{
	const struct conf_check *check = &program->check;
	bool has_check = check->http[0] != '\0' || check->tcp[0] != '\0' ||
			 check->command[0] != '\0' || block->is_partial;

	check_kinds(check, block, errors);
	check_http(check, block, errors);
	check_command(block, "check.command", check->command, program->shell, errors);
	if (program->ready == CONF_READY_CHECK && !has_check)
		errors_add(errors, block->file, block_line_of(block, "ready"),
		    "option 'ready': 'check' needs a section check { ... }");
	if (program->oneshot && conf_is_guarded(program))
		errors_add(errors, block->file, block_line_of(block, "oneshot"),
		    "option 'oneshot': check, memory, max_age and watch are for programs that keep "
		    "running");
	if (program->max_age_jitter_ms > 0 && program->max_age_ms == 0)
		errors_add(errors, block->file, block_line_of(block, "max_age_jitter"),
		    "option 'max_age_jitter' does nothing without 'max_age'");
}
