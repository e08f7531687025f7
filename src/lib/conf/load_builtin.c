#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/check.h"
#include "conf/load_private.h"
#include "conf/object.h"
#include "conf/value.h"

/* What a built-in has that is not a program's default; its section wins over this. */
struct builtin {
	enum conf_role role;
	const char *name;
	bool (*is_needed)(const struct load *); /* when nothing says whether it is enabled */
	const char *because;
	struct {
		const char *option, *text;
	} settings[8];
};

static bool needs_logger(const struct load *);
static bool needs_scheduler(const struct load *);
static bool needs_runner(const struct load *);
static bool needs_web(const struct load *);
static bool needs_outbox(const struct load *);

/* clang-format off */
static const struct builtin builtins[] = {
	{ CONF_ROLE_LOGGER, "logger", needs_logger, "", { { "priority", "-100" } } },
	{ CONF_ROLE_SCHEDULER, "scheduler", needs_scheduler,
	    ", which runs because there are jobs, queues, webhooks, outboxes or a section 'scheduler'", { { "priority", "-60" } } },
	/* Stops first, while what its jobs need is still there; they may finish within the time-out. */
	{ CONF_ROLE_RUNNER, "runner", needs_runner,
	    ", which runs because there are jobs for it, or programs to look after", { { "priority", "1000" }, { "stop_timeout", "30s" } } },
	{ CONF_ROLE_WEB, "http", needs_web, ", which runs because there is a section 'http'", { { "priority", "-50" } } },
	{ CONF_ROLE_OUTBOX, "outboxes", needs_outbox, ", which runs because there is a section 'outbox'", { { "priority", "-40" } } },
};

/* They must come back whatever happens, and they say when they are ready. */
static const char *const builtin_settings[][2] = {
	{ "restart", "always" },
	{ "ready", "notify" },
	{ "start_retries", "1000000" },
	{ "redirect_stderr", "true" },
	{ "backoff_min", "100ms" },
	{ "backoff_max", "5s" },
};
/* clang-format on */

static bool is_needed(const struct load *, const struct builtin *, const struct block *);
static void apply_builtin(struct conf_program *, const char *option, const char *text);
static int copy_listen(struct conf_program *, const struct conf *);
static int add_scheme(char **address);
static int load_web_group(struct conf *, struct conf_program *);
static int load_builtin(struct load *, const struct builtin *);

static bool
needs_logger(const struct load *load)
{
	(void)load;
	return true;
}

static bool
needs_scheduler(const struct load *load)
{
	return load->conf->job_count > 0 || load->conf->queue_count > 0 ||
	       load->conf->webhook_count > 0 || load->conf->outbox_count > 0 ||
	       blocks_find(&load->blocks, conf_section_find("scheduler"), "", 0) != NULL;
}

/* Other jobs are for workers.  The runner also looks after programs. */
static bool
needs_runner(const struct load *load)
{
	for (size_t i = 0; i < load->conf->job_count; i++)
		if (conf_job_kind(&load->conf->jobs[i]) != CONF_JOB_FOREIGN)
			return true;
	for (size_t i = 0; i < load->conf->program_count; i++)
		if (conf_is_guarded(&load->conf->programs[i]))
			return true;
	return false;
}

static bool
needs_web(const struct load *load)
{
	return load->conf->web.listen[0] != NULL;
}

static bool
needs_outbox(const struct load *load)
{
	for (size_t i = 0; i < load->conf->outbox_count; i++)
		if (load->conf->outboxes[i].enabled)
			return true;
	return false;
}

static bool
is_needed(const struct load *load, const struct builtin *builtin, const struct block *block)
{
	const struct conf_option *enabled =
	    conf_option_find(conf_section_find(builtin->name), "enabled");
	const struct block_setting *setting =
	    block != NULL ? block_find_setting(block, enabled) : NULL;
	struct conf_program answer = { .enabled = true };
	char why[VALUE_WHY_MAX];

	if (setting == NULL || setting->count == 0)
		return builtin->is_needed(load);
	/* A wrong value is reported when the option is applied. */
	return value_set(enabled, &answer, (const char *const *)setting->texts, setting->count,
		   why) == -1 ||
	       answer.enabled;
}

