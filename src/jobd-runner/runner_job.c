/* What becomes of one job: begun as a process or a call, perhaps after its condition, and reported.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "proto/verbs.h"
#include "runner_private.h"

static void report(struct runner *, const struct result *);
static void refuse(struct runner *, const struct job *, enum result_reason, const char *);
static void start_call(struct runner *, struct job *, const struct conf_job *);
static void start_run(struct runner *, struct job *, const struct conf_job *, bool quickly);
static void start(struct runner *, struct job *, const struct conf_job *, bool quickly);
static void ask(struct runner *, struct job *, const struct conf_job *, bool quickly);
static void begin(struct runner *, struct job *, bool quickly);
static void end(struct runner *, const struct job *order);
static void end_passed(struct runner *, const char *jid, enum result_reason);

static void
report(struct runner *runner, const struct result *result)
{
	char message[700];
	size_t len = 0;
	char *line = result_request(result, &len);

	if (!result_is_success(result))
		log_warnx(
		    "job %s: %s", result->jid, result_message(result, message, sizeof(message)));
	queue_client_report(runner->client, result->jid, line, len);
}

static void
refuse(struct runner *runner, const struct job *job, enum result_reason reason, const char *text)
{
	struct result result = {
		.jid = job->jid, .name = job->type, .reason = reason, .text = text
	};

	report(runner, &result);
}

/* A job that asks a server. */
static void
start_call(struct runner *runner, struct job *job, const struct conf_job *conf)
{
	struct call_refusal refusal = { .returned = false };
	struct result result = { .jid = job->jid, .name = job->type, .text = refusal.text };

	if (net_needs_values(conf) && job_values(job) == NULL) {
		refuse(runner, job, RESULT_INVALID, job->errstr);
		return;
	}
	if (net_start(&runner->net, job, runner->conf, conf, &refusal) == 0)
		return;
	if (refusal.returned) {
		queue_client_return(runner->client, job->jid, refusal.delay_ms, refusal.text);
		return;
	}
	result.reason = refusal.reason;
	result.no_retry = refusal.no_retry;
	report(runner, &result);
}

static void
start_run(struct runner *runner, struct job *job, const struct conf_job *conf, bool quickly)
{
	char text[300];

	if (job_make_words(job) == -1)
		refuse(runner, job, RESULT_INVALID, job->errstr);
	else if (run_start(&runner->runs, job, conf, runner->conf->environment, quickly, text,
		     sizeof(text)) == -1)
		refuse(runner, job, RESULT_SPAWN_FAILED, text);
}

static void
start(struct runner *runner, struct job *job, const struct conf_job *conf, bool quickly)
{
	if (net_does(conf))
		start_call(runner, job, conf);
	else
		start_run(runner, job, conf, quickly);
}

/* Its condition first: under the same id, and it is not kept if it could not even begin. */
static void
ask(struct runner *runner, struct job *job, const struct conf_job *conf, bool quickly)
{
	struct condition *condition = conditions_find(&runner->conditions, job->jid);
	struct conf_job asking;

	if (condition == NULL)
		condition = conditions_add(&runner->conditions, job->jid, job->text, job->text_len);
	if (condition == NULL) {
		refuse(runner, job, RESULT_CONDITION, "only_if: out of memory");
		return;
	}
	condition_as_job(conf, &asking);
	start(runner, job, &asking, quickly);
	if (runs_find(&runner->runs, job->jid) == NULL && !net_has(&runner->net, job->jid) &&
	    (condition = conditions_find(&runner->conditions, job->jid)) != NULL &&
	    !condition->passed)
		conditions_remove(&runner->conditions, condition);
}

static void
begin(struct runner *runner, struct job *job, bool quickly)
{
	const struct conf_job *conf = conf_find_job(runner->conf, job->type);
	struct condition *condition = conditions_find(&runner->conditions, job->jid);
	char text[300];

	if (conf == NULL && strcmp(job->type, PROTO_MAIL_TEST) == 0)
		conf = net_mail_test();
	if (runs_find(&runner->runs, job->jid) != NULL || net_has(&runner->net, job->jid) ||
	    (condition != NULL && condition->passed)) {
		log_errx("job %s was given to us twice; it goes on running once", job->jid);
		return;
	}
	/* What misfires without waiting for a condition has passed it. */
	if (conf != NULL && condition_is_set(conf) && (quickly || condition != NULL)) {
		ask(runner, job, conf, quickly);
		runner->slots.running = runner_running(runner);
		return;
	}
	/* It had one before the configuration was loaded again. */
	if (condition != NULL)
		conditions_remove(&runner->conditions, condition);
	if (conf == NULL) {
		snprintf(text, sizeof(text), "no job '%.200s' is configured", job->type);
		refuse(runner, job, RESULT_UNKNOWN_TYPE, text);
	} else {
		start(runner, job, conf, quickly);
	}
	runner->slots.running = runner_running(runner);
}

