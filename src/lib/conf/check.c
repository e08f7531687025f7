#include <sys/un.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "conf/check.h"
#include "cron/schedule.h"

/* The longest name of a socket in run_dir. */
#define LONGEST_SOCKET "/control.sock"

/* Of a program's name, or more: a longer one is cut off and none. */
#define NAME_ROOM 128

/* Of one program. */
#define LISTEN_MAX 16

/* The walk through the programs that wait for others. */
enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct walk {
	const struct conf *conf;
	struct errors *errors;
	enum mark *marks;
	size_t *path; /* indexes of the open ones */
	size_t depth;
};

static bool has_no_text(const struct block *, const char *option);
static void check_name(const struct conf *, const struct block *, int64_t line, const char *option,
    const char *name, struct errors *);
static void check_names(const struct conf *, const struct block *, const char *option,
    char *const *names, struct errors *);
static void check_forwards(const struct conf *, const struct blocks *, struct errors *);
static const struct block *find_block(const struct blocks *, const struct conf_program *);
static void report_cycle(struct walk *, size_t first);
static bool visit(struct walk *, size_t index);
static bool visit_all(struct walk *, char *const *names);
static void check_cycles(const struct conf *, struct errors *);

/* Not so if its file could not be read whole: then there is a setting without a text. */
static bool
has_no_text(const struct block *block, const char *option)
{
	const struct block_setting *setting =
	    block_find_setting(block, conf_option_find(block->section, option));

	if (setting == NULL)
		return !block->is_partial;
	return setting->count == 1 && setting->texts[0][0] == '\0';
}

/* A shell understands more than we do, so then only emptiness is wrong. */
void
check_command(const struct block *block, const char *option, const char *command, bool shell,
    struct errors *errors)
{
	const char *errstr = NULL;

	if (command[0] == '\0')
		return;
	if (!shell)
		free(text_split_command(command, &errstr));
	else if (command[strspn(command, " \t\n")] == '\0')
		errstr = "is empty";
	if (errstr != NULL)
		errors_add(errors, block->file, block_line_of(block, option),
		    "option '%s': '%.200s' %s", option, command, errstr);
}

void
check_program(const struct conf_program *program, const struct block *block, struct errors *errors)
{
	size_t listen_count = 0;

	if (program->role == CONF_ROLE_USER && has_no_text(block, "command"))
		errors_add(
		    errors, block->file, block->line, "program '%s' has no command", program->name);
	check_command(block, "command", program->command, program->shell, errors);
	check_command(block, "stop_command", program->stop_command, program->shell, errors);
	check_command(block, "before_start", program->before_start, program->shell, errors);
	check_command(block, "after_stop", program->after_stop, program->shell, errors);
	while (program->listen[listen_count] != NULL)
		listen_count++;
	if (listen_count > LISTEN_MAX)
		errors_add(errors, block->file, block_line_of(block, "listen"),
		    "option 'listen': %zu sockets are too many, %d are allowed", listen_count,
		    LISTEN_MAX);
	if (program->backoff_max_ms < program->backoff_min_ms)
		errors_add(errors, block->file, block_line_of(block, "backoff_max"),
		    "option 'backoff_max' is shorter than backoff_min");
	if (program->oneshot && program->restart == CONF_RESTART_ALWAYS)
		errors_add(errors, block->file, block_line_of(block, "restart"),
		    "option 'restart': a oneshot program can't be restarted 'always'");
	if (program->role == CONF_ROLE_USER)
		check_guard(program, block, errors);
}

bool
check_timezone(const struct block *block, const char *timezone, struct errors *errors)
{
	char why[SCHEDULE_ERROR_MAX];

	if (timezone[0] == '\0' || schedule_zone_check(timezone, why, sizeof(why)) == 0)
		return true;
	errors_add(
	    errors, block->file, block_line_of(block, "timezone"), "option 'timezone': %s", why);
	return false;
}

void
check_conf(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	const size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
	const struct block *scheduler = blocks_find(blocks, conf_section_find("scheduler"), "", 0);

	if (scheduler != NULL)
		check_timezone(scheduler, conf->scheduler.timezone, errors);
	check_queue_side(conf, blocks, errors);
	check_web(conf, blocks, errors);
	check_webhooks(conf, blocks, errors);
	check_outboxes(conf, blocks, errors);
	if (strlen(conf->run_dir) + sizeof(LONGEST_SOCKET) > room)
		errors_add(errors, conf->file, 0,
		    "option 'run_dir': '%s' is too long for the paths of sockets (at most %zu "
		    "bytes)",
		    conf->run_dir, room - sizeof(LONGEST_SOCKET));
}

