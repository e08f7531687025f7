#include <string.h>

#include "base/words.h"
#include "conf/alert_when.h"
#include "conf/check.h"
#include "conf/object.h"

static const char *nearest_job(const struct conf *, const char *name);
static void check_job_name(const struct conf *, const struct block *, const char *section,
    const char *name, struct errors *);
static void check_alert(
    const struct conf *, const struct conf_alert *, const struct block *, struct errors *);
static void check_notify(
    const struct conf *, const struct conf_notify *, const struct block *, struct errors *);
static bool is_said(const struct block *, const char *option);

static const char *
nearest_job(const struct conf *conf, const char *name)
{
	const char *words[256] = { NULL };

	for (size_t i = 0; i < conf->job_count && i < 255; i++)
		words[i] = conf->jobs[i].name;
	return words_nearest(name, words);
}

static bool
is_said(const struct block *block, const char *option)
{
	return block->is_partial ||
	       block_find_setting(block, conf_option_find(block->section, option)) != NULL;
}

static void
check_job_name(const struct conf *conf, const struct block *block, const char *section,
    const char *name, struct errors *errors)
{
	const char *nearest;

	if (conf_find_job(conf, name) != NULL)
		return;
	nearest = nearest_job(conf, name);
	errors_add(errors, block->file, block_line_of(block, "job"),
	    "option 'job': there is no section 'job %s' for %s%s%s%s", name, section,
	    nearest != NULL ? ": did you mean '" : "", nearest != NULL ? nearest : "",
	    nearest != NULL ? "'?" : "");
}

static void
check_alert(const struct conf *conf, const struct conf_alert *alert, const struct block *block,
    struct errors *errors)
{
	char why[ALERT_ERROR_MAX];
	struct alert_when when;

	if ((!is_said(block, "when") || (alert->when[0] == '\0' && !block->is_partial)) &&
	    alert->enabled)
		errors_add(
		    errors, block->file, block->line, "alert '%s' has no 'when'", alert->name);
	if (alert->job[0] != '\0')
		check_job_name(conf, block, "the alert", alert->job, errors);
	else if (conf->alerting.job[0] == '\0' && alert->enabled && !block->is_partial)
		errors_add(errors, block->file, block->line,
		    "alert '%s' has no 'job' that tells it: set it here or in 'alerts'",
		    alert->name);
	if (alert->when[0] != '\0' && alert_when_parse(alert->when, &when, why) == 0 &&
	    when.scope == ALERT_OF_PROGRAM && conf_find_program(conf, when.name) == NULL)
		errors_add(errors, block->file, block_line_of(block, "when"),
		    "option 'when': there is no program '%s'", when.name);
}

static void
check_notify(const struct conf *conf, const struct conf_notify *notify, const struct block *block,
    struct errors *errors)
{
	static const char *const needed[] = { "events", "job" };

	for (size_t i = 0; i < 2; i++)
		if (!is_said(block, needed[i]))
			errors_add(errors, block->file, block->line, "notify '%s' has no '%s'",
			    notify->name, needed[i]);
	if (is_said(block, "job") && !block->is_partial)
		check_job_name(conf, block, "what is told", notify->job, errors);
}

void
check_alerts(const struct conf *conf, const struct blocks *blocks, struct errors *errors)
{
	const struct block *alerts = blocks_find(blocks, conf_section_find("alerts"), "", 0);

	if (alerts != NULL && conf->alerting.job[0] != '\0')
		check_job_name(conf, alerts, "alerts", conf->alerting.job, errors);
	for (size_t i = 0; i < conf->alert_count; i++) {
		const struct conf_alert *alert = &conf->alerts[i];

		check_alert(conf, alert,
		    blocks_find(
			blocks, conf_section_find("alert"), alert->name, strlen(alert->name)),
		    errors);
	}
	for (size_t i = 0; i < conf->notify_count; i++) {
		const struct conf_notify *notify = &conf->notifies[i];

		check_notify(conf, notify,
		    blocks_find(
			blocks, conf_section_find("notify"), notify->name, strlen(notify->name)),
		    errors);
	}
}