/* The job may be a process, a call, or between its condition and itself. */
static void
end(struct runner *runner, const struct job *order)
{
	enum result_reason why = result_reason_of_order(order->reason);
	struct run *run = runs_find(&runner->runs, order->jid);

	if (run != NULL)
		run_end(run, why);
	/* A cancelled one has its stop_timeout, a killed one has no time. */
	if (run != NULL && strcmp(order->reason, "killed") == 0)
		run_kill(run);
	net_end(&runner->net, order->jid, why);
	end_passed(runner, order->jid, why);
}

static void
end_passed(struct runner *runner, const char *jid, enum result_reason why)
{
	struct condition *condition = conditions_find(&runner->conditions, jid);
	struct result result = { .jid = jid, .reason = why };

	if (condition == NULL || !condition->passed)
		return;
	conditions_remove(&runner->conditions, condition);
	runner->slots.running = runner_running(runner);
	report(runner, &result);
}

void
runner_job_came(void *arg, const char *text, size_t len)
{
	struct runner *runner = arg;
	struct job job;

	job_parse(&job, text, len);
	if (job.kind != JOB_ORDER)
		slots_job_came(&runner->slots);
	if (job.kind == JOB_RUN)
		begin(runner, &job, true);
	else if (job.kind == JOB_ORDER)
		end(runner, &job);
	else if (job.jid != NULL)
		refuse(runner, &job, RESULT_INVALID, job.errstr);
	else
		log_errx("the scheduler gave something that is no job: %s", job.errstr);
	job_clear(&job);
}

void
runner_job_misfired(void *arg, const char *text, size_t len)
{
	struct runner *runner = arg;
	struct job job;

	job_parse(&job, text, len);
	if (job.kind == JOB_RUN)
		begin(runner, &job, false);
	else if (job.jid != NULL)
		refuse(runner, &job, RESULT_INVALID, job.errstr);
	job_clear(&job);
	queue_client_ask(runner->client);
}

/* False if it was the condition that ended, and the job is to run: it begins when who called us,
 * who may be in the middle of other calls, is done. */
static bool
is_over(struct runner *runner, struct result *result, char *text)
{
	struct condition *condition = conditions_find(&runner->conditions, result->jid);

	if (condition == NULL)
		return true;
	if (condition_judge(result, text) != CONDITION_RUN) {
		conditions_remove(&runner->conditions, condition);
		return true;
	}
	conditions_pass(&runner->conditions, condition);
	event_active(runner->passed, EV_TIMEOUT, 0);
	return false;
}

void
runner_job_ended(void *arg, const struct result *ended)
{
	struct runner *runner = arg;
	struct result result = *ended;
	char text[CONDITION_TEXT_MAX];
	bool over = is_over(runner, &result, text);

	runner->slots.running = runner_running(runner);
	if (over)
		report(runner, &result);
	queue_client_ask(runner->client);
}

void
runner_on_passed(evutil_socket_t fd, short events, void *arg)
{
	struct runner *runner = arg;
	struct condition *condition;

	(void)fd;
	(void)events;
	while ((condition = conditions_next(&runner->conditions)) != NULL) {
		const struct conf_job *conf;
		struct job job;

		conditions_take(&runner->conditions, condition);
		job_parse(&job, condition->job, condition->job_len);
		conf = conf_find_job(runner->conf, job.type);
		if (conf == NULL)
			refuse(runner, &job, RESULT_UNKNOWN_TYPE, "it is not configured any more");
		else
			start(runner, &job, conf, true);
		job_clear(&job);
		condition_free(condition);
	}
	runner->slots.running = runner_running(runner);
	runner_stop_if_done(runner);
}
