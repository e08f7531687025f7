#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "question.h"

/* What is looked at of an answer. */
#define BODY_MAX ((size_t)64 * 1024)

struct net_question {
	TAILQ_ENTRY(net_question) entry;
	struct calls *calls;
	CURL *easy;
	net_answered *answered;
	void *arg;
	char *body; /* of the answer; NULL if nobody asks for it */
	size_t len;
	char *wanted; /* text that must be in it; NULL */
	bool enough;
};

static size_t on_data(char *data, size_t size, size_t count, void *question);
static void set_options(struct net_question *, const struct net_ask *);
static void settle(struct net_question *, CURLcode, struct net_answer *);

static size_t
on_data(char *data, size_t size, size_t count, void *arg)
{
	struct net_question *question = arg;
	size_t len = size * count, room = BODY_MAX - question->len;

	if (len < room)
		room = len;
	if (question->body != NULL)
		memcpy(question->body + question->len, data, room);
	question->len += room;
	question->enough = question->len == BODY_MAX;
	return question->enough ? 0 : len;
}

/* Each try is a connection of its own: a program that takes no new one is not well. */
static void
set_options(struct net_question *question, const struct net_ask *ask)
{
	CURL *easy = question->easy;

	curl_easy_setopt(easy, CURLOPT_URL, ask->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "jobd/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ask->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, question);
}

static void
question_free(struct net_question *question)
{
	calls_give_easy(question->calls, question->easy);
	free(question->body);
	free(question->wanted);
	free(question);
}

struct net_question *
question_ask(struct calls *calls, const struct net_ask *ask, net_answered *answered, void *arg)
{
	struct net_question *question = calloc(1, sizeof(*question));

	if (question == NULL)
		return NULL;
	question->calls = calls;
	question->answered = answered;
	question->arg = arg;
	question->easy = calls_take_easy(calls);
	if (ask->body[0] != '\0') {
		question->wanted = strdup(ask->body);
		question->body = malloc(BODY_MAX);
	}
	if (question->easy == NULL ||
	    (ask->body[0] != '\0' && (question->wanted == NULL || question->body == NULL))) {
		question_free(question);
		return NULL;
	}
	set_options(question, ask);
	sockets_own(&calls->sockets, question->easy);
	if (curl_multi_add_handle(calls->multi, question->easy) != CURLM_OK) {
		question_free(question);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&calls->questions, question, entry);
	return question;
}

void
question_forget(struct net_question *question)
{
	TAILQ_REMOVE(&question->calls->questions, question, entry);
	curl_multi_remove_handle(question->calls->multi, question->easy);
	question_free(question);
}

/* libcurl's own words have times and ports in them, which would be news each time. */
static void
settle(struct net_question *question, CURLcode code, struct net_answer *answer)
{
	long error = 0;

	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && question->enough)) {
		curl_easy_getinfo(question->easy, CURLINFO_RESPONSE_CODE, &answer->status);
		answer->has_body = question->wanted == NULL ||
				   memmem(question->body, question->len, question->wanted,
				       strlen(question->wanted)) != NULL;
		return;
	}
	curl_easy_getinfo(question->easy, CURLINFO_OS_ERRNO, &error);
	answer->text = code == CURLE_COULDNT_CONNECT && error != 0 ? strerror((int)error)
								   : curl_easy_strerror(code);
}

bool
question_finish(struct calls *calls, CURL *easy, CURLcode code)
{
	struct net_question *question;
	struct net_answer answer = { .text = "" };

	TAILQ_FOREACH (question, &calls->questions, entry)
		if (question->easy == easy)
			break;
	if (question == NULL)
		return false;
	settle(question, code, &answer);
	TAILQ_REMOVE(&calls->questions, question, entry);
	curl_multi_remove_handle(calls->multi, easy);
	question->answered(question->arg, &answer);
	question_free(question);
	return true;
}