static void
check_name(const struct conf *conf, const struct block *block, int64_t line, const char *option,
    const char *name, struct errors *errors)
{
	const char **words = calloc(conf->program_count + 1, sizeof(*words));
	const char *nearest;

	for (size_t i = 0; i < conf->program_count && words != NULL; i++)
		words[i] = conf->programs[i].name;
	if (words != NULL && conf_find_program(conf, name) == NULL) {
		nearest = words_nearest(name, words);
		errors_add(errors, block->file, line, "option '%s': there is no program '%s'%s%s%s",
		    option, name, nearest != NULL ? ": did you mean '" : "",
		    nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
	}
	free(words);
}

static void
check_names(const struct conf *conf, const struct block *block, const char *option,
    char *const *names, struct errors *errors)
{
	for (; *names != NULL; names++)
		check_name(conf, block, block_line_of(block, option), option, *names, errors);
}

static const struct block *
find_block(const struct blocks *blocks, const struct conf_program *program)
{
	if (program->role == CONF_ROLE_USER)
		return blocks_find(
		    blocks, conf_section_find("program"), program->name, strlen(program->name));
	return blocks_find(blocks, conf_section_find(program->name), "", 0);
}

/* "web waits for api, api waits for web" */
static void
report_cycle(struct walk *walk, size_t first)
{
	const struct conf_program *program = &walk->conf->programs[first];
	char text[512] = "";
	size_t len = 0, at = 0;

	while (walk->path[at] != first)
		at++;
	for (; at < walk->depth && len < sizeof(text); at++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s -> ",
		    walk->conf->programs[walk->path[at]].name);
	errors_add(walk->errors, program->file, program->line,
	    "programs wait for each other (after, requires): %s%s", text, program->name);
}

/* False when a circle was found: one is enough. */
static bool
visit(struct walk *walk, size_t index)
{
	const struct conf_program *program = &walk->conf->programs[index];
	bool is_good;

	if (walk->marks[index] == MARK_DONE)
		return true;
	if (walk->marks[index] == MARK_OPEN) {
		report_cycle(walk, index);
		return false;
	}
	walk->marks[index] = MARK_OPEN;
	walk->path[walk->depth++] = index;
	is_good = visit_all(walk, program->after) && visit_all(walk, program->requires);
	walk->depth--;
	walk->marks[index] = MARK_DONE;
	return is_good;
}

static bool
visit_all(struct walk *walk, char *const *names)
{
	const struct conf_program *program;

	for (; *names != NULL; names++) {
		program = conf_find_program(walk->conf, *names);
		if (program != NULL && !visit(walk, (size_t)(program - walk->conf->programs)))
			return false;
	}
	return true;
}

static void
check_cycles(const struct conf *conf, struct errors *errors)
{
	struct walk walk = { .conf = conf, .errors = errors };

	walk.marks = calloc(conf->program_count + 1, sizeof(*walk.marks));
	walk.path = calloc(conf->program_count + 1, sizeof(*walk.path));
	for (size_t i = 0; i < conf->program_count && walk.marks != NULL && walk.path != NULL; i++)
		if (!visit(&walk, i))
			break;
	free(walk.marks);
	free(walk.path);
}

/* SIGNAL=PROGRAM/SIGNAL: a plain program's name must exist. */
static void
check_forwards(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	const struct conf_option *option =
	    conf_option_find(conf_section_find(""), "forward_signals");
	const struct block_setting *setting = NULL;
	const struct block *block = blocks->list;

	for (size_t i = 0; i < blocks->count && setting == NULL; i++) {
		block = &blocks->list[i];
		if (block->section->name[0] == '\0')
			setting = block_find_setting(block, option);
	}
	for (char *const *rule = conf->forward_signals; *rule != NULL && setting != NULL; rule++) {
		char name[NAME_ROOM];

		snprintf(name, sizeof(name), "%s", strchr(*rule, '=') + 1);
		name[strcspn(name, "/")] = '\0';
		if (text_is_name(name) && strcmp(name, "all") != 0)
			check_name(conf, block, setting->line, "forward_signals", name, errors);
	}
}

void
check_order(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	for (size_t i = 0; i < conf->program_count; i++) {
		const struct conf_program *program = &conf->programs[i];
		const struct block *block = find_block(blocks, program);

		if (block == NULL)
			continue;
		check_names(conf, block, "after", program->after, errors);
		check_names(conf, block, "requires", program->requires, errors);
	}
	check_forwards(conf, blocks, errors);
	check_mail_server(conf, blocks, errors);
	check_alerts(conf, blocks, errors);
	check_cycles(conf, errors);
}