static void
apply_builtin(struct conf_program *program, const char *option, const char *text)
{
	const char *const texts[] = { text, NULL };
	char why[VALUE_WHY_MAX];

	value_set(conf_option_find(conf_section_find("program"), option), program, texts, 1, why);
}

/* An address of the web side needs no scheme; jobd's own sockets do. */
static int
add_scheme(char **address)
{
	char *whole;

	if (strncasecmp(*address, "tcp", 3) == 0 || strncmp(*address, "unix:", 5) == 0)
		return 0;
	if (asprintf(&whole, "tcp://%s", *address) == -1)
		return -1;
	value_text_free(*address);
	*address = whole;
	return 0;
}

/* jobd holds the addresses of the queue and of the web side as it does those of any program. */
static int
copy_listen(struct conf_program *program, const struct conf *conf)
{
	char *const *addresses =
	    program->role == CONF_ROLE_WEB ? conf->web.listen : conf->scheduler.listen;
	size_t count = 0;

	while (addresses[count] != NULL)
		count++;
	value_list_free(program->listen);
	program->listen = value_list_copy((const char *const *)addresses, count);
	if (program->listen == NULL)
		return -1;
	for (char **address = program->listen; *address != NULL; address++)
		if (add_scheme(address) == -1)
			return -1;
	return 0;
}

/* The web side is not root: a group lets it in at the sockets. */
static int
load_web_group(struct conf *conf, struct conf_program *program)
{
	if (conf->control.act_group[0] == '\0' && geteuid() == 0 &&
	    load_set_text(&conf->control.act_group, CONF_WEB_GROUP) == -1)
		return -1;
	if (program->identity.user[0] == '\0' || program->identity.group[0] != '\0')
		return 0;
	return load_set_text(&program->identity.group, conf->control.act_group);
}

static int
load_builtin(struct load *load, const struct builtin *builtin)
{
	const struct conf_section *section = conf_section_find(builtin->name);
	const struct block *block = blocks_find(&load->blocks, section, "", 0);
	const struct conf_program *taken;
	struct conf_program *program;

	if (!is_needed(load, builtin, block))
		return 0;
	if ((taken = conf_find_program(load->conf, builtin->name)) != NULL) {
		errors_add(load->errors, taken->file, taken->line,
		    "program '%s': the name is taken by the built-in %s%s", builtin->name,
		    builtin->name, builtin->because);
		return 0;
	}
	if ((program = conf_add_program(load->conf)) == NULL ||
	    load_set_text(&program->name, builtin->name) == -1 ||
	    load_set_text(&program->file, block != NULL ? block->file : load->conf->file) == -1)
		return -1;
	program->role = builtin->role;
	if ((builtin->role == CONF_ROLE_SCHEDULER || builtin->role == CONF_ROLE_WEB) &&
	    copy_listen(program, load->conf) == -1)
		return -1;
	program->line = block != NULL ? block->line : 0;
	load_inherit_log(&program->log, &load->conf->log_defaults);
	for (size_t i = 0; i < sizeof(builtin_settings) / sizeof(builtin_settings[0]); i++)
		apply_builtin(program, builtin_settings[i][0], builtin_settings[i][1]);
	for (size_t i = 0; builtin->settings[i].option != NULL; i++)
		apply_builtin(program, builtin->settings[i].option, builtin->settings[i].text);
	if (block == NULL)
		return 0;
	load_apply(load, block, true, program);
	if (builtin->role == CONF_ROLE_WEB && load_web_group(load->conf, program) == -1)
		return -1;
	check_program(program, block, load->errors);
	return load_resolve_logs(load->conf, &program->log);
}

int
load_builtins(struct load *load)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if (load_builtin(load, &builtins[i]) == -1)
			return -1;
	return 0;
}
