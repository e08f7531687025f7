#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "conf/value.h"

/* As in lib/exec, for an environment without PATH. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct report {
	const struct conf *conf;
	void (*call)(void *context, bool is_error, const char *text);
	void *context;
	size_t errors;
	/* Of what is checked at the moment. */
	const char *kind, *name, *file;
	int64_t line;
};

static void problem(struct report *, bool is_error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool is_number(const char *);
static void check_user(struct report *, const char *option, const char *user);
static void check_group(struct report *, const char *option, const char *group);
static void check_directory(struct report *, const char *option, const char *path);
static void check_file(struct report *, const char *option, const char *path);
static void check_paths(struct report *, const struct conf_option *, const void *base);
static void check_path(struct report *, const char *option, const char *path);
static void check_parent(struct report *, bool is_error, const char *option, const char *path);
static const char *path_variable(const struct report *, const struct conf_identity *);
static int executable_error(const char *directory, const char *path);
static int search_error(const char *directory, const char *name, const char *path);
static void check_command(struct report *, const char *option, const char *command, bool shell,
    const struct conf_identity *);
static void check_identity(struct report *, const struct conf_identity *);
static void check_program(struct report *, const struct conf_program *);
static void check_job(struct report *, const struct conf_job *);
static void check_webhook(struct report *, const struct conf_webhook *);
static void check_outbox(struct report *, const struct conf_outbox *);

static void
problem(struct report *report, bool is_error, const char *fmt, ...)
{
	char text[CONF_ERROR_MAX];
	int len;
	va_list ap;

	if (report->line > 0)
		len = snprintf(text, sizeof(text), "%s:%" PRId64 ": %s%s%s%s", report->file,
		    report->line, report->kind, report->name[0] != '\0' ? " '" : "", report->name,
		    report->name[0] != '\0' ? "': " : ": ");
	else
		len = snprintf(text, sizeof(text), "%s: %s%s", report->file,
		    report->kind != NULL ? report->kind : "", report->kind != NULL ? ": " : "");
	if (len >= 0 && (size_t)len < sizeof(text)) {
		va_start(ap, fmt);
		vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
		va_end(ap);
	}
	report->errors += is_error;
	report->call(report->context, is_error, text);
}

static bool
is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static void
check_user(struct report *report, const char *option, const char *user)
{
	if (user[0] == '\0' || is_number(user))
		return;
	errno = 0;
	if (getpwnam(user) == NULL)
		problem(report, true, "option '%s': there is no user '%s'", option, user);
	else if (getuid() != 0 && getpwnam(user)->pw_uid != getuid())
		problem(report, true, "option '%s': only root can start something as '%s'", option,
		    user);
}

static void
check_group(struct report *report, const char *option, const char *group)
{
	if (group[0] != '\0' && !is_number(group) && getgrnam(group) == NULL)
		problem(report, true, "option '%s': there is no group '%s'", option, group);
}

static void
check_directory(struct report *report, const char *option, const char *path)
{
	struct stat st;

	if (path[0] == '\0')
		return;
	if (stat(path, &st) == -1)
		problem(report, true, "option '%s': '%s': %s", option, path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		problem(report, true, "option '%s': '%s' is not a directory", option, path);
}

static void
check_file(struct report *report, const char *option, const char *path)
{
	struct stat st;

	if (access(path, R_OK) == -1 || stat(path, &st) == -1)
		problem(report, true, "option '%s': '%s': %s", option, path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		problem(report, true, "option '%s': '%s' is a directory", option, path);
}

/* One with {{names}} is known only when the job runs. */
static void
check_path(struct report *report, const char *option, const char *path)
{
	if (path[0] != '\0' && strstr(path, "{{") == NULL)
		check_file(report, option, path);
}

/* The files that a section names. */
static void
check_paths(struct report *report, const struct conf_option *option, const void *base)
{
	for (; option->name != NULL; option++) {
		if (!option->is_path)
			continue;
		if (option->type == CONF_TYPE_STRING)
			check_path(report, option->name, *CONST_FIELD(option, base, char *));
		if (option->type != CONF_TYPE_LIST)
			continue;
		for (char *const *path = *CONST_FIELD(option, base, char **); *path != NULL; path++)
			check_path(report, option->name, *path);
	}
}

/* The directory in which a file is to be made. */
static void
check_parent(struct report *report, bool is_error, const char *option, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	struct stat st;

	if (slash == NULL || slash == path || (size_t)(slash - path) >= sizeof(parent))
		return;
	snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	if (strcmp(parent, report->conf->log_dir) == 0)
		return; /* jobd makes it */
	if (stat(parent, &st) == -1)
		problem(report, is_error, "option '%s': '%s': %s", option, parent, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		problem(report, is_error, "option '%s': '%s' is not a directory", option, parent);
}

/* Its own, the one for all, or ours; later ones win. */
static const char *
path_variable(const struct report *report, const struct conf_identity *identity)
{
	char *const *places[] = { report->conf->environment, identity->environment };
	const char *path = getenv("PATH");

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (char *const *entry = places[i]; *entry != NULL; entry++)
			if (strncmp(*entry, "PATH=", 5) == 0)
				path = *entry + 5;
	return path != NULL ? path : DEFAULT_PATH;
}

/* 0 if it is a file that somebody may execute; the program may run as another user than we. */
static int
executable_error(const char *directory, const char *path)
{
	char whole[PATH_MAX];
	struct stat st;
	int len;

	len = snprintf(whole, sizeof(whole), "%s%s%s", path[0] == '/' ? "" : directory,
	    path[0] == '/' || directory[0] == '\0' ? "" : "/", path);
	if (len < 0 || (size_t)len >= sizeof(whole))
		return ENAMETOOLONG;
	if (stat(whole, &st) == -1)
		return errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
		return EACCES;
	return 0;
}

static int
search_error(const char *directory, const char *name, const char *path)
{
	char candidate[PATH_MAX];
	int error = ENOENT;

	for (;; path++) {
		size_t len = strcspn(path, ":");
		int found;

		snprintf(candidate, sizeof(candidate), "%.*s%s%s", (int)len, path,
		    len > 0 ? "/" : "", name);
		if ((found = executable_error(directory, candidate)) == 0)
			return 0;
		if (found == EACCES)
			error = EACCES;
		path += len;
		if (*path == '\0')
			return error;
	}
}

static void
check_command(struct report *report, const char *option, const char *command, bool shell,
    const struct conf_identity *identity)
{
	/* The file is read when it starts: it may bring a PATH that we do not see. */
	bool is_sure = identity->environment_file[0] == '\0';
	const char *errstr;
	char **words;
	int error;

	if (command[0] == '\0' || shell || (words = text_split_command(command, &errstr)) == NULL)
		return;
	if (strchr(words[0], '/') != NULL)
		error = executable_error(identity->directory, words[0]);
	else
		error =
		    search_error(identity->directory, words[0], path_variable(report, identity));
	if (error == ENOENT && strchr(words[0], '/') == NULL)
		problem(
		    report, is_sure, "option '%s': command '%s' is not found", option, words[0]);
	else if (error == EACCES)
		problem(report, true, "option '%s': '%s' is not executable", option, words[0]);
	else if (error != 0)
		problem(report, true, "option '%s': '%s': %s", option, words[0], strerror(error));
	free(words);
}

static void
check_identity(struct report *report, const struct conf_identity *identity)
{
	check_user(report, "user", identity->user);
	check_group(report, "group", identity->group);
	check_directory(report, "directory", identity->directory);
	if (identity->environment_file[0] != '\0' && identity->environment_file[0] != '-')
		check_file(report, "environment_file", identity->environment_file);
	for (char *const *secret = identity->secrets; *secret != NULL; secret++)
		check_file(report, "secrets", strchr(*secret, '=') + 1);
}

static void
begin_program(struct report *report, const struct conf_program *program)
{
	report->kind = program->role == CONF_ROLE_USER ? "program" : program->name;
	report->name = program->role == CONF_ROLE_USER ? program->name : "";
	report->file = program->file;
	report->line = program->line;
}

static void
check_program(struct report *report, const struct conf_program *program)
{
	begin_program(report, program);
	if (!program->enabled)
		return;
	check_identity(report, &program->identity);
	check_command(report, "command", program->command, program->shell, &program->identity);
	check_command(
	    report, "stop_command", program->stop_command, program->shell, &program->identity);
	check_command(
	    report, "before_start", program->before_start, program->shell, &program->identity);
	check_command(
	    report, "after_stop", program->after_stop, program->shell, &program->identity);
	check_command(
	    report, "check.command", program->check.command, program->shell, &program->identity);
	for (char *const *listen = program->listen; *listen != NULL; listen++)
		if (strncmp(*listen, "unix:", 5) == 0)
			check_parent(report, true, "listen", *listen + 5);
	if (program->role == CONF_ROLE_SCHEDULER)
		check_paths(report, conf_section_find("scheduler")->options, report->conf);
	/* The logger makes do without a file. */
	check_parent(report, false, "stdout_log", program->log.stdout_log);
	check_parent(report, false, "stderr_log", program->log.stderr_log);
}

/* Not an error: it was none when such files were written. */
static void
check_logs(void *context, const struct conf_program *program, const char *text)
{
	struct report *report = context;

	begin_program(report, program);
	problem(report, false, "%s", text);
}

static void
check_job(struct report *report, const struct conf_job *job)
{
	report->kind = "job";
	report->name = job->name;
	report->file = job->file;
	report->line = job->line;
	if (!job->enabled)
		return;
	check_identity(report, &job->identity);
	check_command(report, "command", job->command, job->shell, &job->identity);
	if (!conf_condition_is_url(job->only_if))
		check_command(report, "only_if", job->only_if, job->shell, &job->identity);
	check_paths(report, conf_section_find("job")->options, job);
}

static void
check_webhook(struct report *report, const struct conf_webhook *hook)
{
	report->kind = "webhook";
	report->name = hook->name;
	report->file = hook->file;
	report->line = hook->line;
	if (hook->enabled)
		check_paths(report, conf_section_find("webhook")->options, hook);
}

static void
check_outbox(struct report *report, const struct conf_outbox *outbox)
{
	report->kind = "outbox";
	report->name = outbox->name;
	report->file = outbox->file;
	report->line = outbox->line;
	if (outbox->enabled)
		check_paths(report, conf_section_find("outbox")->options, outbox);
}

size_t
conf_check_system(const struct conf *conf,
    void (*call)(void *context, bool is_error, const char *text), void *context)
{
	struct report report = {
		.conf = conf, .call = call, .context = context, .file = conf->file
	};

	check_group(&report, "look_group", conf->control.look_group);
	check_group(&report, "act_group", conf->control.act_group);
	report.kind = "smtp";
	check_paths(&report, conf_section_find("smtp")->options, conf);
	report.kind = "http";
	check_paths(&report, conf_section_find("http")->options, conf);
	for (size_t i = 0; i < conf->program_count; i++)
		check_program(&report, &conf->programs[i]);
	conf_check_logs(conf, check_logs, &report);
	for (size_t i = 0; i < conf->job_count; i++)
		check_job(&report, &conf->jobs[i]);
	for (size_t i = 0; i < conf->webhook_count; i++)
		check_webhook(&report, &conf->webhooks[i]);
	for (size_t i = 0; i < conf->outbox_count; i++)
		check_outbox(&report, &conf->outboxes[i]);
	return report.errors;
}
