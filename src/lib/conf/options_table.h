/*
 * How the tables of options are written, for the files that hold one.  The tables themselves are
 * reached by conf_sections of options.h.
 */
#ifndef CONF_OPTIONS_TABLE_H
#define CONF_OPTIONS_TABLE_H

#include <limits.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/options.h"
#include "conf/value.h"

#define TOP(field)     offsetof(struct conf, field)
#define PROGRAM(field) offsetof(struct conf_program, field)
#define JOB(field)     offsetof(struct conf_job, field)
#define QUEUE(field)   offsetof(struct conf_queue, field)
#define WEBHOOK(field) offsetof(struct conf_webhook, field)
#define OUTBOX(field)  offsetof(struct conf_outbox, field)
#define ALERT(field)   offsetof(struct conf_alert, field)
#define NOTIFY(field)  offsetof(struct conf_notify, field)

#define OPTION(NAME, TYPE, OFFSET, INITIAL, EFFECT, ...)                                           \
	{                                                                                          \
		.name = NAME, .type = CONF_TYPE_##TYPE, .offset = OFFSET, .initial = INITIAL,      \
		.effect = CONF_EFFECT_##EFFECT, __VA_ARGS__                                        \
	}
#define END                                                                                        \
	{                                                                                          \
		.name = NULL                                                                       \
	}

#define YEAR_MS    (366LL * 24 * 3600 * 1000)
#define SIZE_MAX_T (1LL << 50)

extern const struct conf_option conf_job_options[], conf_queue_options[], conf_scheduler_options[],
    conf_runner_options[], conf_smtp_options[], conf_web_options[], conf_webhook_options[],
    conf_outbox_options[], conf_outboxes_options[], conf_alert_options[], conf_alerts_options[],
    conf_notify_options[];
/* Words for "without limit". */
extern const char *const conf_unlimited_words[];

/* clang-format off */

/* Who runs it and with what; IN is PROGRAM or JOB, EFFECT what a change asks for. */
#define IDENTITY_OPTIONS(IN, EFFECT, EFFECT_OF_WHO) \
	OPTION("user", STRING, IN(identity.user), "", EFFECT_OF_WHO, .builtin = true, \
	    .summary = "Name or number of the user that runs it; by default jobd's own.", \
	    .example = "www-data") \
	, OPTION("group", STRING, IN(identity.group), "", EFFECT_OF_WHO, .builtin = true, \
	    .summary = "Name or number of its group; by default the user's.", \
	    .example = "www-data") \
	, OPTION("directory", STRING, IN(identity.directory), "", EFFECT, .builtin = true, \
	    .summary = "Working directory; a relative one starts at jobd's own.", \
	    .example = "/srv/app") \
	, OPTION("umask", MODE, IN(identity.umask), NULL, EFFECT, .builtin = true, .max = 0777, \
	    .summary = "File mode creation mask, octal; by default jobd's own.", \
	    .example = "022") \
	, OPTION("environment", LIST, IN(identity.environment), NULL, EFFECT, .builtin = true, \
	    .check = value_check_environment, \
	    .summary = "Variables as NAME=value; they win over those of the top level.", \
	    .example = "LANG=C.UTF-8") \
	, OPTION("environment_file", STRING, IN(identity.environment_file), "", EFFECT, .builtin = true, \
	    .check = value_check_environment_file, \
	    .summary = "File of NAME=value lines, read anew at each start; with '-' in front it may be missing.", \
	    .example = "-/srv/app/.env") \
	, OPTION("secrets", LIST, IN(identity.secrets), NULL, EFFECT, .builtin = true, \
	    .check = value_check_secret, \
	    .summary = "Variables as NAME=/path whose value is the content of that file, read at each start.", \
	    .example = "DB_PASSWORD=/run/secrets/db_password") \
	, OPTION("nice", INT, IN(identity.nice), NULL, EFFECT, .builtin = true, .min = -20, .max = 19, \
	    .summary = "CPU niceness from -20 (first) to 19 (last).", \
	    .example = "10") \
	, OPTION("oom_score_adj", INT, IN(identity.oom_score_adj), NULL, EFFECT, .builtin = true, \
	    .min = -1000, .max = 1000, \
	    .summary = "From -1000 (never killed when memory runs out) to 1000 (killed first).", \
	    .example = "500") \
	, OPTION("limit_nofile", INT, IN(identity.limits.nofile), NULL, EFFECT, .builtin = true, \
	    .words = conf_unlimited_words, .summary = "Most open files.", \
	    .example = "65536") \
	, OPTION("limit_core", SIZE, IN(identity.limits.core_bytes), NULL, EFFECT, .builtin = true, \
	    .words = conf_unlimited_words, .summary = "Largest core dump.", \
	    .example = "0") \
	, OPTION("limit_memory", SIZE, IN(identity.limits.memory_bytes), NULL, EFFECT, .builtin = true, \
	    .words = conf_unlimited_words, .summary = "Most address space of each process.", \
	    .example = "2G") \
	, OPTION("limit_nproc", INT, IN(identity.limits.nproc), NULL, EFFECT, .builtin = true, \
	    .words = conf_unlimited_words, .summary = "Most processes of its user.", \
	    .example = "512") \
	, OPTION("limit_stack", SIZE, IN(identity.limits.stack_bytes), NULL, EFFECT, .builtin = true, \
	    .words = conf_unlimited_words, .summary = "Largest stack.", \
	    .example = "8M") \
	, OPTION("limit_cpu", INT, IN(identity.limits.cpu_sec), NULL, EFFECT, .builtin = true, \
	    .words = conf_unlimited_words, .summary = "Most CPU time of each process, in seconds.", \
	    .example = "3600") \
	, OPTION("limit_file", SIZE, IN(identity.limits.file_bytes), NULL, EFFECT, .builtin = true, \
	    .words = conf_unlimited_words, .summary = "Largest file that it may write.", \
	    .example = "1G") \
	, OPTION("limit_memlock", SIZE, IN(identity.limits.memlock_bytes), NULL, EFFECT, .builtin = true, \
	    .words = conf_unlimited_words, .summary = "Most memory that it may lock.", \
	    .example = "unlimited")

/* Of a target that is asked by jobs; IN(field) is the place. */
#define BREAKER_OPTIONS(IN) \
	OPTION("breaker.failures", INT, IN(breaker.failures), "0", LIVE, .max = 1000000, \
	    .summary = "Failures in a row after which the target is left alone; 0 means never.") \
	, OPTION("breaker.pause", DURATION, IN(breaker.pause_ms), "30s", LIVE, .min = 1, .max = YEAR_MS, \
	    .summary = "For how long; then one job tries it.")

/* clang-format on */

#endif
