#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "condition.h"

/* Of what a command of a condition writes. */
#define OUTPUT_MAX_BYTES 4096
#define CODE_NOTHING     1
#define HTTP_NO_CONTENT  204
#define HTTP_NOT_FOUND   404

static enum condition_verdict verdict_of(const struct result *);

bool
condition_is_set(const struct conf_job *job)
{
	return job->only_if != NULL && job->only_if[0] != '\0';
}

void
condition_as_job(const struct conf_job *job, struct conf_job *asking)
{
	static char nothing[] = "", *none[] = { NULL };
	bool is_url = conf_condition_is_url(job->only_if);
	struct conf_http *http = &asking->http;

	*asking = *job;
	asking->command = is_url ? nothing : job->only_if;
	http->get = is_url ? job->only_if : nothing;
	http->post = http->put = http->patch = http->delete_url = http->body = nothing;
	asking->mail.to = none;
	asking->timeout_ms = job->only_if_timeout_ms;
	asking->output_max_bytes = OUTPUT_MAX_BYTES;
	/* Its codes are its own. */
	asking->no_retry_count = 0;
}

static enum condition_verdict
verdict_of(const struct result *result)
{
	if (result->reason == RESULT_EXIT)
		return WEXITSTATUS(result->wait_status) == 0              ? CONDITION_RUN
		       : WEXITSTATUS(result->wait_status) == CODE_NOTHING ? CONDITION_SKIP
									  : CONDITION_FAILED;
	if (result->reason != RESULT_HTTP)
		return CONDITION_FAILED;
	if (result->code == HTTP_NO_CONTENT || result->code == HTTP_NOT_FOUND)
		return CONDITION_SKIP;
	return result->code >= 200 && result->code <= 299 ? CONDITION_RUN : CONDITION_FAILED;
}

/* What we did to it ourselves is no answer, and stays as it is. */
static bool
is_our_doing(enum result_reason reason)
{
	return reason == RESULT_CANCELLED || reason == RESULT_REPLACED || reason == RESULT_STOPPED;
}

enum condition_verdict
condition_judge(struct result *result, char *text)
{
	enum condition_verdict verdict = verdict_of(result);
	char message[CONDITION_TEXT_MAX - 16];

	if (verdict == CONDITION_RUN || is_our_doing(result->reason))
		return verdict;
	if (result->reason == RESULT_HTTP)
		snprintf(message, sizeof(message), "HTTP %lld", (long long)result->code);
	else
		result_message(result, message, sizeof(message));
	snprintf(text, CONDITION_TEXT_MAX, "only_if: %s", message);
	result->reason = verdict == CONDITION_SKIP ? RESULT_SKIPPED : RESULT_CONDITION;
	result->text = text;
	/* The codes, and what can't be helped, would be taken for the job's. */
	result->ran = result->no_retry = false;
	result->code = 0;
	result->value = NULL;
	return verdict;
}

void
conditions_init(struct conditions *conditions)
{
	TAILQ_INIT(&conditions->list);
	conditions->passed = 0;
}

struct condition *
conditions_add(struct conditions *conditions, const char *jid, const char *job, size_t job_len)
{
	struct condition *condition = calloc(1, sizeof(*condition));

	if (condition == NULL)
		return NULL;
	TAILQ_INSERT_TAIL(&conditions->list, condition, entry);
	condition->jid = strdup(jid);
	condition->job = strndup(job, job_len);
	condition->job_len = job_len;
	if (condition->jid != NULL && condition->job != NULL)
		return condition;
	conditions_remove(conditions, condition);
	return NULL;
}

struct condition *
conditions_find(const struct conditions *conditions, const char *jid)
{
	struct condition *condition;

	TAILQ_FOREACH (condition, &conditions->list, entry)
		if (strcmp(condition->jid, jid) == 0)
			return condition;
	return NULL;
}

void
conditions_pass(struct conditions *conditions, struct condition *condition)
{
	conditions->passed += !condition->passed;
	condition->passed = true;
}

struct condition *
conditions_next(const struct conditions *conditions)
{
	struct condition *condition;

	TAILQ_FOREACH (condition, &conditions->list, entry)
		if (condition->passed)
			return condition;
	return NULL;
}

void
conditions_take(struct conditions *conditions, struct condition *condition)
{
	TAILQ_REMOVE(&conditions->list, condition, entry);
	conditions->passed -= condition->passed;
}

void
condition_free(struct condition *condition)
{
	free(condition->jid);
	free(condition->job);
	free(condition);
}

void
conditions_remove(struct conditions *conditions, struct condition *condition)
{
	conditions_take(conditions, condition);
	condition_free(condition);
}

void
conditions_clear(struct conditions *conditions)
{
	while (!TAILQ_EMPTY(&conditions->list))
		conditions_remove(conditions, TAILQ_FIRST(&conditions->list));
}
