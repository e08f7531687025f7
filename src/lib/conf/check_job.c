#include <string.h>

#include "conf/check.h"
#include "conf/value.h"
#include "cron/schedule.h"

/* What says what a job does: at most one of them. */
struct work {
	const char *option; /* or the name of a nested section */
	const char *text;
};
#define WORK_COUNT 7

static void list_work(const struct conf_job *, struct work[WORK_COUNT]);
static void check_schedule(
    const struct conf_job *, const struct conf *, const struct block *, struct errors *);
static int64_t line_of(const struct block *, const char *option);
static bool is_said(const struct block *, const char *option);
static bool is_empty(const struct block *, const char *option);
static void check_work(const struct conf_job *, const struct block *, struct errors *);
static void check_condition(const struct conf_job *, const struct block *, struct errors *);
static void check_mail(const struct conf_job *, const struct block *, struct errors *);

static void
list_work(const struct conf_job *job, struct work work[WORK_COUNT])
{
	const struct work list[] = {
		{"command", job->command                                  },
		{ "get",    job->http.get                                 },
		{ "post",   job->http.post                                },
		{ "put",    job->http.put                                 },
		{ "patch",  job->http.patch                               },
		{ "delete", job->http.delete_url                          },
		{ "mail",   job->mail.to[0] != NULL ? job->mail.to[0] : ""},
	};

	memcpy(work, list, sizeof(list));
}

static void
check_schedule(const struct conf_job *job, const struct conf *conf, const struct block *block,
    struct errors *errors)
{
	const char *zone = job->timezone;
	char why[SCHEDULE_ERROR_MAX];
	struct schedule *schedule;

	if (job->schedule[0] == '\0')
		return;
	/* A wrong zone of the scheduler is reported there. */
	if (zone[0] == '\0' && schedule_zone_check(conf->scheduler.timezone, why, sizeof(why)) == 0)
		zone = conf->scheduler.timezone;
	if ((schedule = schedule_parse(job->schedule, zone, why, sizeof(why))) == NULL)
		errors_add(errors, block->file, block_line_of(block, "schedule"),
		    "option 'schedule': '%.200s': %s", job->schedule, why);
	schedule_free(schedule);
}

/* The line of an option or of a section inside. */
static int64_t
line_of(const struct block *block, const char *option)
{
	if (conf_nested_find(block->section, option) != NULL)
		return block_line_of_nested(block, option);
	return block_line_of(block, option);
}

static bool
is_said(const struct block *block, const char *option)
{
	if (conf_nested_find(block->section, option) != NULL)
		return block_line_of_nested(block, option) != 0;
	return block_find_setting(block, conf_option_find(block->section, option)) != NULL;
}

/* What is wrong otherwise has been said. */
static bool
is_empty(const struct block *block, const char *option)
{
	const struct block_setting *setting =
	    block_find_setting(block, conf_option_find(block->section, option));

	return setting != NULL && setting->count == 1 && setting->texts[0][0] == '\0';
}

static void
check_work(const struct conf_job *job, const struct block *block, struct errors *errors)
{
	struct work work[WORK_COUNT];
	const char *first = NULL;

	list_work(job, work);
	for (size_t i = 0; i < WORK_COUNT; i++) {
		if (!is_said(block, work[i].option))
			continue;
		if (is_empty(block, work[i].option))
			errors_add(errors, block->file, line_of(block, work[i].option),
			    "option '%s' is empty", work[i].option);
		if (first != NULL)
			errors_add(errors, block->file, line_of(block, work[i].option),
			    "job '%s' has both '%s' and '%s': it can do only one thing", job->name,
			    first, work[i].option);
		else
			first = work[i].option;
	}
}

static void
check_mail(const struct conf_job *job, const struct block *block, struct errors *errors)
{
	const struct conf_mail *mail = &job->mail;
	int64_t line = block_line_of_nested(block, "mail");
	const struct block_setting *to;

	if (line == 0 || block->is_partial)
		return;
	to = block_find_setting(block, conf_option_find(block->section, "mail.to"));
	if (to == NULL || to->count == 0)
		errors_add(
		    errors, block->file, line, "the mail of job '%s' has no 'to'", job->name);
	if (mail->text[0] == '\0' && mail->text_template[0] == '\0' &&
	    mail->template_html[0] == '\0')
		errors_add(errors, block->file, line,
		    "the mail of job '%s' has none of 'text', 'text_template' and 'template'",
		    job->name);
	check_both(
	    block, "mail.text", mail->text, "mail.text_template", mail->text_template, errors);
}

void
check_mail_server(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	const struct conf_section *section = conf_section_find("job");

	for (size_t i = 0; i < conf->job_count; i++) {
		const struct conf_job *job = &conf->jobs[i];
		const struct block *block =
		    blocks_find(blocks, section, job->name, strlen(job->name));
		int64_t line = block_line_of_nested(block, "mail");

		if (line == 0)
			continue;
		if (conf->smtp.url[0] == '\0')
			errors_add(errors, block->file, line,
			    "the mail of job '%s' has no server: smtp { url = \"smtp://HOST:PORT\" "
			    "}",
			    job->name);
		else if (job->mail.from[0] == '\0' && conf->smtp.from[0] == '\0')
			errors_add(errors, block->file, line,
			    "the mail of job '%s' has no sender: set 'from' here or in 'smtp'",
			    job->name);
	}
}

void
check_both(const struct block *block, const char *option, const char *text, const char *file_option,
    const char *file, struct errors *errors)
{
	if (text[0] != '\0' && file[0] != '\0')
		errors_add(errors, block->file, block_line_of(block, file_option),
		    "option '%s': '%s' is set too, only one of them is possible", file_option,
		    option);
}

void
check_needs(const struct block *block, const char *option, const char *text, const char *other,
    bool is_set, struct errors *errors)
{
	if (text[0] != '\0' && !is_set)
		errors_add(errors, block->file, block_line_of(block, option),
		    "option '%s' does nothing without '%s'", option, other);
}

/* Who is to be asked is a URL or a command, and there must be something that it decides. */
static void
check_condition(const struct conf_job *job, const struct block *block, struct errors *errors)
{
	const char *errstr;

	check_needs(block, "only_if", job->only_if, "command', 'mail' or a URL such as 'post",
	    conf_job_kind(job) != CONF_JOB_FOREIGN, errors);
	if (!conf_condition_is_url(job->only_if))
		check_command(block, "only_if", job->only_if, job->shell, errors);
	else if ((errstr = value_check_url(job->only_if)) != NULL)
		errors_add(errors, block->file, block_line_of(block, "only_if"),
		    "option 'only_if': '%.200s' %s", job->only_if, errstr);
}

void
check_job(const struct conf_job *job, const struct conf *conf, const struct block *block,
    struct errors *errors)
{
	check_work(job, block, errors);
	check_command(block, "command", job->command, job->shell, errors);
	if (check_timezone(block, job->timezone, errors))
		check_schedule(job, conf, block, errors);
	check_mail(job, block, errors);
	check_condition(job, block, errors);
	check_both(block, "secret", job->http.secret, "secret_file", job->http.secret_file, errors);
	check_needs(block, "concurrency_key", job->concurrency_key, "concurrency",
	    job->concurrency != 0, errors);
	check_needs(
	    block, "unique_key", job->unique_key, "unique_for", job->unique_for_ms != 0, errors);
}
